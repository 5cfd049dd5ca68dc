package crdt_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
)

// info is the first byte of a struct: a kind and flags.
type info byte

// wire builds bytes as they travel, also such as no editor would write: ints
// are variable-length integers, strings have their length in front, an info is
// one byte, and bytes are taken as they are.
func wire(parts ...any) []byte {
	var b []byte
	for _, part := range parts {
		switch part := part.(type) {
		case int:
			b = binary.AppendUvarint(b, uint64(part))
		case string:
			b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
		case info:
			b = append(b, byte(part))
		case []byte:
			b = append(b, part...)
		default:
			panic(fmt.Sprintf("%T cannot be put on the wire", part))
		}
	}
	return b
}

// writes is the update of one client that has one struct, from the first byte of
// that on.
func writes(client, clock int, parts ...any) []byte {
	return wire(1, 1, client, clock, wire(parts...), 0)
}

// victim is a document with a text that was edited, other types, and something
// that waits for what was never sent.
func victim(t *testing.T, limits crdt.Limits) *crdt.Doc {
	t.Helper()
	doc := crdt.NewDoc(crdt.WithClientID(50), crdt.WithLimits(limits))
	mustEdit(t, errors.Join(doc.Text("t").Insert(0, "a👾bcd"), doc.Text("t").Delete(4, 1)))
	mustEdit(t, doc.ApplyUpdate(wire(2,
		4, 7, 0, info(0x28), 1, "m", "k", 1, info(125), 5, info(7), 1, "list", 2, info(4), 0, 7, 1, "in", info(0), 2,
		1, 8, 3, info(4), 1, "t", "later", 1, 9, 1, 2, 3), nil))
	return doc
}

// content is all that a refused update must leave as it was.
type content struct {
	state, vector string // hex
	text          string
	pending       bool
}

func contentOf(doc *crdt.Doc) content {
	state, vector := hex.EncodeToString(doc.EncodeStateAsUpdate(nil)), hex.EncodeToString(doc.EncodeStateVector())
	return content{state, vector, withoutObjects(doc.Text("t")), doc.HasPending()}
}

// refuses applies an update that the document must refuse for one of those
// reasons, changing nothing.
func refuses(t *testing.T, doc *crdt.Doc, update []byte, reasons ...error) {
	t.Helper()
	before := contentOf(doc)
	stop := doc.OnUpdate(func(got []byte, _ any, changes []crdt.TextChange) {
		t.Errorf("%x was reported as %x, %+v", clip(update), clip(got), changes)
	})
	defer stop()
	err := doc.ApplyUpdate(update, nil)
	if !slices.ContainsFunc(reasons, func(reason error) bool { return errors.Is(err, reason) }) {
		t.Errorf("%x: %v, want %v", clip(update), err, reasons)
	}
	if after := contentOf(doc); after != before {
		t.Errorf("%x: %v\nmade of %+v\n        %+v", clip(update), err, before, after)
	}
	mustEdit(t, crdt.Check(doc))
}

func clip(b []byte) []byte { return b[:min(len(b), 200)] }

// accepts applies updates that the document must accept, and wants the same of
// a copy of it.
func accepts(t *testing.T, doc *crdt.Doc, updates ...[]byte) {
	t.Helper()
	for _, update := range updates {
		if err := doc.ApplyUpdate(update, nil); err != nil {
			t.Fatalf("%x: %v", clip(update), err)
		}
		mustEdit(t, crdt.Check(doc))
	}
	wantReloads(t, doc)
}

// wantReloads wants a document loaded from the state to be the same. What waits
// in it may get in then, for it waits for all that the update it came with does,
// or be gone, where somebody else has used its ids for something that got in.
func wantReloads(t *testing.T, doc *crdt.Doc) {
	t.Helper()
	state := doc.EncodeStateAsUpdate(nil)
	again := crdt.NewDoc()
	again.Text("t")
	mustEdit(t, again.Load(state, nil))
	mustEdit(t, crdt.Check(again))
	a, b := contentOf(doc), contentOf(again)
	gotIn, gone := a.vector != b.vector, !b.pending && a.text == b.text
	if a != b && (!a.pending || !gotIn && !gone) {
		t.Errorf("loaded %.999v\n    as %.999v", a, b)
	}
}

