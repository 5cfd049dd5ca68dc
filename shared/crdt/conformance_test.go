package crdt_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
)

// conformance is what the data set of y-crdt holds, and what yjs makes of it.
const (
	conformanceFile   = "testdata/conformance/y-crdt-small-test-dataset.bin.gz"
	conformanceCases  = 5_320
	conformanceStates = "233ae1ded703f82354f899484e489cb3e40c42b77b185730364314029ecd0622"
)

// A conformanceCase is one document of the data set.
type conformanceCase struct {
	updates [][]byte
	text    string
	fields  map[string]any
	list    any
}

// TestConformance reads the documents of y-crdt and wants the values that its
// authors expect, however the updates arrive, and the bytes of yjs.
func TestConformance(t *testing.T) {
	cases := readConformance(t)
	if len(cases) != conformanceCases {
		t.Fatalf("%d cases, want %d", len(cases), conformanceCases)
	}
	states := sha256.New()
	for i, c := range cases {
		doc := checkConformance(t, i, c, c.updates)
		state := doc.EncodeStateAsUpdate(nil)
		states.Write(state)

		backwards := slices.Clone(c.updates)
		slices.Reverse(backwards)
		twice := append(slices.Clone(c.updates), c.updates...)
		for _, updates := range [][][]byte{backwards, twice, {state}} {
			if again := checkConformance(t, i, c, updates).EncodeStateAsUpdate(nil); !bytes.Equal(again, state) {
				t.Fatalf("case %d: %x is the state of the updates in another order, %x in theirs", i, again, state)
			}
		}
	}
	if got := hex.EncodeToString(states.Sum(nil)); got != conformanceStates {
		t.Errorf("the states have the SHA-256 %s, those of yjs %s", got, conformanceStates)
	}
}

func checkConformance(t *testing.T, i int, c conformanceCase, updates [][]byte) *crdt.Doc {
	t.Helper()
	doc := replay(t, updates...)
	if err := crdt.Check(doc); err != nil {
		t.Fatalf("case %d: %v", i, err)
	}
	if doc.HasPending() {
		t.Fatalf("case %d: something is pending", i)
	}
	if got := withoutObjects(doc.Text("text")); got != c.text {
		t.Fatalf("case %d: the text is %q, want %q", i, got, c.text)
	}
	for _, value := range []struct {
		kind      string
		got, want any
	}{
		{"map", crdt.JSON(doc, "map", "map"), c.fields},
		{"array", crdt.JSON(doc, "array", "array"), c.list},
	} {
		if got, want := canonical(t, value.got), canonical(t, value.want); got != want {
			t.Fatalf("case %d: the %s is %s, want %s", i, value.kind, got, want)
		}
	}
	checkMap(t, i, doc.Map("map"), c.fields)
	checkArray(t, i, doc.Array("array"), c.list)
	return doc
}

// checkArray reads what can be read of an array from outside: values that are no types.
func checkArray(t *testing.T, i int, a *crdt.Array, list any) {
	t.Helper()
	want, _ := list.([]any)
	values := a.Values()
	if len(values) != len(want) {
		t.Fatalf("case %d: the array has %d values, want %d", i, len(values), len(want))
	}
	for k, value := range values {
		if value == any(crdt.Nested{}) {
			continue
		}
		if got, want := canonical(t, value), canonical(t, want[k]); got != want {
			t.Fatalf("case %d: value %d is %s, want %s", i, k, got, want)
		}
	}
}

// checkMap reads what can be read of a map from outside: values that are no types.
func checkMap(t *testing.T, i int, m *crdt.Map, want map[string]any) {
	t.Helper()
	keys := m.Keys()
	slices.Sort(keys)
	if len(keys) != len(want) {
		t.Fatalf("case %d: the keys are %q, want %d", i, keys, len(want))
	}
	for _, key := range keys {
		value, ok := m.Get(key)
		if !ok {
			t.Fatalf("case %d: the map has no %q", i, key)
		}
		switch want[key].(type) {
		case map[string]any, []any: // types within a map are not public
		default:
			if got, want := canonical(t, value), canonical(t, want[key]); got != want {
				t.Fatalf("case %d: %q is %s, want %s", i, key, got, want)
			}
		}
	}
}

// canonical writes a value so that equal values are equal, whatever Go types
// they are of.
func canonical(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readConformance(t *testing.T) []conformanceCase {
	t.Helper()
	file, err := os.Open(conformanceFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	r := &dataReader{t, data}
	cases := make([]conformanceCase, r.uint())
	for i := range cases {
		cases[i].updates = make([][]byte, r.uint())
		for k := range cases[i].updates {
			cases[i].updates[k] = r.bytes()
		}
		cases[i].text = string(r.bytes())
		var ok bool
		if cases[i].fields, ok = r.value().(map[string]any); !ok {
			t.Fatalf("case %d has no object", i)
		}
		cases[i].list = r.value()
	}
	if len(r.rest) > 0 {
		t.Fatalf("%d bytes are left", len(r.rest))
	}
	return cases
}

// A dataReader reads the primitives of lib0. It is apart from what it tests.
type dataReader struct {
	t    *testing.T
	rest []byte
}

func (r *dataReader) take(n int) []byte {
	r.t.Helper()
	if n < 0 || n > len(r.rest) {
		r.t.Fatalf("%d bytes are needed, %d are left", n, len(r.rest))
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *dataReader) uint() int {
	n, size := binary.Uvarint(r.rest)
	r.take(size)
	return int(n)
}

func (r *dataReader) bytes() []byte { return r.take(r.uint()) }

// int reads a number that begins with its sign.
func (r *dataReader) int() int {
	first := int(r.take(1)[0])
	n := first & 0x3f
	if first&0x80 != 0 {
		n |= r.uint() << 6
	}
	if first&0x40 != 0 {
		return -n
	}
	return n
}

// value reads those kinds of values that the data set has.
func (r *dataReader) value() any {
	switch tag := r.take(1)[0]; tag {
	case 125:
		return r.int()
	case 126:
		return nil
	case 119:
		return string(r.bytes())
	case 118:
		object := make(map[string]any)
		for range r.uint() {
			key := string(r.bytes())
			object[key] = r.value()
		}
		return object
	case 117:
		list := make([]any, r.uint())
		for i := range list {
			list[i] = r.value()
		}
		return list
	default:
		r.t.Fatalf("no value has the tag %d", tag)
		return nil
	}
}
