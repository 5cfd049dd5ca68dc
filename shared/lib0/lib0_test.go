package lib0_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/tutti-live/tutti/shared/lib0"
)

// The bytes in this file were written by lib0 0.2.120.

func TestUvarint_IsWhatLib0Writes(t *testing.T) {
	for want, v := range map[string]uint64{
		"00": 0, "01": 1, "7f": 127, "8001": 128, "ff7f": 16383, "808001": 16384,
		"ffffffff0f": math.MaxUint32, "ffffffffffffff0f": lib0.MaxSafeInteger,
	} {
		if got := hex.EncodeToString(lib0.AppendUvarint(nil, v)); got != want {
			t.Errorf("%d is written %s, want %s", v, got, want)
		}
		if r := reader(t, want); r.Uvarint() != v || r.Err() != nil || r.Len() != 0 {
			t.Errorf("%s is not read as %d: %v", want, v, r.Err())
		}
	}
}

func TestUvarint_AcceptsWhatIsLongerThanNeeded(t *testing.T) {
	for in, want := range map[string]uint64{"8000": 0, "818000": 1, "80808080808000": 0} {
		if r := reader(t, in); r.Uvarint() != want || r.Err() != nil || r.Len() != 0 {
			t.Errorf("%s is not read as %d: %v", in, want, r.Err())
		}
	}
}

func TestVarint_IsWhatLib0Writes(t *testing.T) {
	for want, v := range map[string]int64{
		"00": 0, "01": 1, "41": -1, "3f": 63, "8001": 64, "c001": -64, "bf7f": 8191, "808001": 8192,
		"c08001": -8192, "bfffffff0f": math.MaxInt32, "ffffffff0f": -math.MaxInt32,
		"bfffffffffffff1f": lib0.MaxSafeInteger, "ffffffffffffff1f": -lib0.MaxSafeInteger,
	} {
		if got := hex.EncodeToString(lib0.AppendVarint(nil, v)); got != want {
			t.Errorf("%d is written %s, want %s", v, got, want)
		}
		if r := reader(t, want); r.Varint() != v || r.Err() != nil || r.Len() != 0 {
			t.Errorf("%s is not read as %d: %v", want, v, r.Err())
		}
	}
	if r := reader(t, "40"); r.Varint() != 0 || r.Err() != nil {
		t.Errorf("negative zero is not read as zero: %v", r.Err())
	}
}

func TestString_IsWhatLib0Writes(t *testing.T) {
	for s, want := range map[string]string{
		"": "00", "a": "0161", "é": "02c3a9", "中": "03e4b8ad", "👾": "04f09f91be", "\ufeffA": "04efbbbf41",
		"\xed\xa0\xbd": "03efbfbd", // half a surrogate pair, as Go may hold it
	} {
		if got := hex.EncodeToString(lib0.AppendString(nil, s)); got != want {
			t.Errorf("%q is written %s, want %s", s, got, want)
		}
		if r := reader(t, want); r.String() != strings.ToValidUTF8(s, "\ufffd") || r.Err() != nil {
			t.Errorf("%s is not read as %q: %v", want, s, r.Err())
		}
	}
}

var anyValues = []struct {
	hex   string
	value any
}{
	{"7f", lib0.Undefined{}},
	{"7e", nil},
	{"78", true},
	{"79", false},
	{"7d00", 0.0},
	{"7d40", math.Copysign(0, -1)},
	{"7d01", 1.0},
	{"7d41", -1.0},
	{"7d8001", 64.0},
	{"7dbfffffff0f", float64(math.MaxInt32)},
	{"7dffffffff0f", float64(-math.MaxInt32)},
	{"7c4f000000", float64(1 << 31)},
	{"7c3f000000", 0.5},
	{"7cbf000000", -0.5},
	{"7b3fb999999999999a", 0.1},
	{"7b433fffffffffffff", float64(lib0.MaxSafeInteger)},
	{"7c7f800000", math.Inf(1)},
	{"7a0000000000000001", lib0.BigInt(1)},
	{"7affffffffffffffff", lib0.BigInt(-1)},
	{"7700", ""},
	{"7702c3a9", "é"},
	{"7500", []any{}},
	{"75037d017701787e", []any{1.0, "x", nil}},
	{"7600", map[string]any{}},
	{"760201617d0101627502787600", map[string]any{"a": 1.0, "b": []any{true, map[string]any{}}}},
	{"74020102", []byte{1, 2}},
}

