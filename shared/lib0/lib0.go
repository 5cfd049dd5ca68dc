// Package lib0 reads and writes the binary encoding that Yjs and its protocols
// are made of: variable-length integers, length-prefixed strings and bytes, and
// the self-describing "any" values.
//
// Encoders append to a byte slice. [Reader] decodes; it trusts no length or
// count that it reads, and never allocates more than the bytes it was given
// can account for. All integers that stand for a JavaScript number are limited
// to 2^53-1, as in lib0 itself.
//
// Source: the encoding and decoding modules of lib0 0.2 (github.com/dmonad/lib0).
package lib0

import "errors"

// MaxSafeInteger is the largest integer a JavaScript number holds exactly, and
// the largest that lib0 encodes as a variable-length integer.
const MaxSafeInteger = 1<<53 - 1

// Errors of a [Reader]. They are wrapped with no further context: the caller
// knows what it was reading.
var (
	ErrTruncated = errors.New("lib0: unexpected end of data")
	ErrOverflow  = errors.New("lib0: integer above 2^53-1")
	ErrUTF8      = errors.New("lib0: string is not valid UTF-8")
	ErrTag       = errors.New("lib0: unknown tag of an any value")
	ErrDepth     = errors.New("lib0: any value is nested too deeply")
	ErrType      = errors.New("lib0: no any value stands for this Go type")
)
