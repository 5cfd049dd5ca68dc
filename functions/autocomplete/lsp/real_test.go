package lsp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/shared/testtool"
)

// TestServers_SuggestWhatFits asks the real servers for names that they have to know.
func TestServers_SuggestWhatFits(t *testing.T) {
	const goHead = "package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\n"
	type place struct{ language, text, want string }
	python := []place{
		{"python", "import json\n\njson.lo|", "ad"},
		{"python", "for i in ra|", "nge"},
		{"python", "import os\n\nname = os.path.basen|(path)\n", "ame"},
		{"python", "# 😀 €\nclass Box:\n    def weigh(self):\n        pass\n\nbox = Box()\n'😀😀😀'; box.we|", "igh"},
		{"python", "def greet(person):\r\n    return per|\r\n", "son"},
	}
	for server, places := range map[string][]place{
		"pyright": python,
		"pylsp":   python,
		"gopls": {
			{"go", goHead + "func main() {\n\tfmt.Fprintl|\n}\n", "n"},
			{"go", goHead + "func main() {\n\tfmt.Println(strings.ToUp|(\"a\"))\n}\n", "per"},
			{"go", goHead + "type box struct{ weight int }\n\nfunc f(b box) int {\n\treturn b.we|\n}\n", "ight"},
			{"go", goHead + "func f(people []string) {\n\t_ = \"😀😀\" + strings.Joi|(people, \"\")\n}\n", "n"},
			{"go", goHead + "func add(first, second int) int {\r\n\treturn first + sec|\r\n}\r\n", "ond"},
		},
		"typescript": {
			{"typescript", "[1, 2].ma|", "p"},
			{"javascript", "const answer = new Response()\nanswer.js|", "on"},
			{"tsx", "interface Box { weight: number }\nfunction f(box: Box) { return box.we| }\n", "ight"},
			{"typescript", "type Shape = 'circle'\nconst s: Shape = 'ci|'\n", "rcle"},
			{"javascript", "const people = '😀'\r\n'😀😀' + peo|\r\n", "ple"},
		},
		"clangd": {
			{"c", "struct box { int weight; };\nint f(struct box *b) { return b->we| }\n", "ight"},
			{"cpp", "class box { public: int weigh() { return 1; } };\nint f(box b) { return b.we| }\n", "igh"},
			{"cpp", "namespace things { int count; }\nint f() { return things::co| }\n", "unt"},
			{"c", "int f(int first, int second) {\r\n  const char *s = \"😀\"; return sec|;\r\n}\r\n", "ond"},
			{"cpp", "enum class colour { red, green };\ncolour f() { /* 😀😀 */ return colour::gr| }\n", "een"},
		},
	} {
		t.Run(server, func(t *testing.T) {
			p := open(t, ofServer(server))
			for i, place := range places {
				q := at(place.language, place.text)
				q.Room = strconv.Itoa(i)
				got := insertions(t, p, q)
				if len(got) == 0 || !slices.Contains(got, place.want) && !slices.Contains(got, place.want+"()") {
					t.Errorf("%s %q: %q, want %q", place.language, place.text, got, place.want)
				}
			}
		})
	}
}

// ofServer is the setting with all languages of a server.
func ofServer(server string) Servers {
	servers := make(Servers)
	for _, language := range map[string][]string{
		"pyright": {"python"}, "pylsp": {"python"}, "gopls": {"go"}, "typescript": {"typescript", "javascript"}, "clangd": {"c", "cpp"},
	}[server] {
		servers[language] = server
	}
	return servers
}

