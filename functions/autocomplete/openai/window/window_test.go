package window

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// at makes a query of a text with | where the cursor is.
func at(language, text string) *suggest.Query {
	before, after, found := strings.Cut(text, "|")
	if !found {
		panic("no cursor in " + text)
	}
	return &suggest.Query{Language: language, Code: before + after, Cursor: len(before), Most: 1}
}

func TestOf_CutsAtLines(t *testing.T) {
	line := strings.Repeat("é", 99) + "\n"
	w, ok := Of(at("python", strings.Repeat(line, 50)+"if x:|\n"+strings.Repeat(line, 50)))
	if !ok || w.Whole || w.Head != "if x:" || w.Tail != "" {
		t.Fatalf("%+v, %t", w, ok)
	}
	if want := strings.Repeat(line, 30); w.Context != want {
		t.Errorf("the context has %d characters", utf8.RuneCountInString(w.Context))
	}
	if want := "\n" + strings.TrimSuffix(strings.Repeat(line, 12), "\n"); w.Below != want {
		t.Errorf("below are %d characters: %q", utf8.RuneCountInString(w.Below), w.Below)
	}
}

func TestOf_CutsWithinLinesThatAreTooLong(t *testing.T) {
	long := strings.Repeat("x + ", 2000)
	w, ok := Of(at("go", "a\n"+long+"|\n"+long))
	if !ok || w.Whole || w.Context != "a\n" || len(w.Head) != maxHead || w.Below != "" {
		t.Errorf("%t, context %q, head %d, below %q", ok, w.Context, len(w.Head), w.Below)
	}
	w, ok = Of(at("go", long+"\nab|"))
	if !ok || w.Whole || w.Context != "" || w.Head != "ab" {
		t.Errorf("%t, %+v", ok, w)
	}
}

func TestOf_MakesLineFeedsOfAllLineEnds(t *testing.T) {
	w, _ := Of(at("go", "a\r\nb\r\nif x {|\r\n}\r\n"))
	if !w.CRLF || w.Prefix() != "a\nb\nif x {" || w.Suffix() != "\n}\n" {
		t.Errorf("%+v", w)
	}
}

func TestOf_ContextStaysAsTheLineIsTyped(t *testing.T) {
	text := strings.Repeat("line = 1\n", 1000)
	start, _ := Of(at("python", text+"|"))
	for typed := range 200 {
		w, _ := Of(at("python", text+strings.Repeat("x", typed)+"|"))
		if w.Context != start.Context {
			t.Fatalf("after %d characters the context is another", typed)
		}
	}
}

