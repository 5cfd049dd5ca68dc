package words

import (
	_ "embed" // for the tables
	"slices"
	"strings"
	"sync"
)

// The names that are usual in a language, about the most usual first: its keywords
// and builtins, names that people give, and with a dot before them its members.
var (
	//go:embed usual/python.txt
	pythonNames string
	//go:embed usual/go.txt
	goNames string
	//go:embed usual/ecmascript.txt
	ecmascriptNames string
	//go:embed usual/java.txt
	javaNames string
	//go:embed usual/c.txt
	cNames string
	//go:embed usual/cpp.txt
	cppNames string
	//go:embed usual/rust.txt
	rustNames string
	//go:embed usual/shell.txt
	shellNames string
	//go:embed usual/sql.txt
	sqlNames string
	//go:embed usual/html.txt
	htmlNames string
	//go:embed usual/css.txt
	cssNames string
)

// usualNames holds those of one language, each list in the order of the alphabet.
type usualNames struct {
	names, members []usualName
	anyCase        bool // their case is that of what is typed
}

type usualName struct {
	text string
	rank int // how many of the list are more usual
}

// usualIn has a function for each language, which reads its table at the first call.
var usualIn = func() map[string]func() *usualNames {
	all := make(map[string]func() *usualNames)
	for _, table := range []struct {
		text    *string
		anyCase bool
		ids     string
	}{
		{&pythonNames, false, "python py"},
		{&goNames, false, "go golang"},
		{&ecmascriptNames, false, "javascript javascriptreact jsx js typescript typescriptreact tsx ts"},
		{&javaNames, false, "java csharp cs kotlin"},
		{&cNames, false, "c"},
		{&cppNames, false, "cpp c++"},
		{&rustNames, false, "rust"},
		{&shellNames, false, "shell shellscript bash sh zsh"},
		{&sqlNames, true, "sql mysql pgsql"},
		{&htmlNames, false, "html vue svelte"},
		{&cssNames, false, "css scss less"},
	} {
		read := sync.OnceValue(func() *usualNames { return readUsual(*table.text, table.anyCase) })
		for id := range strings.FieldsSeq(table.ids) {
			all[id] = read
		}
	}
	return all
}()

func readUsual(text string, anyCase bool) *usualNames {
	u := &usualNames{anyCase: anyCase}
	seen := make(map[string]bool)
	for name := range strings.FieldsSeq(text) {
		if seen[name] {
			continue
		}
		seen[name] = true
		if member, ok := strings.CutPrefix(name, "."); ok {
			u.members = append(u.members, usualName{member, len(u.members)})
		} else {
			u.names = append(u.names, usualName{name, len(u.names)})
		}
	}
	for _, list := range [][]usualName{u.names, u.members} {
		slices.SortFunc(list, func(a, b usualName) int { return strings.Compare(a.text, b.text) })
	}
	return u
}

// addUsual adds the usual names that go on from what is typed.
func (p *place) addUsual(r *Ranking) {
	read, ok := usualIn[p.q.Language]
	if !ok {
		return
	}
	u := read()
	list, prefix := u.names, p.typed
	if p.member {
		list = u.members
	}
	if u.anyCase {
		if prefix = strings.ToLower(prefix); len(prefix) != len(p.typed) {
			return // beyond ASCII
		}
	}
	from, _ := slices.BinarySearchFunc(list, prefix, func(n usualName, prefix string) int { return strings.Compare(n.text, prefix) })
	for _, name := range list[from:] {
		if !strings.HasPrefix(name.text, prefix) {
			break
		}
		if len(name.text) > len(prefix) {
			r.add(u.cased(name.text, p.typed), usualWeight*usualHalf/(usualHalf+float64(name.rank)))
		}
	}
}

// cased returns name as it goes on from what is typed.
func (u *usualNames) cased(name, typed string) string {
	switch {
	case !u.anyCase:
		return name
	case typed != "" && typed == strings.ToUpper(typed):
		return strings.ToUpper(name)
	}
	return typed + name[len(typed):]
}
