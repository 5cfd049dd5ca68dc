package patterns

import "github.com/tutti-live/tutti/functions/autocomplete/suggest"

// suggestLegacy answers as the first service did, which looked at nothing but the
// line before the cursor: patterns match within words, strings and comments too.
func suggestLegacy(q *suggest.Query) []suggest.Suggestion {
	p := find(legacyTable[q.Language], q.LineBefore())
	if p == nil {
		return nil
	}
	return []suggest.Suggestion{{
		Start: q.Cursor, End: q.Cursor, Text: p.insert, Kind: suggest.Snippet, Trigger: p.trigger,
	}}
}

// A match is a way in which a pattern looks at the line before the cursor.
type match int

const (
	ends        match = iota // the line ends with the text, in the middle of a word or not
	is                       // the line is the text, white space around it aside
	endsTrimmed              // the line ends with the text, white space after it aside
	names                    // the line ends with the text as a whole word, white space, and a name or nothing
)

// A pattern is a row of the table: where it matches, what it suggests.
type pattern struct {
	match   match
	text    string
	insert  string
	trigger string
}

// legacyTable is the table by language. Patterns of a language are tried from the
// first to the last, and the first that matches wins.
var legacyTable = map[string][]pattern{"python": {
	{ends, "def ", "function_name():\n    pass", "def"},
	{ends, "class ", "ClassName:\n    def __init__(self):\n        pass", "class"},
	{ends, "for ", "item in items:\n    pass", "for"},
	{ends, "if ", "condition:\n    pass", "if"},
	{ends, "while ", "condition:\n    pass", "while"},
	{ends, "try", ":\n    pass\nexcept Exception as e:\n    pass", "try"},
	{ends, "import ", "numpy as np", "import"},
	{ends, "from ", "module import function", "from"},
	{ends, "with ", "open('file.txt', 'r') as f:\n    pass", "with"},
	{is, "import", " os", "import"},
	{names, "def", "():\n    pass", "def"},
	{ends, "print", "()", "print"},
	{endsTrimmed, "=", " None", "="},
}}
