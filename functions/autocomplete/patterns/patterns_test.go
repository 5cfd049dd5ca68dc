package patterns

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

var _ suggest.Provider = (*Provider)(nil)

// wantFirst checks what is suggested first at the caret; "" is nothing.
func wantFirst(t *testing.T, language, document, want string) {
	t.Helper()
	g := golden{document: document}
	q := g.query(language)
	q.Most = 1
	if got := only(t, q); got.Text != want {
		t.Errorf("%s: %q: got %q, want %q", language, document, got.Text, want)
	}
}

const (
	goLoop     = "_, item := range items {\n\t\n}"
	scriptLoop = "(const item of items) {\n  \n}"
	pyLoop     = "item in items:\n    pass"
)

func TestSuggest_IsSilentInCommentsAndStrings(t *testing.T) {
	for _, test := range []struct{ language, document string }{
		{"python", "# x; for ‸"},
		{"python", "\"\"\"\nfor ‸"},
		{"python", "x = '''\nfor ‸\n'''"},
		{"python", "x = 'a; for ‸'"},
		{"python", "x = r'\\'; for ‸"},
		{"go", "// for\n/*\nfor ‸"},
		{"go", "x := `\nfor ‸"},
		{"go", "x := \"; for ‸"},
		{"java", "String s = \"\"\"\n  for ‸"},
		{"c", "/* x */ /*; for ‸"},
		{"cpp", "auto s = R\"x(\n)\" for ;\nfor ‸"},
		{"cpp", "auto s = u8R\"(\nfor ‸"},
		{"rust", "/* /* */\nfor ‸"},
		{"rust", "let s = \"\nfor ‸"},
		{"rust", "let s = r#\"\"\nfor ‸"},
		{"javascript", "x = `\nfor ‸"},
		{"javascript", "x = `${`${y}`}\nfor ‸"},
		{"javascript", "x = `\\`\nfor ‸"},
		{"javascript", "return <div>\nfor ‸"},
		{"javascript", "return <div a='\nfor ‸"},
		{"javascript", "x = `${ {y: {}} }\nfor ‸"},
		{"javascript", "x = /;for ‸"},
		{"typescript", "// `\nx = `\nfor ‸"},
		{"shell", "echo '\nfor ‸"},
		{"shell", "echo \"\\\"\nfor ‸"},
		{"shell", "# for\ncat <<-'END' >x\nEND x\nfor ‸"},
		{"shell", "true # ; for ‸"},
		{"sql", "-- ;select ‸"},
		{"sql", "/*\nselect ‸"},
		{"sql", "insert 'it''s\nselect ‸"},
		{"html", "<!-- <p> \n<a ‸"},
		{"html", "<p title='<a ‸"},
		{"html", "<script>\n<a ‸"},
		{"css", "/* p {\n display:‸"},
		{"css", "p { content: '; display:‸"},
		{"scss", "// ;display:‸"},
	} {
		wantFirst(t, test.language, test.document, "")
	}
}

