package lib0

import (
	"encoding/binary"
	"unicode/utf8"
)

// UTF16Len returns the number of UTF-16 units that the UTF-8 text p has, which
// is its length in JavaScript. ok is false where p is not valid UTF-8.
func UTF16Len(p []byte) (units int, ok bool) {
	if IsASCII(p) {
		return len(p), true
	}
	if !utf8.Valid(p) {
		return 0, false
	}
	for _, c := range p {
		if c&0xc0 != 0x80 { // not a continuation byte: a character starts
			units++
		}
		if c >= 0xf0 { // outside the basic plane: a surrogate pair
			units++
		}
	}
	return units, true
}

// IsASCII reports whether p holds nothing but ASCII, so that bytes are units.
func IsASCII(p []byte) bool {
	for len(p) >= 8 {
		if binary.LittleEndian.Uint64(p)&0x8080808080808080 != 0 {
			return false
		}
		p = p[8:]
	}
	for _, c := range p {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// ByteOffset returns the number of bytes before the UTF-16 unit of that index
// in the valid UTF-8 text p. Where units ends in the middle of a surrogate
// pair, inPair is true and the offset is that of the pair's character.
func ByteOffset(p []byte, units int) (offset int, inPair bool) {
	for units > 0 {
		c := p[offset]
		switch {
		case c < 0x80:
			offset++
		case c < 0xe0:
			offset += 2
		case c < 0xf0:
			offset += 3
		case units == 1:
			return offset, true
		default:
			offset += 4
			units--
		}
		units--
	}
	return offset, false
}

// ByteOffsetBack is ByteOffset counted from the end: it returns the number of
// bytes before the last units of p.
func ByteOffsetBack(p []byte, units int) (offset int, inPair bool) {
	offset = len(p)
	for units > 0 {
		offset--
		switch c := p[offset]; {
		case c&0xc0 == 0x80: // not the first byte of its character
			continue
		case c >= 0xf0 && units == 1:
			return offset, true
		case c >= 0xf0:
			units--
		}
		units--
	}
	return offset, false
}
