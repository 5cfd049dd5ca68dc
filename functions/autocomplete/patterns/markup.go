package patterns

import "strings"

// mostOpen is how many elements may be open within each other for the innermost to be
// known. Texts that people write have fewer than 20.
const mostOpen = 32

// elements are the open ones, from the outermost on.
type elements struct {
	names [mostOpen]string
	count int
}

// innermost returns its name, and false if it is not known or there is none. That of a
// fragment is empty.
func (e *elements) innermost() (name string, known bool) {
	if e.count == 0 || e.count > mostOpen {
		return "", false
	}
	return e.names[e.count-1], true
}

func (e *elements) push(name string) {
	if e.count < mostOpen {
		e.names[e.count] = name
	}
	e.count++
}

// pop closes an element and those within it that were left open, as <li> may be.
func (e *elements) pop(name string) {
	if e.count > mostOpen {
		e.count--
		return
	}
	for i := e.count - 1; i >= 0; i-- {
		if strings.EqualFold(e.names[i], name) {
			e.count = i
			return
		}
	}
}

// Elements of HTML that have no end, and those whose content is no HTML.
var (
	voidElements = []string{
		"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
	}
	rawElements = []string{"script", "style", "textarea", "title"}
)

// viewHTML looks at the end of s, which is HTML. Text and tags are its code.
func viewHTML(s string) view {
	var open elements
	for i := 0; i < len(s); {
		at := strings.IndexByte(s[i:], '<')
		if at < 0 {
			break
		}
		if i = scanHTML(s, i+at, &open); i == unclosed {
			return view{}
		}
	}
	name, known := open.innermost()
	return view{code: true, tags: known, open: name}
}

// scanHTML returns the end of what begins with the "<" at s[i], or unclosed for an
// open comment, attribute or raw element. A tag may be open.
func scanHTML(s string, i int, open *elements) int {
	switch {
	case strings.HasPrefix(s[i:], "<!--"):
		return endOf(s, i+len("<!--"), "-->")
	case strings.HasPrefix(s[i:], "</"):
		name := tagName(s[i+2:])
		if end := endOf(s, i, ">"); end != unclosed {
			open.pop(name)
			return end
		}
		return len(s)
	}
	name := tagName(s[i+1:])
	if name == "" {
		return i + 1
	}
	end, empty := tagEnd(s, i+1+len(name))
	switch {
	case end == unclosed || end > len(s):
		return min(end, len(s))
	case contains(rawElements, name):
		return rawElementEnd(s, end, name)
	case !empty && !contains(voidElements, name):
		open.push(name)
	}
	return end
}

// tagEnd returns the offset behind the ">" of a tag and whether it is that of an
// empty element; more than len(s) if the tag is open; unclosed if an attribute is.
func tagEnd(s string, i int) (end int, empty bool) {
	for i < len(s) {
		switch c := s[i]; c {
		case '>':
			return i + 1, s[i-1] == '/'
		case '"', '\'':
			at := strings.IndexByte(s[i+1:], c)
			if at < 0 {
				return unclosed, false
			}
			i += at + 2
		default:
			i++
		}
	}
	return len(s) + 1, false
}

// rawElementEnd returns where the closing tag of a raw element begins.
func rawElementEnd(s string, i int, name string) int {
	for {
		at := strings.Index(s[i:], "</")
		if at < 0 {
			return unclosed
		}
		i += at + 2
		if strings.EqualFold(tagName(s[i:]), name) {
			return i - 2
		}
	}
}

// tagName returns the name that s begins with.
func tagName(s string) string {
	if s == "" || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' {
		return ""
	}
	end := 1
	for end < len(s) && inTagName(s[end]) {
		end++
	}
	return s[:end]
}

// inTagName takes every character that is not ASCII, as in names of own elements.
func inTagName(b byte) bool {
	return b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9' || b >= 0x80 || strings.IndexByte("-_.:", b) >= 0
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if len(n) == len(name) && n[0] == name[0]|0x20 && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