func TestSuggest_KnowsWhereCommentsAndStringsEnd(t *testing.T) {
	for _, test := range []struct{ language, document, want string }{
		{"python", "x = \"it's\" # don't\nfor ‸", pyLoop},
		{"python", "'''it's \"\"\" '''\nfor ‸", pyLoop},
		{"python", "x = 'open\nfor ‸", pyLoop}, // no string goes on behind its line
		{"python", "x = '\\\\'\nfor ‸", pyLoop},
		{"go", "x := '\"'; y := '\\''; z := `\\` // `\nfor ‸", goLoop},
		{"go", "/* /* */ for ‸", ""}, // no statement begins behind a comment
		{"go", "/* /* */\nfor ‸", goLoop},
		{"java", "x = \"\"\"\n a \"quoted\" ' \\\"\"\" \"\"\";\ncatch ‸", "(Exception e) {\n    e.printStackTrace();\n}"},
		{"cpp", "int n = 1'000; char c = '\"';\ntemplate ‸", "<typename T>"},
		{"cpp", "auto s = R\"x( )\" )y\" \" )x\";\ntemplate ‸", "<typename T>"},
		{"cpp", "auto s = FOUR\"(\";\ntemplate ‸", "<typename T>"},
		{"rust", "fn f<'a>(x: &'a str) { '\"'; '\\''; 'é'; }\nloop ‸", "{\n    \n}"},
		{"rust", "/* /* */ \" */ let s = r##\" \"# \" \"##;\nloop ‸", "{\n    \n}"},
		{"rust", "let s = br\"\\\";\nloop ‸", "{\n    \n}"},
		{"rust", "let bar = \"\\\"\";\nloop ‸", "{\n    \n}"},
		{"javascript", "x = `a ${ {y: `'`} } \"`\nfor ‸", scriptLoop},
		{"javascript", "x = `\n${x.map((y) => {\n  for ‸", "(const item of items) {\n    \n  }"},
		{"javascript", "x = /`[/`]\\/`/g; y = a / b / c; z = `/`\nfor ‸", scriptLoop},
		{"javascript", "x = /[/`]/\nfor ‸", scriptLoop},
		{"javascript", "return /'`/\nfor ‸", scriptLoop},
		{"javascript", "return <p a={`}`} b='`'>it's `</p>\nfor ‸", scriptLoop},
		{"javascript", "return <><img/><p>{a.map((b) => <i>`</i>)} `</p></>\nfor ‸", scriptLoop},
		{"javascript", "return <p onClick={() => {\n  for ‸", "(const item of items) {\n    \n  }"},
		{"javascript", "<ul>{a.map(() => {\n  x = <b/>;\n  for ‸", "(const item of items) {\n    \n  }"},
		{"javascript", "if (a <b) {}\nif (a < b) {}\nfor ‸", scriptLoop},
		{"tsx", "const f = <T,>(a: Array<T>) => a\nconst g = <T extends A>(a: T) => a\nfor ‸", scriptLoop},
		{"typescript", "const a = <string>b\nfor ‸", scriptLoop},
		{"shell", "echo \\' \\\" $# ${#x} a#b 'x'\\''y'\nread ‸", "-r line"},
		{"shell", "cat <<E1 | tr a '\ndon't\nE1\nread ‸", "-r line"},
		{"shell", "cat <<-\"E1\"\n\tit's\n\tE1\nread ‸", "-r line"},
		{"shell", "cat <<...\nit's\n...\nread ‸", "-r line"},
		{"tsx", "return <Box<Item>\n  a={b}\n/>\nfor ‸", scriptLoop},
		{"shell", "cat <<<it; echo $((1 << 2)) $((x <<y))\nread ‸", "-r line"},
		{"sql", "insert 'it''s'; -- it's\nupdate ‸", "table_name set column1 = value1 where condition;"},
		{"css", "p { src: url(http://x); cursor:‸", " pointer;"},
		{"html", "it's <p title=\"'\"> don't <!-- < ' -->\n<img ‸", "src=\"image.png\" alt=\"\">"},
		{"html", "<SCRIPT>let a = '</p>'</Script><img ‸", "src=\"image.png\" alt=\"\">"},
		{"html", "1 < 2 <img ‸", "src=\"image.png\" alt=\"\">"},
		{"scss", "p { src: url(http://x); // '\n  cursor:‸", " pointer;"},
	} {
		wantFirst(t, test.language, test.document, test.want)
	}
}

func TestSuggest_LooksAtWhatIsBehindTheCursor(t *testing.T) {
	for _, test := range []struct{ language, document, want string }{
		{"go", "for ‸ // all", ""},
		{"go", "for ‸x", ""},
		{"go", "for ‸\n\tx()\n}", ""},
		{"go", "for ‸\n\n\tx()", ""},
		{"go", "for ‸\n}", ""},
		{"go", "\tfor ‸\n}", "_, item := range items {\n\t\t\n\t}"},
		{"go", "for ‸\nx()", goLoop},
		{"go", "import (‸)", "\n\t\"fmt\"\n"},
		{"go", "if x { for ‸}", goLoop},
		{"go", "return errors.‸)", "New(\"message\")"},
		{"python", "try‸\nexcept ValueError:", ""},
		{"python", "    try‸\nexcept ValueError:", ":\n        pass\n    except Exception as e:\n        pass"},
		{"python", "try‸\nfoo()", ":\n    pass\nexcept Exception as e:\n    pass"},
		{"python", "print‸()", ""},
		{"python", "print‸)", "()"},
		{"javascript", "try ‸\n} catch (e) {", ""},
		{"javascript", "console.‸", "log()"},
		{"javascript", "f(console.‸);", "log()"},
		{"shell", "if ‸\nfi", ""},
		{"c", "#include <‸>", "stdio.h"},
		{"html", "<a ‸>", "href=\"#\">Text</a"},
		{"html", "<a ‸></a>", ""},
		{"css", "p { display:‸; }", " flex"},
		{"css", "p { display:‸}", " flex;"},
		{"css", "p { display: flex‸;}", ""},
		{"css", "p { display:‸ flex;", ""},
	} {
		wantFirst(t, test.language, test.document, test.want)
	}
}

