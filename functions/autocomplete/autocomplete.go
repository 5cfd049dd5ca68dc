// Package autocomplete guesses from the text before the cursor what is typed
// next: the body of a def, the rest of an import.
//
// Suggest tries a table of patterns (patterns.go) in order on the current line.
// It knows no grammar: patterns match within words, strings and comments too.
// It has no state and does no I/O, and it allocates nothing.
package autocomplete

import "strings"

// Suggestion is text that may be inserted where the cursor is.
type Suggestion struct {
	Text           string // what to insert; never empty
	InsertPosition int    // where, in UTF-16 code units: the cursor as it was given
	TriggerWord    string // the word on the line that led to it
}

// Suggest returns what may follow code[:cursor], and whether there is anything.
//
// The language is compared exactly; one without patterns has no suggestions.
// The cursor counts UTF-16 code units, as browser editors do, and is not
// negative. One past the end means the end. One inside a surrogate pair stands
// behind half a character, which no pattern ends with: there is no suggestion.
func Suggest(language, code string, cursor int) (Suggestion, bool) {
	rows := patterns[language]
	if len(rows) == 0 {
		return Suggestion{}, false
	}
	end, whole := byteOffset(code, cursor)
	if !whole {
		return Suggestion{}, false
	}
	start := strings.LastIndexByte(code[:end], '\n') + 1
	p := find(rows, code[start:end])
	if p == nil {
		return Suggestion{}, false
	}
	return Suggestion{Text: p.insert, InsertPosition: cursor, TriggerWord: p.trigger}, true
}
