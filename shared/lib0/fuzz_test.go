package lib0_test

import (
	"bytes"
	"encoding/hex"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tutti-live/tutti/shared/lib0"
)

// FuzzReader reads the data as whatever the data itself says. Nothing may
// panic, read beyond the end or say that it read backwards.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\x00\x80\x01\x01\xff\xff\xff\xff\xff\xff\xff\x0f\x02\x03abc\x03\x04\xf0\x9f\x91\xbe"))
	f.Add([]byte("\x04\x01\x05\x00\x00\x80\x3f\x06\x40\x09\x21\xfb\x54\x44\x2d\x18\x07\x75\x02\x7e\x7f\x08\x76\x01\x01k\x78"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := lib0.NewReader(data)
		for r.Err() == nil && r.Len() > 0 {
			before := r.Pos()
			readOne(t, &r)
			if r.Pos() <= before || r.Pos()+r.Len() != len(data) {
				t.Fatalf("went from %d to %d of %d", before, r.Pos(), len(data))
			}
		}
	})
}

func readOne(t *testing.T, r *lib0.Reader) {
	switch r.Uint8() % 9 {
	case 0:
		if v := r.Uvarint(); v > lib0.MaxSafeInteger {
			t.Fatalf("read %d", v)
		}
	case 1:
		if v := r.Varint(); max(v, -v) > lib0.MaxSafeInteger {
			t.Fatalf("read %d", v)
		}
	case 2:
		_ = r.Bytes()
	case 3:
		p, units := r.StringBytes()
		if !utf8.Valid(p) || units != len(utf16.Encode([]rune(string(p)))) {
			t.Fatalf("read %q of %d units", p, units)
		}
	case 4:
		if s := r.String(); !utf8.ValidString(s) {
			t.Fatalf("read %q", s)
		}
	case 5:
		r.Float32()
	case 6:
		r.Float64()
	case 7:
		r.Int64()
	default:
		r.Any(8)
	}
}

// FuzzAny wants Any and SkipAny to agree, and what Any has read to be written
// and read again as the same.
func FuzzAny(f *testing.F) {
	for _, value := range anyValues {
		b, err := hex.DecodeString(value.hex)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const depth = 16
		r, skip := lib0.NewReader(data), lib0.NewReader(data)
		value := r.Any(depth)
		skip.SkipAny(depth)
		if r.Err() != skip.Err() || r.Pos() != skip.Pos() { //nolint:errorlint // the very same is wanted
			t.Fatalf("Any: %v at %d, SkipAny: %v at %d", r.Err(), r.Pos(), skip.Err(), skip.Pos())
		}
		if r.Err() != nil {
			return
		}
		written, err := lib0.AppendAny(nil, value)
		if err != nil {
			t.Fatalf("%#v cannot be written: %v", value, err)
		}
		again := lib0.NewReader(written)
		second := again.Any(depth)
		if again.Err() != nil || again.Len() != 0 {
			t.Fatalf("%#v was written %x: %v", value, written, again.Err())
		}
		// NaN is not equal to itself, its bytes are.
		if rewritten, err := lib0.AppendAny(nil, second); err != nil || !bytes.Equal(rewritten, written) {
			t.Fatalf("%#v was written %x, then %x, %v", value, written, rewritten, err)
		}
	})
}

// FuzzAppend writes numbers and text, and wants to read the same.
func FuzzAppend(f *testing.F) {
	f.Add(uint64(0), int64(-1), "a👾", []byte{1})
	f.Add(uint64(lib0.MaxSafeInteger), int64(-lib0.MaxSafeInteger), "\xed\xa0\xbd", []byte{})
	f.Fuzz(func(t *testing.T, unsigned uint64, signed int64, s string, p []byte) {
		unsigned %= lib0.MaxSafeInteger + 1
		signed %= lib0.MaxSafeInteger + 1
		b := lib0.AppendBytes(lib0.AppendString(lib0.AppendVarint(lib0.AppendUvarint(nil, unsigned), signed), s), p)
		r := lib0.NewReader(b)
		gotUnsigned, gotSigned, gotText, gotBytes := r.Uvarint(), r.Varint(), r.String(), r.Bytes()
		if r.Err() != nil || r.Len() != 0 || gotUnsigned != unsigned || gotSigned != signed || !bytes.Equal(gotBytes, p) {
			t.Fatalf("%d, %d, %q, %x became %d, %d, %q, %x: %v", unsigned, signed, s, p, gotUnsigned, gotSigned, gotText, gotBytes, r.Err())
		}
		if utf8.ValidString(s) && gotText != s || !utf8.ValidString(gotText) {
			t.Fatalf("%q became %q", s, gotText)
		}
	})
}

// FuzzUTF16 compares lengths and offsets with those of the standard library.
func FuzzUTF16(f *testing.F) {
	f.Add("a👾é中 and ASCII", 3)
	f.Add("\xed\xa0\xbd", 0)
	f.Fuzz(func(t *testing.T, s string, at int) {
		units := utf16.Encode([]rune(s))
		n, ok := lib0.UTF16Len([]byte(s))
		if ok != utf8.ValidString(s) || ok && n != len(units) {
			t.Fatalf("%q has %d units, %v", s, n, ok)
		}
		if !ok || at < 0 || at > n {
			return
		}
		offset, half := lib0.ByteOffset([]byte(s), at)
		if back, backHalf := lib0.ByteOffsetBack([]byte(s), n-at); back != offset || backHalf != half {
			t.Fatalf("unit %d of %q is at %d, %v, and from its end at %d, %v", at, s, offset, half, back, backHalf)
		}
		if half {
			at--
		}
		if want := string(utf16.Decode(units[:at])); s[:offset] != want || half && s[offset] < 0xf0 {
			t.Fatalf("unit %d of %q is at %d, %v", at, s, offset, half)
		}
	})
}
