package main

import (
	"bytes"
	"fmt"
)

// A page is the text of a room, as JSON has it. At its top each typist has a
// line, to which it adds one letter with each edit: so the length of a line says
// how many edits of its typist are in the text. Below them stands what fills the
// text up.

// mark is how the line of a typist begins.
func mark(typist int) []byte { return fmt.Appendf(nil, "T%02d:", typist) }

var lineEnd = []byte(`\n`)

// newPage is a text of so many bytes, for so many typists.
func newPage(size, typists int) []byte {
	var page []byte
	length := 0 // of the text, in which a line end is one byte
	for i := range typists {
		page = append(append(page, mark(i)...), lineEnd...)
		length += len(mark(i)) + 1
	}
	for line := 0; length < size; line++ {
		code := fmt.Sprintf("    total = total + item[%d].price * count(%d)", line, line*7)
		code = code[:min(len(code), size-length-1)]
		page = append(append(page, code...), lineEnd...)
		length += len(code) + 1
	}
	return page
}

// pageOf is the text within a frame; nil when the frame has none.
func pageOf(frame []byte) []byte {
	for _, head := range [][]byte{textFrame, initFrame} {
		if rest, ok := bytes.CutPrefix(frame, head); ok {
			if end := bytes.LastIndex(rest, []byte(`","user`)); end >= 0 {
				return rest[:end] // "user_id" follows the text, or "users"
			}
		}
	}
	return nil
}

// line is where the letters of a typist begin and end in a page.
func line(page, mark []byte) (begin, end int) {
	begin = bytes.Index(page, mark)
	if begin < 0 {
		return 0, 0
	}
	begin += len(mark)
	return begin, begin + bytes.Index(page[begin:], lineEnd)
}

// letter is the n-th letter of a typist. No two that follow each other are the same.
func letter(n int) byte { return "abcdefghijklmnopqrstuvwxyz"[n%26] }

// typed is a page with one more letter in a line, within a frame for the server.
func typed(frame, page, mark []byte, n int) []byte {
	_, end := line(page, mark)
	frame = append(append(frame[:0], textFrame...), page[:end]...)
	frame = append(append(frame, letter(n)), page[end:]...)
	return append(frame, `"}`...)
}