// What Yjs cannot read would keep each of its clients out of the room for good.
func TestApplyUpdate_RefusesWhatYjsCannotRead(t *testing.T) {
	doc := victim(t, crdt.Limits{})
	deep := strings.Repeat("[", 65) + strings.Repeat("]", 65)
	for name, update := range map[string][]byte{
		"an embed that is no JSON":               writes(1, 0, info(5), 1, "t", "{"),
		"an embed that is nested too deeply":     writes(1, 0, info(5), 1, "t", deep),
		"a format that is no JSON":               writes(1, 0, info(6), 1, "t", "bold", "tru"),
		"content that is no JSON":                writes(1, 0, info(2), 1, "t", 2, "1", "{"),
		"a subdocument whose options are null":   writes(1, 0, info(9), 1, "t", "guid", info(126)),
		"a subdocument whose options are absent": writes(1, 0, info(9), 1, "t", "guid", info(127)),
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, doc, update, crdt.ErrMalformed)
			// One that was stored is as it is, and its room can be loaded.
			mustEdit(t, crdt.NewDoc().Load(update, nil))
		})
	}
	accepts(t, doc,
		writes(1, 0, info(5), 1, "t", `{"image":"["}`),
		writes(1, 1, info(2), 1, "t", 2, "undefined", "null"),
		writes(1, 3, info(6), 1, "t", "bold", "null"))
}

func TestApplyUpdate_RefusesWhatIsMalformed(t *testing.T) {
	doc := victim(t, crdt.Limits{})
	for name, update := range map[string][]byte{
		"nothing":                   {},
		"an endless integer":        bytes.Repeat([]byte{0xff}, 20),
		"a client above 2^53-1":     wire(1, 1, 1<<53, 0, info(4), 1, "t", "x", 0),
		"a surrogate half":          writes(1, 0, info(4), 1, "t", "\xed\xa0\xbd"),
		"a pair as CESU-8":          writes(1, 0, info(4), 1, "t", "\xed\xa0\xbd\xed\xb1\xbe"),
		"no UTF-8":                  writes(1, 0, info(4), 1, "t", "\xffA"),
		"a name that is no UTF-8":   writes(1, 0, info(4), 1, "\xff", "A"),
		"a key that is no UTF-8":    writes(1, 0, info(0x24), 1, "m", "\xff", "A"),
		"JSON that is no UTF-8":     writes(1, 0, info(2), 1, "t", 1, "\xff"),
		"an embed that is no UTF-8": writes(1, 0, info(5), 1, "t", "\xff"),
		"any that is no UTF-8":      writes(1, 0, info(8), 1, "t", 1, info(119), "\xff"),
		"parentInfo 2":              writes(1, 0, info(4), 2, "t", "x"),
		"parentInfo 2^32+1":         writes(1, 0, info(4), 1<<32+1, "t", "x"),
		"an unknown type":           writes(1, 0, info(7), 1, "t", 99),
		"an unknown value":          writes(1, 0, info(8), 1, "t", 1, info(3)),
		"its own origin":            writes(1, 0, info(0x84), 1, 0, "x"),
		"an origin of its future":   writes(1, 4, info(0x84), 1, 5, "x"),
		"its own right origin":      writes(1, 0, info(0x44), 1, 0, "x"),
		"a right origin to come":    writes(1, 3, info(0xc4), 1, 2, 1, 9, "x"),
		"itself as its parent":      writes(1, 0, info(4), 0, 1, 0, "x"),
		"a parent of its future":    writes(1, 0, info(7), 0, 1, 1, 2),
		"a client twice":            wire(2, 1, 1, 0, info(4), 1, "t", "x", 1, 1, 1, info(0x84), 1, 0, "y", 0),
		"a client twice, not next":  wire(3, 1, 1, 0, info(4), 1, "t", "x", 1, 2, 0, info(0), 1, 1, 1, 1, info(0), 1, 0),
		"no delete set":             wire(1, 1, 1, 0, info(4), 1, "t", "x"),
		"half a range":              wire(0, 1, 50, 1, 0),
	} {
		t.Run(name, func(t *testing.T) { refuses(t, doc, update, crdt.ErrMalformed) })
	}
	for kind := range info(32) {
		if kind > 10 {
			refuses(t, doc, writes(1, 0, kind, 1, "t", 1, 0, 0, 0), crdt.ErrMalformed)
			refuses(t, doc, writes(1, 0, 0x80|kind, 50, 0, 1, 0, 0, 0), crdt.ErrMalformed)
		}
	}
}

