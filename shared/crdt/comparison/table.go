package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A table has its first column on the left and numbers on the right.
type table struct {
	title string
	rows  [][]string // the first is the head
}

func newTable(title string, head ...string) *table { return &table{title, [][]string{head}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// String is empty for a table without rows.
func (t *table) String() string {
	if len(t.rows) == 1 {
		return ""
	}
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	b.WriteString("\n" + t.title + "\n\n")
	for i, row := range t.rows {
		for k, cell := range row {
			space := strings.Repeat(" ", widths[k]-utf8.RuneCountInString(cell))
			if k == 0 {
				b.WriteString("| " + cell + space)
			} else {
				b.WriteString(" | " + space + cell)
			}
		}
		b.WriteString(" |\n")
		if i == 0 {
			b.WriteString(rule(widths))
		}
	}
	return b.String()
}

func rule(widths []int) string {
	cells := make([]string, len(widths))
	cells[0] = strings.Repeat("-", widths[0]+2)
	for k, width := range widths[1:] {
		cells[k+1] = strings.Repeat("-", width+1) + ":"
	}
	return "|" + strings.Join(cells, "|") + "|\n"
}

// number writes about three digits of what was measured, and a dash for what
// was not.
func number(v float64, measured bool) string {
	switch {
	case !measured:
		return "–"
	case v >= 100 || v == 0:
		return thousands(int(v + 0.5))
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func (f figures) number(name string) string {
	v, ok := f[name]
	return number(v, ok)
}

// ratio writes how many times ours is better than the other.
func (f figures) ratio(other string) string {
	if _, ok := f[other]; !ok {
		return "–"
	}
	return fmt.Sprintf("%.1fx", f.times(other))
}

// percent writes how much of what the other takes ours takes.
func (f figures) percent(other string) string {
	if _, ok := f[other]; !ok {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100/f.times(other))
}
