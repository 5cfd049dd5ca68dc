package main

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// table has its first column on the left and numbers on the right.
type table struct {
	title string
	rows  [][]string // the first is the head
}

func newTable(title string, head ...string) *table { return &table{title, [][]string{head}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print() {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Printf("\n%s\n\n", t.title)
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString("  " + cell + space)
			} else {
				line.WriteString("   " + space + cell)
			}
		}
		fmt.Println(line.String())
	}
}