func TestSuggest_KnowsWhereWordsAndStatementsBegin(t *testing.T) {
	for _, test := range []struct{ language, document, want string }{
		{"python", "notif ‸", ""},
		{"python", "entry‸", ""},
		{"python", "[x for ‸]", ""},
		{"python", "blueprint‸", ""},
		{"python", "self.print‸", ""},
		{"python", "x = print‸", "()"},
		{"python", "async def ‸", "function_name():\n    pass"},
		{"python", "x = 1; import ‸", "os"},
		{"go", "x := if ‸", ""},
		{"go", "} else ‸", "{\n\t\n}"},
		{"go", "type Größe‸", " struct {\n\t\n}"},
		{"javascript", "export default async function ‸", "name() {\n  \n}"},
		{"javascript", "reexport function ‸", ""},
		{"javascript", "x.catch ‸", ""},
		{"javascript", "} catch ‸", "(error) {\n  console.error(error);\n}"},
		{"java", "public static final class ‸", "Name {\n    \n}"},
		{"rust", "pub(crate) struct ‸", "Name {\n    \n}"},
		{"shell", "true && if ‸", "[ condition ]; then\n  \nfi"},
		{"shell", "echo if ‸", ""},
		{"shell", "echo undo read ‸", ""},
		{"shell", "while true; do read ‸", "-r line"},
		{"sql", "(SELECT ‸)", "* FROM table_name;"},
		{"sql", "Select ‸", "* from table_name;"},
		{"css", "p { position:‸", " relative;"},
		{"css", "background-position:‸", ""},
		{"javascript", "console.lo‸", "g()"},
		{"javascript", "console.log();‸", ""},
		{"python", "if __name__ == ‸", "\"__main__\":\n    main()"},
		{"python", "if __name__ = ‸", ""},
	} {
		wantFirst(t, test.language, test.document, test.want)
	}
}

func TestSuggest_ClosesTheInnermostElement(t *testing.T) {
	for _, test := range []struct{ language, document, want string }{
		{"html", "<div><p>x</‸", "p>"},
		{"html", "<div><p>x</p></‸>", "div"},
		{"html", "<div><p>x</p></d‸", "iv>"},
		{"html", "<div></p‸", ""},
		{"html", "<ul><li>a<br><li>b</li></‸", "li>"},
		{"html", "<UL><li>a</ul></‸", ""},
		{"html", "<my-tag><img><path d='>'/></‸", "my-tag>"},
		{"html", "<p></p></‸", ""},
		{"html", "<script>if (a </‸", ""},
		{"html", "<!-- <p> --></‸", ""},
		{"html", strings.Repeat("<p>", mostOpen) + "</‸", "p>"},
		{"html", strings.Repeat("<p>", mostOpen+1) + "</‸", ""},
		{"html", strings.Repeat("<p>", mostOpen+1) + "<b></b></p></‸", "p>"},
		{"javascript", "return <ul>{a.map((b) => <li>it's {b} </‸", "li>"},
		{"javascript", "return <ul>{a.map((b) => <li></li>)}</‸", "ul>"},
		{"javascript", "return <><b/></‸", ">"},
		{"javascript", "return <Foo.Bar a={() => x > 1}></‸", "Foo.Bar>"},
		{"javascript", "return <p>{a && <b>}</‸", "b>"},
		{"javascript", "return <p a={<b/>}></‸", "p>"},
		{"javascript", "a </‸", ""},
		{"typescript", "return <ul></‸", ""},
		{"go", "a </‸", ""},
	} {
		wantFirst(t, test.language, test.document, test.want)
	}
}

