package patterns

import (
	"slices"
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// A language is a table and what must be known to apply it.
type language struct {
	tables    [][]row  // the rows are tried from first to last
	indent    string   // a level of indentation where the text shows none
	starts    []string // behind what else than white space a statement may begin
	modifiers []string // what may stand before the first word of a statement
	anyCase   bool     // words may be in upper or lower case; suggestions are in that of the typed ones

	look func(before string) view // what the cursor stands in
}

// A view is what is known of a place from the text before it.
type view struct {
	code bool   // neither in a comment nor in a string nor in text between tags
	tags bool   // whether a closing tag may stand here
	open string // name of the innermost open element
}

func (l *language) suggest(q *suggest.Query) []suggest.Suggestion {
	line, rest := q.LineBefore(), strings.TrimRight(q.LineAfter(), " \t")
	if s, ok := l.closeTag(q, line, rest); ok {
		return []suggest.Suggestion{s}
	}
	var found []suggest.Suggestion
	for _, table := range l.tables {
		for i := range table {
			r := &table[i]
			typed, ok := l.matches(r, line)
			if !ok || !mayStand(q, line, rest, r.insert[typed:]) || !r.needsMet(q) {
				continue
			}
			if found == nil && !l.look(q.Before()).code {
				return nil
			}
			found = l.add(found, q, r, r.insert[typed:], rest)
			if len(found) >= q.Most {
				return found
			}
		}
	}
	return found
}

func (l *language) add(found []suggest.Suggestion, q *suggest.Query, r *row, insert, rest string) []suggest.Suggestion {
	insert = insert[:len(insert)-overlap(insert, rest)]
	s := suggest.Suggestion{
		Start: q.Cursor, End: q.Cursor, Text: l.render(q, insert), Kind: suggest.Snippet, Trigger: r.trigger(),
	}
	if slices.ContainsFunc(found, func(other suggest.Suggestion) bool { return other.Text == s.Text }) {
		return found
	}
	return append(found, s)
}

// closers are what an editor may have put behind the cursor by itself.
const closers = ")]};, "

// overlap returns how much of the end of insert the rest of the line begins with. A
// bracket counts if insert closes it and does not open it.
func overlap(insert, rest string) int {
	for n := min(len(insert), len(rest)); n > 0; n-- {
		if strings.HasSuffix(insert, rest[:n]) && !closesOwn(insert, rest[:n]) {
			return n
		}
	}
	return 0
}

// closesOwn reports whether a bracket at the end of s is opened in s.
func closesOwn(s, end string) bool {
	for kind, closer := range []byte(")]}") {
		if strings.IndexByte(end, closer) >= 0 && strings.Count(s, "([{"[kind:kind+1]) >= strings.Count(s, ")]}"[kind:kind+1]) {
			return true
		}
	}
	return false
}

// mayStand reports whether insert may stand before the rest of the line, of which it
// has the first bytes itself, and does not stand there already.
func mayStand(q *suggest.Query, line, rest, insert string) bool {
	common := overlap(insert, rest)
	if common == len(insert) || strings.Trim(rest[common:], closers) != "" {
		return false
	}
	if !strings.Contains(insert, "\n") {
		return true
	}
	below, found := lineBelow(q.Code, q.Cursor)
	if !found {
		return true
	}
	own, next := len(indentation(line)), len(indentation(below))
	return next < own || next == own && !resumes(insert, below[next:])
}

// resumes reports whether line begins as one of the further lines of insert that are
// not indented.
func resumes(insert, line string) bool {
	_, further, _ := strings.Cut(insert, "\n")
	for further != "" {
		var one string
		one, further, _ = strings.Cut(further, "\n")
		if one == "" || one[0] == '\t' {
			continue
		}
		if word := one[:max(1, len(one)-len(strings.TrimLeftFunc(one, isWord)))]; strings.HasPrefix(line, word) {
			return true
		}
	}
	return false
}

// closeTag suggests the name behind "</".
func (l *language) closeTag(q *suggest.Query, line, rest string) (s suggest.Suggestion, ok bool) {
	begin := len(line)
	for begin > 0 && inTagName(line[begin-1]) {
		begin--
	}
	before, typed := line[:begin], line[begin:]
	before, ok = strings.CutSuffix(before, "</")
	if !ok || strings.Trim(rest, ">"+closers) != "" {
		return s, false
	}
	v := l.look(q.Code[:q.Cursor-len(line)+len(before)])
	name := strings.TrimSuffix(v.open+">", rest)
	if !v.tags || !strings.HasPrefix(name, typed) || name == typed {
		return s, false
	}
	return suggest.Suggestion{
		Start: q.Cursor, End: q.Cursor, Text: name[len(typed):], Kind: suggest.Snippet, Trigger: "</",
	}, true
}