// TestServers_ListNoFiles asks for what is on the machine.
func TestServers_ListNoFiles(t *testing.T) {
	needSandbox(t)
	for server, texts := range map[string][]string{
		"pyright":    {"open('/etc/pass|", "from .. import |", "from ..|", "import pa|"},
		"pylsp":      {"open('/etc/pass|", "open('../../|", "from .. import |", "open('/ho|"},
		"gopls":      {"package main\n\nimport \"../|", "package main\n\nimport _ \"embed\"\n\n//go:embed /etc/pass|\nvar s string\n"},
		"typescript": {"import x from \"/etc/|\"", "/// <reference path=\"/etc/|\" />", "import x from \"../../|\"", "require(\"/ro|\")"},
		"clangd":     {"#include \"/etc/|\"\n", "#include \"../../|\"\n", "#include </etc/pass|>\n"},
	} {
		t.Run(server, func(t *testing.T) {
			p := open(t, ofServer(server))
			for _, text := range texts {
				if got := insertions(t, p, at(p.Languages()[0], text)); len(got) > 0 {
					for _, s := range got {
						if names := namesOnMachine(t); slices.ContainsFunc(names, func(name string) bool { return name == s }) {
							t.Errorf("%q: %q", text, s)
						}
					}
					t.Logf("%q: %q", text, got)
				}
			}
		})
	}
}

func namesOnMachine(t *testing.T) (names []string) {
	t.Helper()
	for _, folder := range []string{"/etc", "/", "/root", os.TempDir()} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			names = append(names, e.Name(), e.Name()+"/")
		}
	}
	return names
}

// TestServers_RoomsDoNotMeet looks for names of one room in another.
func TestServers_RoomsDoNotMeet(t *testing.T) {
	for server, texts := range map[string][2]string{
		"pyright":    {"secret_of_another_room = 1\nsecret_of_ano|", "secret_of_ano|"},
		"pylsp":      {"secret_of_another_room = 1\nsecret_of_ano|", "secret_of_ano|"},
		"gopls":      {"package main\n\nvar secretOfAnotherRoom = 1\n\nfunc f() int { return secretOfAno| }", "package main\n\nfunc f() int { return secretOfAno| }"},
		"typescript": {"var secretOfAnotherRoom = 1\nsecretOfAno|", "secretOfAno|"},
		"clangd":     {"int secret_of_another_room;\nint f() { return secret_of_ano| }", "int f() { return secret_of_ano| }"},
	} {
		t.Run(server, func(t *testing.T) {
			p := open(t, ofServer(server))
			for _, room := range []string{"a", "b", "c", "b"} {
				text := texts[1]
				if room == "a" {
					text = texts[0]
				}
				q := at(p.Languages()[0], text)
				q.Room = room
				if got := insertions(t, p, q); (len(got) > 0) != (room == "a") {
					t.Errorf("in room %s: %q", room, got)
				}
			}
		})
	}
}

// TestServers_Latency measures answers about one text that grows, and about texts that
// are new each time.
func TestServers_Latency(t *testing.T) {
	if os.Getenv("TUTTI_LSP_LATENCY") == "" {
		t.Skip("TUTTI_LSP_LATENCY=1 measures")
	}
	texts := map[string]string{
		"pyright": "import os\nimport json\n\n\ndef work(path):\n    name%d = os.path.basen|\n", "pylsp": "import os\nimport json\n\n\ndef work(path):\n    name%d = os.path.basen|\n",
		"gopls":      "package main\n\nimport \"strings\"\n\nfunc main() {\n\tname%d := strings.ToUp|\n}\n",
		"typescript": "const items = [1, 2]\nconst name%d = items.ma|\n",
		"clangd":     "struct box { int weight; };\nint f(struct box *b) { int name%d; return b->we| }\n",
	}
	const rounds = 100
	for server, text := range texts {
		t.Run(server, func(t *testing.T) {
			p := open(t, ofServer(server))
			for _, kept := range []bool{true, false} {
				var took []time.Duration
				for i := range rounds {
					q := at(p.Languages()[0], fmt.Sprintf(text, i))
					q.Room = "kept"
					if !kept {
						q.Room = strconv.Itoa(i)
					}
					start := time.Now()
					if got := insertions(t, p, q); len(got) == 0 {
						t.Error("nothing")
					}
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				t.Logf("%s, same room %v: p50 %v, p95 %v, longest %v; %d MiB", server, kept,
					took[rounds/2], took[rounds*95/100], took[rounds-1], memoryOfServers(t))
			}
		})
	}
}

// memoryOfServers is the proportional set size of all servers, in MiB.
func memoryOfServers(t *testing.T) (mib int) {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range environments {
		environment, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(environment), "HOME="+filepath.Join(os.TempDir(), "tutti-lsp-")) {
			continue
		}
		rollup, err := os.ReadFile(filepath.Join(filepath.Dir(path), "smaps_rollup"))
		if err != nil {
			continue // it has ended
		}
		_, pss, _ := strings.Cut(string(rollup), "\nPss:")
		kib := 0
		if _, err := fmt.Sscan(pss, &kib); err != nil {
			t.Fatal(err)
		}
		mib += kib >> 10
	}
	return mib
}