func TestAny_IsWhatLib0Writes(t *testing.T) {
	for _, test := range anyValues {
		b, err := lib0.AppendAny(nil, test.value)
		if got := hex.EncodeToString(b); got != test.hex || err != nil {
			t.Errorf("%#v is written %s, %v, want %s", test.value, got, err, test.hex)
		}
		r := reader(t, test.hex)
		if got := r.Any(3); !reflect.DeepEqual(got, test.value) || r.Err() != nil || r.Len() != 0 {
			t.Errorf("%s is read as %#v, %v, want %#v", test.hex, got, r.Err(), test.value)
		}
		if f, ok := test.value.(float64); ok && math.Signbit(f) {
			r := reader(t, test.hex)
			if got, ok := r.Any(0).(float64); !ok || !math.Signbit(got) {
				t.Errorf("%s lost its sign", test.hex)
			}
		}
		skip := reader(t, test.hex)
		if skip.SkipAny(3); skip.Err() != nil || skip.Len() != 0 {
			t.Errorf("%s is not skipped: %d bytes are left, %v", test.hex, skip.Len(), skip.Err())
		}
	}
}

func TestAny_NotANumberAndInts(t *testing.T) {
	b, err := lib0.AppendAny(nil, math.NaN())
	if got := hex.EncodeToString(b[:3]); err != nil || len(b) != 9 || got != "7b7ff8" {
		t.Errorf("NaN is written %x, %v", b, err)
	}
	r := lib0.NewReader(b)
	if f, ok := r.Any(0).(float64); !ok || !math.IsNaN(f) {
		t.Error("NaN is not read as NaN")
	}
	if b, err := lib0.AppendAny(nil, -5); err != nil || !bytes.Equal(b, []byte{0x7d, 0x45}) {
		t.Errorf("an int is written %x, %v", b, err)
	}
}

func TestAppendAny_RefusesWhatIsNoAnyValue(t *testing.T) {
	for _, v := range []any{int32(1), struct{}{}, []string{"a"}, []any{1, []any{uint(1)}}, map[string]any{"k": 1i}} {
		if b, err := lib0.AppendAny([]byte{1}, v); !errors.Is(err, lib0.ErrType) {
			t.Errorf("%#v is written %x, %v", v, b, err)
		}
	}
}

func TestAny_DepthIsLimited(t *testing.T) {
	for _, opening := range []string{"7501", "760100"} {
		for _, test := range []struct {
			nested, depth int
			want          error
		}{
			{0, 0, nil},
			{1, 0, lib0.ErrDepth},
			{1, -1, lib0.ErrDepth},
			{3, 3, nil},
			{4, 3, lib0.ErrDepth},
			{lib0.MaxAnyDepth, lib0.MaxAnyDepth, nil},
			{lib0.MaxAnyDepth + 1, 1 << 30, lib0.ErrDepth},
			{100_000, 1 << 30, lib0.ErrDepth},
		} {
			in := strings.Repeat(opening, test.nested) + "7e"
			r, skip := reader(t, in), reader(t, in)
			r.Any(test.depth)
			skip.SkipAny(test.depth)
			if !errors.Is(r.Err(), test.want) || !errors.Is(skip.Err(), test.want) {
				t.Errorf("%d × %s to a depth of %d: %v and %v, want %v", test.nested, opening, test.depth, r.Err(), skip.Err(), test.want)
			}
		}
	}
}

