package awareness_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/awareness"
	"github.com/tutti-live/tutti/shared/lib0"
)

// written are updates that y-protocols 1.0.7 wrote.
var written = []struct {
	name, hex string
	entries   []awareness.Entry
}{
	{"NoEntry", "00", nil},
	{"Initial", "010100027b7d", []awareness.Entry{{1, 0, `{}`}}},
	{"State", "0101011d7b2275736572223a7b226e616d65223a225a6fc3ab20f09f91be227d7d", []awareness.Entry{{1, 1, `{"user":{"name":"Zoë 👾"}}`}}},
	{"Gone", "010102046e756c6c", []awareness.Entry{{1, 2, ""}}},
	{"TwoClients", "02ffffffffffffff0f8080808008087b2261223a5b5d7d0102046e756c6c", []awareness.Entry{{1<<53 - 1, 1 << 31, `{"a":[]}`}, {1, 2, ""}}},
}

func TestUpdate_IsWhatYProtocolsWrites(t *testing.T) {
	for _, test := range written {
		t.Run(test.name, func(t *testing.T) {
			if got := hex.EncodeToString(awareness.Append(nil, test.entries...)); got != test.hex {
				t.Errorf("%+v is written %s, want %s", test.entries, got, test.hex)
			}
			got, err := awareness.Decode(unhex(t, test.hex), awareness.DefaultLimits())
			if err != nil || !slices.Equal(got, test.entries) {
				t.Errorf("%s is read as %+v, %v, want %+v", test.hex, got, err, test.entries)
			}
		})
	}
}

func TestAppend_KeepsWhatIsThere(t *testing.T) {
	if got := awareness.Append([]byte{1, 1}); hex.EncodeToString(got) != "010100" {
		t.Errorf("the update without entries is appended as %x", got)
	}
}

func TestDecode_AcceptsAnyFormOfJSON(t *testing.T) {
	for text, want := range map[string]string{
		"null":                 "",
		"\t\r\n null ":         "",
		"{}":                   "{}",
		` { "a" : [ 1 ] } `:    ` { "a" : [ 1 ] } `,
		`{"a":1,"a":2}`:        `{"a":1,"a":2}`,
		`{"[[[[\"[[[[":""}`:    `{"[[[[\"[[[[":""}`,
		`{"a\\":{"b":{}}}`:     `{"a\\":{"b":{}}}`,
		"{\"\u2028\ufeff\":0}": "{\"\u2028\ufeff\":0}",
		`{"a":"\ud800"}`:       `{"a":"\ud800"}`,
	} {
		got, err := awareness.Decode(update(1, 5, text), awareness.Limits{Depth: 3})
		if err != nil || !slices.Equal(got, []awareness.Entry{{1, 5, want}}) {
			t.Errorf("%q is read as %+v, %v", text, got, err)
		}
	}
}