// TestServers_Bombs shows servers texts that some of them never end with, and that
// others are served afterwards.
func TestServers_Bombs(t *testing.T) {
	const long = maxCode - 1000
	deep := func(before, bracket, after string) string {
		return before + strings.Repeat(bracket, long/len(bracket)) + after
	}
	doubling := func(depth int) string {
		var text strings.Builder
		text.WriteString("#define A0 x y\n")
		for i := range depth {
			fmt.Fprintf(&text, "#define A%d A%d+A%d\n", i+1, i, i)
		}
		fmt.Fprintf(&text, "struct box { int weight; };\nint f(box b) { A%d; return b.we| }\n", depth)
		return text.String()
	}
	python := []string{deep("x = ", "[", "\nra|"), deep("", "lambda x: ", "ra|")}
	for server, texts := range map[string][]string{
		"pyright": python,
		"pylsp":   python,
		"gopls": {
			deep("package main\n\nvar x = ", "(", "\nvar y = le|"), "package main\n\nvar x [1 << 60]int\nvar y = x[:].le|",
		},
		"typescript": {
			deep("const x = ", "[", "\ndoc|"),
			"type F<T> = T extends string ? F<`${T}x`> : never\nlet x: F<'a'>\nx.ch|",
		},
		"clangd": {
			doubling(40), "template <int N> struct S { S<N + 1> *p; S<N + 2> q; int first; };\nint f(S<0> s) { return s.q.q.fi| }\n",
		},
	} {
		t.Run(server, func(t *testing.T) {
			commands, err := (&Settings{Servers: ofServer(server), Dir: serversDir, Memory: 1536}).commands()
			if errors.Is(err, errNotFound) {
				testtool.Missing(t, err.Error())
			}
			l := usual
			l.start = patience
			settings := Settings{Processes: 1, Budget: Budget(time.Second), Memory: 1536, Weak: weak}
			p := start(settings, l, commands, nil, testLog(t))
			t.Cleanup(p.Close)
			awaitReady(t, p)
			for i, text := range texts {
				cursor := strings.LastIndex(text, "|")
				q := &suggest.Query{Language: p.Languages()[0], Code: text[:cursor] + text[cursor+1:], Cursor: cursor, Most: 5}
				q.Room = fmt.Sprint("bomb ", i)
				began := time.Now()
				found, err := p.Suggest(t.Context(), q)
				took := time.Since(began)
				t.Logf("%.40q: %d suggestions, %v, after %v", q.Code, len(found), err, took)
				if took > 3*time.Second {
					t.Errorf("it took %v", took)
				}
				sample := commands[0].samples[0]
				eventually(t, "others are served", func() bool {
					q := at(sample.language, sample.text)
					q.Room = "other"
					found, err := p.Suggest(t.Context(), q)
					return err == nil && len(found) > 0
				})
				t.Logf("others are served after %v; %d MiB", time.Since(began), memoryOfServers(t))
			}
		})
	}
}
