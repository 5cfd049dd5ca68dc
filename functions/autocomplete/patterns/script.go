package patterns

import "strings"

// JavaScript and TypeScript need more than a syntax: templates hold code, which may
// hold templates, and a slash may begin a regular expression. So may a "<" an element
// of JSX, with text in which quotes are no quotes.

var scriptSyntax = newSyntax(syntax{
	lineComments: slashes,
	block:        slashStar,
	quotes:       []quote{double, single},
	special:      scriptSpecial,
}, "`{}<")

// A mode is what a scan of a script is in.
type mode int

const (
	inCode mode = iota
	inTemplate
	inTag  // of JSX, behind its name
	inText // of an element of JSX
)

// mostFrames is how often code may be nested in templates and elements.
const mostFrames = 32

// A frame is code in braces within something else, to which its end leads back.
type frame struct {
	back   mode
	tag    string // name of that of inTag
	braces int    // open ones of the code itself
	base   int    // elements that were open where it began
}

// script is a scan in progress.
type script struct {
	s      string
	jsx    bool
	mode   mode
	tag    string // name of that of inTag
	open   elements
	frames [mostFrames]frame
	depth  int // of frames
}

// viewScript looks at the end of s, which has no JSX.
func viewScript(s string) view { return (&script{s: s}).view() }

// viewJSX looks at the end of s, which may have some.
func viewJSX(s string) view { return (&script{s: s, jsx: true}).view() }

func (x *script) view() view {
	for i := 0; i < len(x.s); {
		switch x.mode {
		case inCode:
			i = x.code(i)
		case inTemplate:
			i = x.template(i)
		case inTag:
			i = x.attributes(i)
		case inText:
			i = x.text(i)
		}
		if i == unclosed {
			return view{}
		}
	}
	name, known := x.open.innermost()
	return view{code: x.mode == inCode, tags: known && x.mode == inText, open: name}
}

func (x *script) code(i int) int {
	for i < len(x.s) {
		switch c := x.s[i]; {
		case !scriptSyntax.begins[c]:
			i++
		case c == '`':
			x.mode = inTemplate
			return i + 1
		case c == '{':
			if x.depth > 0 {
				x.frames[x.depth-1].braces++
			}
			i++
		case c == '}':
			i++
			if x.leave() {
				return i
			}
		case c == '<':
			if x.jsx && x.tagMayStart(i) {
				return x.startTag(i)
			}
			i++
		default:
			if i = scriptSyntax.scan(x.s, i); i == unclosed {
				return unclosed
			}
		}
	}
	return i
}

// enter begins code in braces.
func (x *script) enter(i int) int {
	if x.depth == mostFrames {
		return unclosed
	}
	x.frames[x.depth] = frame{back: x.mode, tag: x.tag, base: x.open.count}
	x.depth++
	x.mode = inCode
	return i
}

// leave ends a block, or the code that is in the innermost frame; then it is true.
func (x *script) leave() bool {
	if x.depth == 0 {
		return false
	}
	f := &x.frames[x.depth-1]
	if f.braces > 0 {
		f.braces--
		return false
	}
	x.depth--
	x.mode, x.tag = f.back, f.tag
	return true
}

func (x *script) template(i int) int {
	for i < len(x.s) {
		switch c := x.s[i]; {
		case c == '\\':
			i += 2
		case c == '`':
			x.mode = inCode
			return i + 1
		case c == '$' && strings.HasPrefix(x.s[i:], "${"):
			return x.enter(i + 2)
		default:
			i++
		}
	}
	return unclosed
}

func (x *script) text(i int) int {
	at := strings.IndexAny(x.s[i:], "<{")
	switch {
	case at < 0:
		return len(x.s)
	case x.s[i+at] == '{':
		return x.enter(i + at + 1)
	}
	return x.startTag(i + at)
}

// tagMayStart reports whether the "<" at s[i], in code, begins an element: it does not
// compare, and has no type parameters behind it.
func (x *script) tagMayStart(i int) bool {
	if head := strings.TrimRight(x.s[max(0, i-1):i], ")]"); i > 0 && (head == "" || endsInWord(head)) {
		return false
	}
	name := tagName(x.s[i+1:])
	rest := x.s[i+1+len(name):]
	if name == "" {
		return strings.HasPrefix(rest, ">")
	}
	return rest != "" && strings.IndexByte(" \t\r\n/><", rest[0]) >= 0 && !strings.HasPrefix(rest, " extends ")
}

// startTag reads the beginning of a tag at s[i], or a whole closing one.
func (x *script) startTag(i int) int {
	if !strings.HasPrefix(x.s[i:], "</") {
		x.tag = tagName(x.s[i+1:])
		x.mode = inTag
		i += 1 + len(x.tag)
		if strings.HasPrefix(x.s[i:], "<") { // type parameters of a component
			return endOf(x.s, i, ">")
		}
		return i
	}
	end := endOf(x.s, i, ">")
	if end != unclosed {
		x.open.pop(tagName(x.s[i+2:]))
		x.endTag()
	}
	return end
}

func (x *script) attributes(i int) int {
	for i < len(x.s) {
		switch c := x.s[i]; c {
		case '>':
			if x.s[i-1] != '/' {
				x.open.push(x.tag)
			}
			x.endTag()
			return i + 1
		case '{':
			return x.enter(i + 1)
		case '"', '\'':
			at := strings.IndexByte(x.s[i+1:], c)
			if at < 0 {
				return unclosed
			}
			i += at + 2
		default:
			i++
		}
	}
	return unclosed
}

// endTag goes on in the text of the element that is open now, or in the code that
// holds them all.
func (x *script) endTag() {
	base := 0
	if x.depth > 0 {
		base = x.frames[x.depth-1].base
	}
	x.mode = inCode
	if x.open.count > base {
		x.mode = inText
	}
}

// scriptSpecial finds regular expressions. One ends with its line if not before.
func scriptSpecial(s string, i int) int {
	if s[i] != '/' || strings.HasPrefix(s[i:], "//") || strings.HasPrefix(s[i:], "/*") || divides(s[:i]) {
		return i
	}
	class := false
	for k := i + 1; k < len(s); k++ {
		switch s[k] {
		case '\\':
			k++
		case '[':
			class = true
		case ']':
			class = false
		case '\n':
			return k
		case '/':
			if !class {
				return k + 1
			}
		}
	}
	return unclosed
}

// Words behind which a value follows, and no operator.
var beforeValue = []string{
	"return", "typeof", "case", "in", "of", "delete", "void", "throw", "else", "do", "await", "yield",
}

// divides reports whether a slash behind s does not begin a regular expression.
func divides(s string) bool {
	s = strings.TrimRight(s, " \t")
	if s == "" || strings.IndexByte(")]}\"'`<>", s[len(s)-1]) >= 0 {
		return s != "" && s[len(s)-1] != '>'
	}
	for _, word := range beforeValue {
		if before, found := strings.CutSuffix(s, word); found && !goesOnInWord(before) {
			return false
		}
	}
	return endsInWord(s) || s[len(s)-1] == '$'
}
