package crdt

import (
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/tutti-live/tutti/shared/lib0"
)

// Map is a root type read as a map.
type Map struct {
	doc    *Doc
	branch int32
}

// Nested stands for a value that has no plain one: a nested type or a
// subdocument.
type Nested struct{}

// Map returns the root type of that name as a map.
func (d *Doc) Map(name string) *Map { return &Map{d, d.root([]byte(name))} }

// Keys returns the keys that have a value, sorted.
func (m *Map) Keys() []string {
	var keys []string
	for key, s := range m.doc.branches.slots[m.branch].keys {
		if !m.doc.items.slots[m.doc.sequences.slots[s].last].deleted() {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Get returns the value of a key as [lib0.Reader.Any] and encoding/json do, or
// [Nested]. It is not ok if the key has none.
func (m *Map) Get(key string) (value any, ok bool) {
	s, found := m.doc.branches.slots[m.branch].keys[key]
	if !found {
		return nil, false
	}
	it := &m.doc.items.slots[m.doc.sequences.slots[s].last]
	if it.deleted() {
		return nil, false
	}
	return lastValue(it.kind, it.len, m.doc.payloads.slots[it.size].data), true
}

// lastValue returns the last of the values that an item with a payload holds.
func lastValue(k kind, length uint32, data []byte) any {
	switch k {
	case kindString:
		r, _ := utf8.DecodeLastRune(data)
		return string(r)
	case kindAny, kindJSON:
		_, data = cutContent(k, data, length-1, length)
	}
	r := lib0.NewReader(data)
	return readValue(&r, k)
}

// readValue reads the next of the values that an item with a payload holds.
func readValue(r *lib0.Reader, k kind) any {
	switch k {
	case kindAny:
		return r.Any(lib0.MaxAnyDepth)
	case kindBinary:
		return slices.Clone(r.Bytes())
	case kindJSON, kindEmbed:
		text := r.Bytes()
		if string(text) == "undefined" {
			return lib0.Undefined{}
		}
		var v any
		if json.Unmarshal(text, &v) != nil {
			return string(text) // not JSON: what someone wrote, as it is
		}
		return v
	default:
		return Nested{}
	}
}
