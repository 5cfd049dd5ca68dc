package wsrelay

import (
	"strings"
	"testing"
	"unicode/utf16"
)

func TestLines_PlaceAndIndexAreEachOthersInverse(t *testing.T) {
	const text = "one\n👩‍💻 é\n\nlast"
	l := linesOf(text)
	units := utf16.Encode([]rune(text))
	line, column := 1, 1
	for at := range len(units) + 1 {
		if gotLine, gotColumn := l.place(at); gotLine != line || gotColumn != column {
			t.Errorf("index %d is line %d column %d, not %d and %d", at, gotLine, gotColumn, line, column)
		}
		if got := l.index(line, column); got != at {
			t.Errorf("line %d column %d is index %d, not %d", line, column, got, at)
		}
		column++
		if at < len(units) && units[at] == '\n' {
			line, column = line+1, 1
		}
	}
}

func TestLines_PlacesBeyondTheTextAreTakenIntoIt(t *testing.T) {
	l := linesOf("one\n👩‍💻 é\n\nlast")
	for _, c := range []struct{ line, column, want int }{
		{1, 1, 0}, {1, 4, 3}, {1, 99, 3}, {2, 1, 4}, {2, 0, 4}, {3, 7, 12}, {9, 1, 13}, {9, 99, 17}, {0, 2, 1}, {-1, -1, 0},
	} {
		if got := l.index(c.line, c.column); got != c.want {
			t.Errorf("line %d column %d is index %d, want %d", c.line, c.column, got, c.want)
		}
	}
	if got := linesOf("").index(5, 5); got != 0 {
		t.Errorf("in an empty text: %d", got)
	}
}

func BenchmarkLines_Of500KiB(b *testing.B) {
	text := strings.Repeat("a line of about forty characters, or so\n", 500<<10/40)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		linesOf(text)
	}
}
