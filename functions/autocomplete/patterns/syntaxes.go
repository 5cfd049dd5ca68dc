package patterns

import (
	"strings"
	"unicode/utf8"
)

// Strings as many languages have them.
var (
	double    = quote{mark: `"`, escapes: true}
	single    = quote{mark: `'`, escapes: true}
	slashes   = []string{"//"}
	slashStar = [2]string{"/*", "*/"}
)

// In Python a backslash keeps a quote from ending even a raw string.
var pythonSyntax = newSyntax(syntax{
	lineComments: []string{"#"},
	quotes: []quote{
		{mark: `"""`, escapes: true, lines: true},
		{mark: `'''`, escapes: true, lines: true},
		double, single,
	},
}, "")

var goSyntax = newSyntax(syntax{
	lineComments: slashes,
	block:        slashStar,
	quotes:       []quote{double, single, {mark: "`", lines: true}},
}, "")

var javaSyntax = newSyntax(syntax{
	lineComments: slashes,
	block:        slashStar,
	quotes:       []quote{{mark: `"""`, escapes: true, lines: true}, double, single},
}, "")

var cSyntax = newSyntax(syntax{
	lineComments: slashes,
	block:        slashStar,
	quotes:       []quote{double, single},
	special:      cSpecial,
}, "")

// cSpecial finds what C++ has: raw strings, and digits in groups.
func cSpecial(s string, i int) int {
	if i == 0 {
		return i
	}
	switch previous := s[i-1]; {
	case s[i] == '\'' && previous >= '0' && previous <= '9':
		return i + 1
	case s[i] == '"' && previous == 'R' && !endsInWord(strings.TrimRight(s[:i-1], "uUL8")):
		return rawEnd(s, i+1)
	}
	return i
}

// longestDelimiter is how long that of a raw string of C++ may be.
const longestDelimiter = 16

func rawEnd(s string, i int) int {
	delimiter, _, found := strings.Cut(s[i:min(len(s), i+longestDelimiter+1)], "(")
	if !found {
		return i
	}
	i += len(delimiter) + 1
	for {
		at := strings.IndexByte(s[i:], ')')
		if at < 0 {
			return unclosed
		}
		i += at + 1
		if strings.HasPrefix(s[i:], delimiter) && strings.HasPrefix(s[i+len(delimiter):], `"`) {
			return i + len(delimiter) + 1
		}
	}
}

var rustSyntax = newSyntax(syntax{
	lineComments: slashes,
	block:        slashStar,
	nested:       true,
	quotes:       []quote{{mark: `"`, escapes: true, lines: true}, single},
	special:      rustSpecial,
}, "")

// rustSpecial finds raw strings, and lifetimes, which look like open characters.
func rustSpecial(s string, i int) int {
	switch s[i] {
	case '\'':
		_, size := utf8.DecodeRuneInString(s[i+1:])
		if !strings.HasPrefix(s[i+1:], `\`) && !strings.HasPrefix(s[i+1+size:], "'") {
			return i + 1
		}
	case '"':
		head := strings.TrimRight(s[:i], "#")
		hashes := s[len(head):i]
		head, raw := strings.CutSuffix(head, "r")
		if raw && !endsInWord(strings.TrimRight(head, "bc")) {
			return rustRawEnd(s, i+1, hashes)
		}
	}
	return i
}

func rustRawEnd(s string, i int, hashes string) int {
	for {
		at := strings.IndexByte(s[i:], '"')
		if at < 0 {
			return unclosed
		}
		i += at + 1
		if strings.HasPrefix(s[i:], hashes) {
			return i + len(hashes)
		}
	}
}

var shellSyntax = newSyntax(syntax{
	quotes: []quote{
		{mark: `"`, escapes: true, lines: true},
		{mark: `'`, lines: true},
	},
	special: shellSpecial,
}, `\#<`)

// shellSpecial finds escapes, comments, which begin where a word may, and texts up to
// a line of their own.
func shellSpecial(s string, i int) int {
	switch s[i] {
	case '\\':
		return i + 2
	case '#':
		if i == 0 && strings.HasPrefix(s, "#!") { // who types it wants to go on
			return i + 2
		}
		if i == 0 || strings.IndexByte(" \t\r\n;&|()", s[i-1]) >= 0 {
			return endOfLine(s, i)
		}
	case '<':
		if strings.HasPrefix(s[i:], "<<<") {
			return i + 3
		}
		if strings.HasPrefix(s[i:], "<<") {
			return hereEnd(s, i+2)
		}
	}
	return i
}

// hereEnd returns the end of a here-document whose word begins at s[i]. What follows
// the word on its line is taken for a part of it.
func hereEnd(s string, i int) int {
	word := strings.TrimLeft(strings.TrimPrefix(s[i:], "-"), ` \'"`)
	behind := ""
	if end := strings.IndexAny(word, " \t\r\n;|&<>()'\""); end >= 0 {
		word, behind = word[:end], word[end:]
	}
	if word == "" || word[0] >= '0' && word[0] <= '9' || strings.HasPrefix(behind, ")") { // a shift of bits
		return i
	}
	head, _, several := strings.Cut(s[i:], "\n")
	if !several {
		return len(s) // the line goes on behind the word
	}
	for at := i + len(head) + 1; at < len(s); {
		line, _, ended := strings.Cut(s[at:], "\n")
		at += len(line)
		if ended && strings.Trim(line, "\t\r") == word {
			return at
		}
		at++
	}
	return unclosed
}

var sqlSyntax = newSyntax(syntax{
	lineComments: []string{"--"},
	block:        slashStar,
	quotes:       []quote{{mark: `'`, lines: true}, {mark: `"`, lines: true}, {mark: "`", lines: true}},
}, "")

var cssSyntax = newSyntax(syntax{
	block:   slashStar,
	quotes:  []quote{double, single},
	special: cssSpecial,
}, "")

// cssSpecial finds the line comments that SCSS and Less have. A URL has none.
func cssSpecial(s string, i int) int {
	if strings.HasPrefix(s[i:], "//") && (i == 0 || s[i-1] != ':' && s[i-1] != '(') {
		return endOfLine(s, i)
	}
	return i
}
