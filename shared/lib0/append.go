package lib0

import (
	"strings"
	"unicode/utf8"
)

// AppendUvarint appends v, little-endian in groups of seven bits, the high bit
// of each byte saying that more follow.
func AppendUvarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return appendLongUvarint(b, v)
}

// appendLongUvarint writes the frequent sizes, those of clocks and of client ids of
// 32 bits, in one go.
func appendLongUvarint(b []byte, v uint64) []byte {
	switch {
	case v < 1<<14:
		return append(b, byte(v)|0x80, byte(v>>7))
	case v < 1<<21:
		return append(b, byte(v)|0x80, byte(v>>7)|0x80, byte(v>>14))
	case v >= 1<<28 && v < 1<<35:
		return append(b, byte(v)|0x80, byte(v>>7)|0x80, byte(v>>14)|0x80, byte(v>>21)|0x80, byte(v>>28))
	}
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// AppendVarint appends v with a sign: the first byte holds the more bit, the
// sign bit (0x40) and six bits of the magnitude.
func AppendVarint(b []byte, v int64) []byte {
	var sign byte
	magnitude := uint64(v)
	if v < 0 {
		sign, magnitude = 0x40, -magnitude
	}
	first := sign | byte(magnitude&0x3f)
	if magnitude >>= 6; magnitude == 0 {
		return append(b, first)
	}
	return AppendUvarint(append(b, first|0x80), magnitude)
}

// AppendBytes appends p behind its length in bytes.
func AppendBytes(b, p []byte) []byte {
	return append(AppendUvarint(b, uint64(len(p))), p...)
}

// AppendString appends s behind its length in bytes. Bytes of s that are not
// UTF-8 are replaced by U+FFFD, for readers refuse a string that is not.
func AppendString(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return append(AppendUvarint(b, uint64(len(s))), s...)
}
