package autocomplete

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestByteOffset(t *testing.T) {
	tests := []struct {
		s      string
		cursor int
		want   int
		whole  bool
	}{
		{"", 0, 0, true},
		{"", 3, 0, true},
		{"abc", 0, 0, true},
		{"abc", 2, 2, true},
		{"abc", 3, 3, true},
		{"abc", 9, 3, true},
		{"aéz", 1, 1, true},
		{"aéz", 2, 3, true},
		{"aéz", 3, 4, true},
		{"€z", 1, 3, true},
		{"a𐐀z", 1, 1, true},
		{"a𐐀z", 2, 1, false},
		{"a𐐀z", 3, 5, true},
		{"a𐐀z", 4, 6, true},
		{"a𐐀z", 5, 6, true},
	}
	for _, test := range tests {
		got, whole := byteOffset(test.s, test.cursor)
		if got != test.want || whole != test.whole {
			t.Errorf("byteOffset(%q, %d) = %d, %t; want %d, %t",
				test.s, test.cursor, got, whole, test.want, test.whole)
		}
	}
}

func TestByteOffset_AgreesWithTheStandardLibrary(t *testing.T) {
	characters := []rune("a\né߿ࠀ€\uffff\U00010000😀\U0010ffff")
	for range 200 {
		var text strings.Builder
		for range rand.IntN(40) {
			text.WriteRune(characters[rand.IntN(len(characters))])
		}
		s := text.String()
		encoded := utf16.Encode([]rune(s))
		if got := units(s); got != len(encoded) {
			t.Fatalf("units(%q) = %d, want %d", s, got, len(encoded))
		}
		for cursor := range encoded {
			want := len(string(utf16.Decode(encoded[:cursor])))
			inside := utf16.IsSurrogate(rune(encoded[cursor])) && encoded[cursor] >= 0xDC00
			if inside {
				want = len(string(utf16.Decode(encoded[:cursor-1])))
			}
			if got, whole := byteOffset(s, cursor); got != want || whole == inside {
				t.Fatalf("byteOffset(%q, %d) = %d, %t; want %d, %t", s, cursor, got, whole, want, !inside)
			}
		}
	}
}