func TestSuggest_IndentsAsTheText(t *testing.T) {
	for _, test := range []struct{ language, document, want string }{
		{"go", "x {\n    y\n}\nfor ‸", "_, item := range items {\n    \n}"},
		{"python", "if x:\n\ty\nfor ‸", "item in items:\n\tpass"},
		{"python", "if x:\n  y\nfor ‸", "item in items:\n  pass"},
		{"python", "f(\n            y)\nif x:\n  y\nfor ‸", "item in items:\n  pass"},
		{"python", "  \nx\nfor ‸", pyLoop}, // a blank line shows no indentation
		{"python", "if x:\n \t y\nfor ‸", pyLoop},
		{"javascript", "/**\n * x\n */\nif (x) {\n    y\n}\nfor ‸", "(const item of items) {\n    \n}"},
		{"python", "\t \tfor ‸", "item in items:\n\t \t\tpass"},
		{"python", "x\r\nfor ‸\r\n", "item in items:\r\n    pass"},
		{"python", "x\n\r\nfor ‸", pyLoop},
	} {
		wantFirst(t, test.language, test.document, test.want)
	}
}

func TestSuggest_LooksAtTheLinesAround(t *testing.T) {
	for _, test := range []struct{ language, document, want string }{
		{"go", "func f() error {\n\tx, myerr := g()\n\tif ‸", "condition {\n\t\t\n\t}"},
		{"go", "func f() error {\n\terr := g()\n\n\tif e‸", "rr != nil {\n\t\treturn err\n\t}"},
		{"go", "func f() error {\n\tif err := g(); err != nil {\n\t\tif ‸", "condition {\n\t\t\t\n\t\t}"},
		{"go", "func f() error {\n\tfor x {\n\t\terr = g()\n\t\tif ‸", "err != nil {\n\t\t\treturn err\n\t\t}"},
		{"go", "func f() error {\n}\nfunc main() {\n\terr := g()\n\tif ‸", "err != nil {\n\t\tlog.Fatal(err)\n\t}"},
		{"go", "import \"fmt\"\nimport ‸\nfmt.Println()", ""},
		{"go", "x\npackage ‸", ""},
		{"go", "s.mu.Lock()\ndefer ‸", "func() {\n\t\n}()"},
		{"python", "class A:\n    def f(self):\n        def ‸", "function_name():\n            pass"},
		{"python", "class A:\n    x = 1\n    def ‸", "method_name(self):\n        pass"},
		{"python", "import ‸\ncnp.x", "os"},
		{"c", "int main(void)\n{\n    return ‸", "0;"},
		{"c", "int f(void)\n{\n    return ‸", ""},
		{"c", "{\n    struct point‸", ""},
	} {
		wantFirst(t, test.language, test.document, test.want)
	}
}

func TestSuggest_ReturnsNoMoreThanAskedFor(t *testing.T) {
	for i, want := range []int{1, 2, 3, 4, 5, 5} {
		most := i + 1
		q := &suggest.Query{Language: "css", Code: "p { display:", Cursor: 12, Most: most}
		if got := checkAll(t, q); got != want {
			t.Errorf("Most %d: %d suggestions, want %d", most, got, want)
		}
		q = &suggest.Query{Language: "python", Code: "for ", Cursor: 4, Most: most, Legacy: true}
		if got := checkAll(t, q); got != 1 {
			t.Errorf("Most %d: %d legacy suggestions, want 1", most, got)
		}
	}
}

func TestSuggest_KnowsLanguagesByExactNames(t *testing.T) {
	for _, language := range []string{"", "Python", "go ", "yaml", "json", "markdown", "csharp", "brainfuck"} {
		wantFirst(t, language, "for ‸", "")
	}
}

func TestSuggest_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, err := New().Suggest(ctx, &suggest.Query{Language: "go", Code: "for ", Cursor: 4, Most: 1})
	if !errors.Is(err, context.Canceled) || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestProvider_IsAskedInPlace(t *testing.T) {
	if p := New(); p.Name() != "patterns" || p.Budget() != 0 {
		t.Errorf("%q, %v", p.Name(), p.Budget())
	}
}