func TestApplyUpdate_RefusesAllWhereOnlyTheEndIsBad(t *testing.T) {
	doc := victim(t, crdt.Limits{})
	good := wire(1, 1, 0, info(0xc4), 50, 1, 50, 2, "new") // it would split the 👾
	refuses(t, doc, wire(2, good, 1, 2, 0, info(4), 1, "t", "\xff", 0), crdt.ErrMalformed)
	refuses(t, doc, wire(1, good, 1, 50, 1, 0), crdt.ErrMalformed)
	refuses(t, doc, wire(1, good, 1, 50, 1, 0, 1<<31), crdt.ErrMalformed, crdt.ErrLimit)
	accepts(t, doc, wire(1, good, 0))
}

func TestApplyUpdate_HugeClocksAndLengths_Refused(t *testing.T) {
	doc := victim(t, crdt.Limits{})
	const safe = 1<<53 - 1
	for _, n := range []int{1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 1, safe} {
		for name, update := range map[string][]byte{
			"a GC":            writes(1, 0, info(0), n),
			"a deleted":       writes(1, 0, info(1), 1, "t", n),
			"a skip":          writes(1, 0, info(10), n),
			"a clock":         writes(1, n, info(4), 1, "t", "x"),
			"a range":         wire(0, 1, 1, 1, 0, n),
			"a far range":     wire(0, 1, 1, 1, n, 1),
			"a sum of ranges": wire(0, 1, 1, 1, 1<<31-2, n),
		} {
			t.Run(fmt.Sprintf("%s of %d", name, n), func(t *testing.T) {
				refuses(t, doc, update, crdt.ErrLimit, crdt.ErrMalformed)
			})
		}
	}
	for _, update := range [][]byte{ // what is not to be known may be waited for
		writes(1, 0, info(0x84), 7, safe, "x"), writes(1, 0, info(0x44), 7, safe, "x"), writes(1, 0, info(4), 0, 7, safe, "x"),
	} {
		doc := victim(t, crdt.Limits{})
		before := contentOf(doc)
		err := doc.ApplyUpdate(update, nil)
		if after := contentOf(doc); err != nil && after != before || after.text != before.text || after.vector != before.vector {
			t.Errorf("%x: %v, %+v", update, err, after)
		}
		mustEdit(t, crdt.Check(doc))
	}
	refuses(t, doc, writes(1, math.MaxInt32, info(4), 1, "t", "x"), crdt.ErrLimit, crdt.ErrMalformed)
	many := wire(1, 40, 1, 0) // each is allowed, the sum is not
	for range 40 {
		many = append(many, wire(info(0), 1<<26)...)
	}
	refuses(t, doc, append(many, 0), crdt.ErrLimit, crdt.ErrMalformed)
	refuses(t, doc, writes(1, 0, info(0), 1<<26+1), crdt.ErrLimit)
	accepts(t, victim(t, crdt.Limits{}), writes(1, 0, info(0), 1<<26))
}

func TestApplyUpdate_CountsBeforeData_NoAllocation(t *testing.T) {
	const huge = 1<<53 - 1
	doc := victim(t, crdt.Limits{})
	for name, update := range map[string][]byte{
		"clients":           wire(huge, 1, 1, 0, info(4), 1, "t", "x", 0),
		"structs":           wire(1, huge, 1, 0, info(4), 1, "t", "x", 0),
		"clients to delete": wire(0, huge, 1, 1, 0, 1),
		"ranges":            wire(0, 1, 1, huge, 0, 1),
		"a string":          wire(1, 1, 1, 0, info(4), 1, "t", huge, "x", 0),
		"a name":            wire(1, 1, 1, 0, info(4), 1, huge, "x", 0),
		"binary":            wire(1, 1, 1, 0, info(3), 1, "t", huge, "x", 0),
		"values":            wire(1, 1, 1, 0, info(8), 1, "t", huge, info(126), 0),
		"JSON values":       wire(1, 1, 1, 0, info(2), 1, "t", huge, "1", 0),
		"an array":          wire(1, 1, 1, 0, info(8), 1, "t", 1, info(117), huge, info(126), 0),
		"an object":         wire(1, 1, 1, 0, info(8), 1, "t", 1, info(118), huge, "k", info(126), 0),
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, doc, update, crdt.ErrMalformed, crdt.ErrLimit)
			wantSmall(t, len(update), func() { _ = doc.ApplyUpdate(update, nil) })
			wantSmall(t, len(update), func() { _, _ = crdt.MergeUpdates(update, update) })
			wantSmall(t, len(update), func() { _, _ = crdt.DiffUpdate(update, nil) })
			wantSmall(t, len(update), func() { _, _ = crdt.StateVectorFromUpdate(update) })
		})
	}
	vector := wire(huge, 1, 1)
	wantSmall(t, len(vector), func() { doc.EncodeStateAsUpdate(vector) })
	wantSmall(t, len(vector), func() { _, _ = crdt.DiffUpdate([]byte{0, 0}, vector) })
}