func TestOf_AsksOnlyWhereItMakesSense(t *testing.T) {
	for text, want := range map[string]bool{
		"|": false, " \n\t|": false, "x|": false, "xy|": true, "xy\n|": true,
		"f(|)": true, "f(|);": true, "f(|, \"\")": true, "x = | + y": true,
		"x = |something_else": false, "x = |12345678": true, "x = |123456789": false,
	} {
		if _, got := Of(at("python", text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestOf_SeveralLinesOnlyWhereABlockIs(t *testing.T) {
	for _, test := range []struct {
		language, text string
		want           bool
	}{
		{"python", "def f():|", true},
		{"python", "def f(x|):", false},
		{"python", "def f():\n    |", true},
		{"python", "def f():\n|", true},
		{"python", "x = 1\n|", false},
		{"python", "x = |", false},
		{"python", "# sort the list\n|", true},
		{"python", "# for example:|", false},
		{"go", "func f() {|", true},
		{"go", "// sort:|", false},
		{"go", "x := []int{|}", false},
		{"javascript", "const f = () =>|", true},
		{"javascript", "f(1);|", false},
		{"", "foo:|", true},
	} {
		if w, _ := Of(at(test.language, test.text)); w.Multi != test.want {
			t.Errorf("%s %q: %t", test.language, test.text, w.Multi)
		}
	}
}

func TestWindow_HeaderTellsLanguageAndIndentation(t *testing.T) {
	for _, test := range []struct{ language, text, want string }{
		{"python", "if x:\n  y|", "# Language: python, indented with 2 spaces\n"},
		{"python", "if x|", "# Language: python, indented with 4 spaces\n"},
		{"go", "if x|", "// Language: go, indented with tabs\n"},
		{"go", "\n    a\n        b\n  |x", "// Language: go, indented with 4 spaces\n"},
		{"c", "{\n\tx;\n|", "// Language: c, indented with tabs\n"},
		{"json", "{\n|", ""},
		{"klingon", "ab|", ""},
	} {
		if w, _ := Of(at(test.language, test.text)); w.Header() != test.want {
			t.Errorf("%s %q: %q", test.language, test.text, w.Header())
		}
	}
}

func TestSecret_KnowsKeysByTheirForm(t *testing.T) {
	letters := strings.Repeat("aB3", 20)
	for text, want := range map[string]string{
		"-----BEGIN RSA " + "PRIVATE KEY-----\n|":                         "private key",
		"-----BEGIN " + "PRIVATE KEY-----\n|":                             "private key",
		"|\n-----BEGIN OPENSSH " + "PRIVATE KEY-----":                     "private key",
		"id = 'AKIA" + "ABCDEFGHIJKLMNOP'|":                               "AWS access key",
		"ghp_" + letters[:36] + "|":                                       "GitHub token",
		"github_pat_" + letters + "|":                                     "GitHub token",
		"glpat-" + letters[:20] + "|":                                     "GitLab token",
		"xoxb-" + "1234567890-x|":                                         "Slack token",
		"AIza" + letters[:35] + "|":                                       "Google key",
		"sk_live_" + letters[:24] + "|":                                   "Stripe key",
		"k = \"sk-" + letters[:40] + "\"|":                                "API key",
		"//registry/:_authToken=npm_" + letters[:36] + "|":                "npm token",
		"eyJ" + letters + ".eyJ" + letters + "." + letters + "|":          "JSON web token",
		"postgres://me:hunter2@db/x|":                                     "password in a URL",
		"password = \"correct-horse-battery\"|":                           "assigned secret",
		"\"api_key\": \"0123456789abcdef\"|":                              "assigned secret",
		"SESSION_SECRET=0123456789abcdef|":                                "assigned secret",
		"x = sk-ip|":                                                      "",
		"task-aaaaaaaaaaaaaaaaaaaaaaaaaa|":                                "",
		"password = os.environ[\"PASSWORD\"]|":                            "",
		"password = getpass(\"the password please\")|":                    "",
		"url = \"http://localhost:8000/a@b\"|":                            "",
		"url = f\"redis://{user}:{password}@host\"|":                      "",
		"# paste it between BEGIN and END of the PRIVATE KEY|":            "",
		strings.Repeat("x", nearBytes) + "|" + strings.Repeat("y\n", 100): "",
	} {
		if got := Secret(at("python", text)); got != want {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
}

func TestSecret_SeesFurtherThanTheWindow(t *testing.T) {
	key := "-----BEGIN " + "PRIVATE KEY-----\n" + strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n", 100)
	if Secret(at("", key+"|")) == "" {
		t.Error("the middle of a key would be shown")
	}
	if Secret(at("", key+strings.Repeat("x = 1\n", 5000)+"|")) != "" {
		t.Error("a key far away is in the way")
	}
}

func BenchmarkOf(b *testing.B) {
	q := at("python", strings.Repeat("    value = compute(value, 1)\n", 4000)+"    if x:|\n"+strings.Repeat("    value = compute(value, 1)\n", 4000))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Of(q); !ok {
			b.Fatal("no window")
		}
	}
}

func BenchmarkSecret(b *testing.B) {
	q := at("python", strings.Repeat("    value = compute(value, 1)\n", 4000)+"    if x:|\n"+strings.Repeat("    value = compute(value, 1)\n", 4000))
	b.ReportAllocs()
	for b.Loop() {
		if Secret(q) != "" {
			b.Fatal("a secret")
		}
	}
}
