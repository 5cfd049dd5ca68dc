package patterns

import "strings"

// A row of a table: the end of a line, and how that goes on.
type row struct {
	text   string
	insert string // a tab is a level of indentation; further lines are indented as the first one
	needs  []need // all of them must hold

	anywhere bool // not only where a statement begins: wherever a word may begin
	onward   bool // also behind the first letters of insert
	name     bool // only behind a name that follows the text
}

// first is a row for the first words of a statement.
func first(text, insert string, needs ...need) row {
	return row{text: text, insert: insert, needs: needs}
}

// spell is a row for the first words of a statement of which insert is so likely
// that it is offered on while it is being typed.
func spell(text, insert string, needs ...need) row {
	return row{text: text, insert: insert, needs: needs, onward: true}
}

// named is a row for the first words of a statement and a name behind them.
func named(text, insert string, needs ...need) row {
	return row{text: text, insert: insert, needs: needs, name: true}
}

// word is a row for words anywhere on a line.
func word(text, insert string, needs ...need) row {
	return row{text: text, insert: insert, needs: needs, anywhere: true}
}

// spellWord is both word and spell.
func spellWord(text, insert string, needs ...need) row {
	return row{text: text, insert: insert, needs: needs, anywhere: true, onward: true}
}

// trigger is the text without white space.
func (r *row) trigger() string { return strings.TrimSpace(r.text) }

// lookBack is how many bytes before the cursor are searched for the text of a row.
// Longer than any text together with the first line of its insert.
const lookBack = 160

// matches reports whether the line, which ends at the cursor, ends with the text of
// the row, and how many bytes of insert stand there already.
func (l *language) matches(r *row, line string) (typed int, ok bool) {
	var head string
	var found bool
	switch {
	case l.anyCase:
		head, found = cutSuffixFold(line, r.text)
	case r.name:
		head = strings.TrimRightFunc(line, isWord)
		if len(head) < len(line) {
			head, found = strings.CutSuffix(head, r.text)
		}
	case r.onward:
		head, typed, found = cutOnward(line, r)
	default:
		head, found = strings.CutSuffix(line, r.text)
	}
	if !found {
		return 0, false
	}
	if r.anywhere {
		return typed, !beginsInWord(r.text) || !goesOnInWord(head)
	}
	return typed, l.statementMayStart(head)
}

func cutSuffixFold(s, suffix string) (before string, found bool) {
	at := len(s) - len(suffix)
	if at < 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}

func cutOnward(line string, r *row) (head string, typed int, found bool) {
	from := max(0, len(line)-lookBack)
	at := strings.LastIndex(line[from:], r.text)
	if at < 0 {
		return "", 0, false
	}
	at += from
	rest := line[at+len(r.text):]
	firstLine, _, several := strings.Cut(r.insert, "\n")
	if !strings.HasPrefix(firstLine, rest) || rest == firstLine && !several {
		return "", 0, false
	}
	return line[:at], len(rest), true
}

// goesOnInWord reports whether a word behind s would be a part of something longer.
func goesOnInWord(s string) bool {
	return endsInWord(s) || s != "" && strings.IndexByte(".$@-", s[len(s)-1]) >= 0
}

// statementMayStart reports whether a statement may begin behind head on its line.
func (l *language) statementMayStart(head string) bool {
	head = l.trimModifiers(strings.TrimRight(head, " \t"))
	if head == "" {
		return true
	}
	for _, start := range l.starts {
		before, found := strings.CutSuffix(head, start)
		if found && (!beginsInWord(start) || !goesOnInWord(before)) {
			return true
		}
	}
	return false
}

// trimModifiers cuts words off the end that do not make it another statement.
func (l *language) trimModifiers(head string) string {
	for trimmed := true; trimmed; {
		trimmed = false
		for _, modifier := range l.modifiers {
			before, found := strings.CutSuffix(head, modifier)
			if found && !goesOnInWord(before) {
				head, trimmed = strings.TrimRight(before, " \t"), true
			}
		}
	}
	return head
}