// wantSmall wants f to allocate no more than what n bytes of input explain.
func wantSmall(t *testing.T, n int, f func()) {
	t.Helper()
	const fixed, perByte = 64 << 10, 512
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > fixed+perByte*uint64(n) {
		t.Errorf("%d bytes were allocated for %d", got, n)
	}
}

func TestApplyUpdate_NestedValues_DepthIsLimited(t *testing.T) {
	nested := func(opening []byte, depth int) []byte {
		return writes(1, 0, info(8), 1, "t", 1, bytes.Repeat(opening, depth), info(126))
	}
	array, object := wire(info(117), 1), wire(info(118), 1, "")
	doc := victim(t, crdt.Limits{AnyDepth: 5})
	for _, opening := range [][]byte{array, object} {
		for _, depth := range []int{6, 100, 1000, 20_000, 1_000_000} {
			refuses(t, doc, nested(opening, depth), crdt.ErrMalformed, crdt.ErrLimit)
		}
	}
	deep := nested(array, 20_000)
	wantSmall(t, len(deep), func() { _ = doc.ApplyUpdate(deep, nil) })
	// The options of a subdocument are such a value, too.
	refuses(t, doc, writes(1, 0, info(9), 1, "t", "guid", bytes.Repeat(array, 6), info(126)), crdt.ErrMalformed, crdt.ErrLimit)
	accepts(t, doc, nested(object, 5))
}

func TestApplyUpdate_NestedTypes_AreDeletedAtOnce(t *testing.T) {
	const depth = 20_000
	doc := victim(t, crdt.Limits{})
	update := wire(1, depth+1, 1, 0, info(7), 1, "t", 0)
	for clock := range depth {
		update = append(update, wire(info(7), 0, 1, clock, 0)...)
	}
	accepts(t, doc, append(update, 0))
	before := contentOf(doc)
	accepts(t, doc, wire(0, 1, 1, 1, 0, 1))
	after := contentOf(doc)
	if after.text != before.text || after.vector != before.vector || len(after.state) > 400 {
		t.Errorf("the deletion leaves %d bytes: %.400s", len(after.state)/2, after.state)
	}
	// What comes into a deleted type is deleted with it.
	accepts(t, doc, writes(2, 0, info(4), 0, 1, 0, "x"), writes(3, 0, info(4), 0, 1, depth, "x"))
	if withoutObjects(doc.Text("t")) != before.text {
		t.Errorf("the text became %q", doc.Text("t"))
	}
}

func TestApplyUpdate_EmptyStructs_AreDropped(t *testing.T) {
	for name, empty := range map[string][]byte{
		"a string": wire(info(4), 1, "t", ""), "a GC": wire(info(0), 0), "a deleted": wire(info(1), 1, "t", 0),
		"values": wire(info(8), 1, "t", 0), "JSON": wire(info(2), 1, "t", 0), "a skip": wire(info(10), 0),
	} {
		t.Run(name, func(t *testing.T) {
			doc, text := newText(9)
			accepts(t, doc, wire(1, 1, 1, 0, empty, 0))
			if state, vector := doc.EncodeStateAsUpdate(nil), doc.EncodeStateVector(); len(state) != 2 || len(vector) != 1 {
				t.Errorf("the state is %x and the vector %x", state, vector)
			}
			accepts(t, doc, wire(1, 4, 1, 0, empty, info(4), 1, "t", "x", empty, info(0x84), 1, 0, "y", 0))
			accepts(t, doc, wire(1, 1, 1, 2, empty, 0), wire(1, 1, 1, 9, empty, 0))
			if text.String() != "xy" || doc.HasPending() {
				t.Errorf("the text is %q", text)
			}
			if state := hex.EncodeToString(doc.EncodeStateAsUpdate(nil)); state != "010101000401017402787900" {
				t.Errorf("the state is %s", state)
			}
		})
	}
	doc := victim(t, crdt.Limits{})
	before := contentOf(doc)
	accepts(t, doc, wire(0, 2, 50, 2, 0, 0, 3, 0, 51, 1, 9, 0)) // ranges of no length
	if after := contentOf(doc); after != before {
		t.Errorf("deleting nothing made of %+v\n %+v", before, after)
	}
}
