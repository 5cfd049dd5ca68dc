package chaos

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

// A marker is a line of the text that is like no other: the seq-th of a writer.
// Writer 0 is the room as it was made.
type marker struct{ writer, seq int }

func (m marker) String() string { return fmt.Sprintf("<w%d:%d>", m.writer, m.seq) }

// line is the marker as it stands in the text, between two tags.
func (m marker) line() string { return string(m.tag()) + m.String() + string(m.tag()) + "\n" }

// Tags are letters that hardly any two markers share, so that it is beyond
// doubt where a line was put: of lines that begin alike, a difference of texts
// cannot say which one is new. Every second tag is outside the 16-bit letters,
// to find out who cannot count.
const (
	firstTag, tags             = 0x4E00, 0x5000  // CJK
	firstAstralTag, astralTags = 0x20000, 0xA000 // CJK, extension B
	tagStride                  = 7919            // a prime, so that writers do not meet
)

func (m marker) tag() rune {
	n := m.writer*tagStride + m.seq
	if n%2 == 0 {
		return rune(firstTag + n%tags)
	}
	return rune(firstAstralTag + n%astralTags)
}

// insert puts the marker's line between two lines of the text, anywhere.
func (m marker) insert(text string, random *rand.Rand) string {
	at := anyLine(text, random)
	return text[:at] + m.line() + text[at:]
}

// anyLine is where a line of the text begins, or where the text ends.
func anyLine(text string, random *rand.Rand) (at int) {
	for range random.IntN(strings.Count(text, "\n") + 1) {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	return at
}

// remove takes the marker's line out, and reports whether it was there, once.
func (m marker) remove(text string) (string, bool) {
	if strings.Count(text, m.line()) != 1 {
		return text, false
	}
	return strings.Replace(text, m.line(), "", 1), true
}

var markerPattern = regexp.MustCompile(`<w(\d+):(\d+)>`)

// reading is what stands in a text.
type reading struct {
	count map[marker]int
	torn  []string // lines in which there is anything but markers
	glued int      // lines with several markers, with none, or without an end
}

// readMarkers reads a text.
func readMarkers(text string) reading {
	r := reading{count: make(map[marker]int)}
	for line := range strings.Lines(text) {
		rest := line
		matches := markerPattern.FindAllStringSubmatch(line, -1)
		for _, match := range matches {
			m := marker{number(match[1]), number(match[2])}
			r.count[m]++
			rest = strings.Replace(rest, strings.TrimSuffix(m.line(), "\n"), "", 1)
		}
		switch {
		case rest != "\n" && rest != "":
			r.torn = append(r.torn, strconv.Quote(line))
		case rest == "" || len(matches) != 1:
			r.glued++
		}
	}
	return r
}

// number reads digits; those of a torn marker may be too many.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}