func TestReader_Refuses(t *testing.T) {
	integer := func(r *lib0.Reader) { r.Uvarint() }
	signed := func(r *lib0.Reader) { r.Varint() }
	text := func(r *lib0.Reader) { _ = r.String() }
	data := func(r *lib0.Reader) { r.Bytes() }
	value := func(r *lib0.Reader) { r.Any(9) }
	for _, test := range []struct {
		name, hex string
		read      func(*lib0.Reader)
		want      error
	}{
		{"nothing", "", integer, lib0.ErrTruncated},
		{"no end of an integer", "ffff", integer, lib0.ErrTruncated},
		{"2^53", "8080808080808010", integer, lib0.ErrOverflow},
		{"nine bytes of an integer", "ffffffffffffffff01", integer, lib0.ErrOverflow},
		{"2^53 with a sign", "c08080808080802000", signed, lib0.ErrOverflow},
		{"2^53 as any", "7dc08080808080802000", value, lib0.ErrOverflow},
		{"a length beyond the end", "0261", text, lib0.ErrTruncated},
		{"a length of 2^53-1", "ffffffffffffff0f61", data, lib0.ErrTruncated},
		{"a surrogate half", "03eda0bd", text, lib0.ErrUTF8},
		{"a surrogate pair as CESU-8", "06eda0bdedb1be", text, lib0.ErrUTF8},
		{"no UTF-8", "02ff41", text, lib0.ErrUTF8},
		{"a character cut short", "02e4b8", text, lib0.ErrUTF8},
		{"two bytes for one", "02c1a1", text, lib0.ErrUTF8},
		{"above U+10FFFF", "04f4908080", text, lib0.ErrUTF8},
		{"an unknown tag", "73", value, lib0.ErrTag},
		{"the tag 128", "80", value, lib0.ErrTag},
		{"half a float", "7b0000", value, lib0.ErrTruncated},
		{"a count of 2^53-1", "75ffffffffffffff0f7e", value, lib0.ErrTruncated},
		{"a key without value", "76010161", value, lib0.ErrTruncated},
		{"a key that is no UTF-8", "760101ff7e", value, lib0.ErrUTF8},
		{"a value that is no UTF-8", "75017701ff", value, lib0.ErrUTF8},
	} {
		r := reader(t, test.hex)
		if test.read(&r); !errors.Is(r.Err(), test.want) {
			t.Errorf("%s: %v, want %v", test.name, r.Err(), test.want)
		}
	}
}

func TestReader_FirstErrorSticks(t *testing.T) {
	r := reader(t, "02ff4105")
	if s := r.String(); s != "" || !errors.Is(r.Err(), lib0.ErrUTF8) {
		t.Fatalf("read %q, %v", s, r.Err())
	}
	if r.Uint8() != 0 || r.Uvarint() != 0 || r.Varint() != 0 || len(r.Bytes()) != 0 || r.Float64() != 0 || r.Len() != 0 {
		t.Error("something was read behind an error")
	}
	if r.Fail(lib0.ErrDepth); !errors.Is(r.Err(), lib0.ErrUTF8) {
		t.Errorf("the error became %v", r.Err())
	}
}

func TestReader_CountsAllocateNothing(t *testing.T) {
	in, err := hex.DecodeString("75ffffffffffffff0f" + "76ffffffffffffff0f")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			r := lib0.NewReader(in)
			r.Any(9)
		}
	}).AllocedBytesPerOp(); n > 1024 {
		t.Errorf("%d bytes were allocated for %d", n, len(in))
	}
}

func TestReader_ViewsCannotBeAppendedInto(t *testing.T) {
	in := []byte{1, 'a', 9}
	r := lib0.NewReader(in)
	start := r.Pos()
	view := r.Bytes()
	_, _ = append(view, 'x'), append(r.Since(start), 'y')
	if in[2] != 9 || r.Pos() != 2 || !bytes.Equal(r.Since(start), in[:2]) {
		t.Errorf("the data became %v", in)
	}
}

func TestUTF16_LengthAndOffsets(t *testing.T) {
	for _, s := range []string{"", "plain ASCII of some length", "é", "中文", "a👾b", "👾𝒳", "aé中👾\ufeff\ufffd"} {
		units := utf16.Encode([]rune(s))
		if n, ok := lib0.UTF16Len([]byte(s)); n != len(units) || !ok {
			t.Errorf("%q has %d units, %v, want %d", s, n, ok, len(units))
		}
		for n := range len(units) + 1 {
			before := string(utf16.Decode(units[:n]))
			wantHalf := n > 0 && units[n-1]&0xfc00 == 0xd800
			if wantHalf {
				before = strings.TrimSuffix(before, "\ufffd")
			}
			if offset, half := lib0.ByteOffset([]byte(s), n); offset != len(before) || half != wantHalf {
				t.Errorf("unit %d of %q is at %d, %v, want %d, %v", n, s, offset, half, len(before), wantHalf)
			}
			if offset, half := lib0.ByteOffsetBack([]byte(s), len(units)-n); offset != len(before) || half != wantHalf {
				t.Errorf("unit %d of %q, from its end, is at %d, %v, want %d, %v", n, s, offset, half, len(before), wantHalf)
			}
		}
	}
	for _, s := range []string{"\xff", "abcdefgh\x80", "\xed\xa0\xbd", "\xc1\xa1"} {
		if _, ok := lib0.UTF16Len([]byte(s)); ok {
			t.Errorf("%q has a length", s)
		}
	}
}

func reader(t *testing.T, in string) lib0.Reader {
	t.Helper()
	b, err := hex.DecodeString(in)
	if err != nil {
		t.Fatal(err)
	}
	return lib0.NewReader(b)
}
