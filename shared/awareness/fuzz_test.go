package awareness_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/tutti-live/tutti/shared/awareness"
)

// FuzzDecode wants what is read to be what Decode promises, and to be written
// and read again as the same.
func FuzzDecode(f *testing.F) {
	for _, test := range written {
		f.Add(unhex(f, test.hex))
	}
	for _, state := range []string{cursorState, " null ", " {\"a\\\\\": [\"\\\"[\"]} ", "[]", "{", "{}{}", "\ufeff{}", `{"a":[[[[[]]]]]}`} {
		f.Add(update(1<<32, 7, state))
	}
	f.Add(awareness.Append(nil, slices.Repeat([]awareness.Entry{{5, 5, "{}"}, {6, 6, ""}}, 3)...))
	f.Add(update(1<<53, awareness.MaxClock+1, "null"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\x0f\x01\x01\x02{}"))
	limits := awareness.Limits{Entries: 5, StateBytes: 200, Depth: 5}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := awareness.Decode(data, limits)
		if err != nil {
			if entries != nil || errors.Is(err, awareness.ErrMalformed) == errors.Is(err, awareness.ErrLimit) {
				t.Fatalf("%+v, %v", entries, err)
			}
			return
		}
		if len(entries) > limits.Entries {
			t.Fatalf("%d entries", len(entries))
		}
		for _, e := range entries {
			last := e
			for _, other := range entries {
				if other.Client == e.Client {
					last = other
				}
			}
			if found, ok, err := awareness.Find(data, e.Client, limits); found != last || !ok || err != nil {
				t.Fatalf("%d is found as %+v, %v, %v; not %+v", e.Client, found, ok, err, last)
			}
		}
		var s awareness.States
		for _, e := range entries {
			checkEntry(t, e, limits)
			s.Apply(e)
		}
		written := awareness.Append(nil, entries...)
		if again, err := awareness.Decode(written, limits); err != nil || !slices.Equal(again, entries) || len(written) > len(data) {
			t.Fatalf("%+v was written %x, which is %+v, %v", entries, written, again, err)
		}
		for e := range s.All() {
			if !slices.Contains(entries, e) {
				t.Fatalf("%+v was never said", e)
			}
		}
	})
}

func checkEntry(t *testing.T, e awareness.Entry, limits awareness.Limits) {
	t.Helper()
	if e.Client >= 1<<53 || e.Clock > awareness.MaxClock || len(e.State) > limits.StateBytes || !utf8.ValidString(e.State) {
		t.Fatalf("read %+v", e)
	}
	if e.State == "" {
		return
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(e.State), &object); err != nil || object == nil {
		t.Fatalf("read the state %q: %v", e.State, err)
	}
	decoder, depth := json.NewDecoder(bytes.NewReader([]byte(e.State))), 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > limits.Depth {
			t.Fatalf("%q is nested deeper than %d", e.State, limits.Depth)
		}
	}
}
