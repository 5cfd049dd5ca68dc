package wsrelay

import "sort"

// lines is where the lines of a text begin, in UTF-16 units.
type lines struct {
	starts []int32 // the first is 0
	units  int     // of the whole text
}

func linesOf(text string) lines {
	l := lines{starts: []int32{0}}
	for i := range len(text) {
		switch b := text[i]; {
		case b == '\n':
			l.units++
			l.starts = append(l.starts, int32(l.units)) //nolint:gosec // a room's text has far less
		case b >= 0xf0: // the first byte of what is two units
			l.units += 2
		case b < 0x80 || b >= 0xc0: // the first byte of a character
			l.units++
		}
	}
	return l
}

// place is where an index of the text is: a line and a column, both from 1.
func (l lines) place(index int) (line, column int) {
	line = sort.Search(len(l.starts), func(i int) bool { return int(l.starts[i]) > index })
	return line, index - int(l.starts[line-1]) + 1
}

// index is the index of a place, which is taken into the text.
func (l lines) index(line, column int) int {
	line = min(max(line, 1), len(l.starts))
	start, end := int(l.starts[line-1]), l.units
	if line < len(l.starts) {
		end = int(l.starts[line]) - 1
	}
	return start + min(max(column-1, 0), end-start)
}
