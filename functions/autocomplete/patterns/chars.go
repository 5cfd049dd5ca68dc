package patterns

import "unicode"

// The patterns are for Python, so white space and word characters are those of
// its re module. Go's regexp knows only the ASCII ones. Python takes the two
// sets from the Unicode tables of its version and Go from its own; they differ
// in characters that are younger than the older of the two, and in no other.

// isSpace reports whether r is white space: \s, which is also what strip strips.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F // the separators of files, groups, records and units
}

// isWord reports whether r may be part of a word: \w.
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_'
}