func TestDecode_RefusesWhatIsMalformed(t *testing.T) {
	one := update(1, 1, "{}")
	tests := map[string][]byte{
		"nothing":                {},
		"no entries":             {1},
		"more entries than said": append([]byte{2}, one[1:]...),
		"2^50 entries":           lib0.AppendUvarint(nil, 1<<50),
		"trailing bytes":         append(slices.Clone(one), 0),
		"trailing entry":         append([]byte{0}, one[1:]...),
		"client 2^53":            update(1<<53, 1, "{}"),
		"clock above 2^31":       update(1, awareness.MaxClock+1, "{}"),
		"clock 2^53-1":           update(1, 1<<53-1, "{}"),
		"long integer":           {1, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 2, '{', '}'},
		"half a surrogate pair":  {1, 1, 1, 7, '{', '"', 0xed, 0xa0, 0xbd, '"', '}'},
		"not UTF-8":              {1, 1, 1, 6, '{', '"', 0xff, '"', ':', '}'},
	}
	for n := range one {
		tests[fmt.Sprintf("first %d bytes", n)] = one[:n]
	}
	for _, text := range []string{
		"", " ", "{", "}", "{}{}", "{}null", "nul", "NULL", "nullx", "undefined", "0", "true", `"{}"`, "[]", "[{}]",
		"\ufeff{}", "\u00a0{}", "{\"a\":\"\n\"}", `{"a":}`, `{a:1}`, `{"a":1,}`, `{"a":01}`, `{"a":NaN}`, `{"a":"\x"}`,
	} {
		tests[fmt.Sprintf("state %q", text)] = update(1, 1, text)
	}
	for name, data := range tests {
		if got, err := awareness.Decode(data, awareness.DefaultLimits()); !errors.Is(err, awareness.ErrMalformed) || got != nil {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestDecode_HoldsLimits(t *testing.T) {
	limits := awareness.Limits{Entries: 2, StateBytes: 20, Depth: 3}
	entry := awareness.Entry{Client: 1, Clock: 1, State: "{}"}
	text := func(n int) string { return `{"a":"` + strings.Repeat("x", n-8) + `"}` }
	for name, test := range map[string]struct {
		update []byte
		want   error
	}{
		"entries":               {awareness.Append(nil, entry, entry), nil},
		"too many entries":      {awareness.Append(nil, entry, entry, entry), awareness.ErrLimit},
		"bytes":                 {update(1, 1, text(20)), nil},
		"too many bytes":        {update(1, 1, text(21)), awareness.ErrLimit},
		"too much space":        {update(1, 1, "{}"+strings.Repeat(" ", 19)), awareness.ErrLimit},
		"depth":                 {update(1, 1, `{"a":[{}],"b":[[]]}`), nil},
		"too deep":              {update(1, 1, `{"a":[{"b":[]}]}`), awareness.ErrLimit},
		"clock of 2^31":         {update(1, awareness.MaxClock, "{}"), nil},
		"client of 2^53-1":      {update(1<<53-1, 1, "{}"), nil},
		"too deep in entry two": {awareness.Append(nil, entry, awareness.Entry{Client: 2, Clock: 1, State: `{"a":[[[]]]}`}), awareness.ErrLimit},
	} {
		if _, err := awareness.Decode(test.update, limits); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestDecode_LimitsHaveDefaults(t *testing.T) {
	limits := awareness.DefaultLimits()
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}" }
	for _, given := range []awareness.Limits{{}, limits} {
		if _, err := awareness.Decode(update(1, 1, nested(limits.Depth)), given); err != nil {
			t.Error(err)
		}
		if _, err := awareness.Decode(update(1, 1, nested(limits.Depth+1)), given); !errors.Is(err, awareness.ErrLimit) {
			t.Errorf("deeper than %d: %v", limits.Depth, err)
		}
		spaced := "{}" + strings.Repeat(" ", limits.StateBytes-2)
		if _, err := awareness.Decode(update(1, 1, spaced), given); err != nil {
			t.Error(err)
		}
		if _, err := awareness.Decode(update(1, 1, spaced+" "), given); !errors.Is(err, awareness.ErrLimit) {
			t.Errorf("longer than %d: %v", limits.StateBytes, err)
		}
		many := slices.Repeat([]awareness.Entry{{1, 1, "{}"}}, limits.Entries+1)
		if _, err := awareness.Decode(awareness.Append(nil, many[1:]...), given); err != nil {
			t.Error(err)
		}
		if _, err := awareness.Decode(awareness.Append(nil, many...), given); !errors.Is(err, awareness.ErrLimit) {
			t.Errorf("more than %d: %v", limits.Entries, err)
		}
	}
}

// update writes one entry, with values that an Entry cannot have.
func update(client, clock uint64, state string) []byte {
	b := lib0.AppendUvarint([]byte{1}, client)
	return lib0.AppendString(lib0.AppendUvarint(b, clock), state)
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFind_LooksAtOneClientOnly(t *testing.T) {
	broken := update(7, 1, "this is not JSON")
	mixed := append([]byte{3}, slices.Concat(broken[1:], update(8, 2, "{}")[1:], update(8, 3, `{"a":1}`)[1:])...)
	e, ok, err := awareness.Find(mixed, 8, awareness.Limits{})
	if want := (awareness.Entry{Client: 8, Clock: 3, State: `{"a":1}`}); e != want || !ok || err != nil {
		t.Errorf("got %+v, %v, %v", e, ok, err)
	}
	if e, ok, err := awareness.Find(mixed, 9, awareness.Limits{}); ok || err != nil {
		t.Errorf("who is not in it: %+v, %v, %v", e, ok, err)
	}
	for client, want := range map[uint64]error{7: awareness.ErrMalformed, 8: nil} {
		if _, _, err := awareness.Find(mixed, client, awareness.Limits{}); !errors.Is(err, want) {
			t.Errorf("%d: %v", client, err)
		}
	}
	if _, _, err := awareness.Find(mixed[:len(mixed)-1], 7, awareness.Limits{}); !errors.Is(err, awareness.ErrMalformed) {
		t.Errorf("cut short: %v", err)
	}
}
