package crdt_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/tutti-live/tutti/shared/crdt"
)

// The corpora in testdata/fuzz hold updates that yjs 13.6.33 wrote, hostile
// ones, and what fuzzing found worth keeping.

// FuzzConverge plays a session from the tape that the data is.
func FuzzConverge(f *testing.F) {
	f.Add([]byte("two people who meet at the very same place, and split a character"))
	f.Fuzz(func(t *testing.T, data []byte) {
		runSession(t, data[:min(len(data), 1000)], "replay with the input of the fuzzer")
	})
}

// FuzzApplyUpdate applies any bytes to a document that has something of
// everything. It takes all of them or nothing; what it took can be loaded, and
// what it reports says the same.
func FuzzApplyUpdate(f *testing.F) {
	f.Add(variety())
	f.Add(variety()[:100])
	f.Fuzz(survives)
}

// survives applies any bytes to a victim.
func survives(t *testing.T, update []byte) {
	doc := victim(t, crdt.Limits{})
	text := doc.Text("t")
	before, heard, mirror := contentOf(doc), hearAll(doc), utf16.Encode([]rune(text.String()))
	var err error
	wantSmall(t, len(update), func() { err = doc.ApplyUpdate(update, nil) })
	if broken := crdt.Check(doc); broken != nil {
		t.Fatalf("%x: %v", update, broken)
	}
	after := contentOf(doc)
	if err != nil {
		wantReason(t, err)
		if after != before || len(heard.updates) > 0 {
			t.Fatalf("%x: %v, but it became %+v\nfrom %+v", update, err, after, before)
		}
		return
	}
	for _, changes := range heard.changes {
		for _, change := range changes {
			mirror, err = editUnits(mirror, change)
			mustEdit(t, err)
		}
	}
	if len(mirror) != text.Len() || textOf(mirror) != withoutObjects(text) && !strings.ContainsRune(text.String(), embedded) {
		t.Fatalf("%x: the mirror is %q, the text %q", update, textOf(mirror), text)
	}
	reported := len(heard.updates)
	if err := doc.ApplyUpdate(update, nil); err != nil || len(heard.updates) != reported {
		t.Fatalf("%x again: %v, reported as %v", update, err, heard.updates[reported:])
	}
	if again := contentOf(doc); again != after {
		t.Fatalf("%x again made of %+v\n%+v", update, after, again)
	}
	wantMergesWithItself(t, unhex(t, after.state))
	if crdt.LoadsAsSomethingElse(doc) {
		return
	}
	wantReloads(t, doc)
	if replica := replicaOf(t, append([]string{before.state}, heard.updates...)...); replica.text != after.text || replica.vector != after.vector {
		t.Fatalf("%x: a replica is %+v\nnot          %+v", update, replica, after)
	}
}

// replicaOf applies updates in hex to an empty document.
func replicaOf(t *testing.T, updates ...string) content {
	t.Helper()
	doc, _ := newText(60)
	for _, update := range updates {
		mustEdit(t, doc.ApplyUpdate(unhex(t, update), nil))
	}
	mustEdit(t, crdt.Check(doc))
	return contentOf(doc)
}

// wantReason wants an error to be of those that say what is wrong with bytes.
func wantReason(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, crdt.ErrMalformed) && !errors.Is(err, crdt.ErrLimit) {
		t.Fatalf("refused with %v", err)
	}
}

// wantMergesWithItself wants what MergeUpdates has written to stay as it is
// however often it is merged.
func wantMergesWithItself(t *testing.T, update []byte) {
	t.Helper()
	once, err := crdt.MergeUpdates(update, update)
	mustEdit(t, err)
	for _, updates := range [][][]byte{{once}, {once, once}, {update, {0, 0}}, {once, update, once}} {
		again, err := crdt.MergeUpdates(updates...)
		if err != nil || string(again) != string(once) {
			t.Fatalf("merged once %x\nmore often  %x, %v", once, again, err)
		}
	}
}

// wantWellFormed applies updates, of which merging or cutting knows no more than
// that they are well formed: a document may find them too much, or have in them
// what Yjs cannot read.
func wantWellFormed(t *testing.T, updates ...[]byte) {
	t.Helper()
	doc := crdt.NewDoc()
	for _, update := range updates {
		if err := doc.Load(update, nil); err != nil && !errors.Is(err, crdt.ErrLimit) {
			t.Fatalf("%x: %v", update, err)
		}
		mustEdit(t, crdt.Check(doc))
	}
	if !crdt.LoadsAsSomethingElse(doc) {
		wantReloads(t, doc)
	}
}

func FuzzMergeUpdates(f *testing.F) {
	f.Add(variety(), wire(1, 1, 300, 3, info(4), 1, "t", "abcdefgh", 0))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var merged []byte
		var err error
		wantSmall(t, len(a)+len(b), func() { merged, err = crdt.MergeUpdates(a, b) })
		if err != nil {
			wantReason(t, err)
			return
		}
		wantMergesWithItself(t, merged)
		wantWellFormed(t, merged)
		wantWellFormed(t, a, b, merged)
	})
}

func FuzzDiffUpdate(f *testing.F) {
	f.Add(variety(), wire(2, 300, 2, 200, 2))
	f.Fuzz(func(t *testing.T, update, vector []byte) {
		var diff []byte
		var err error
		wantSmall(t, len(update)+len(vector), func() { diff, err = crdt.DiffUpdate(update, vector) })
		if err != nil {
			wantReason(t, err)
			return
		}
		twice, err := crdt.DiffUpdate(diff, vector)
		mustEdit(t, err)
		// A struct cut at its beginning keeps the flag of its key, as in yjs, and
		// loses it only then.
		if again, err := crdt.DiffUpdate(twice, vector); err != nil || string(again) != string(twice) || len(twice) != len(diff) {
			t.Fatalf("cut once %x\ntwice    %x\nagain    %x, %v", diff, twice, again, err)
		}
		wantWellFormed(t, diff)
		wantWellFormed(t, diff, update)
	})
}

func FuzzStateVectorFromUpdate(f *testing.F) {
	f.Add(variety())
	f.Fuzz(func(t *testing.T, update []byte) {
		var vector []byte
		var err error
		wantSmall(t, len(update), func() { vector, err = crdt.StateVectorFromUpdate(update) })
		if err != nil {
			wantReason(t, err)
			return
		}
		sorted, err := crdt.DecodeStateVector(vector)
		mustEdit(t, err)
		doc := crdt.NewDoc()
		if err := doc.ApplyUpdate(update, nil); err == nil && !doc.HasPending() && string(sorted.Encode()) != string(doc.EncodeStateVector()) {
			t.Fatalf("the vector is %x, that of the document %x", vector, doc.EncodeStateVector())
		}
	})
}

// FuzzEncodeStateAsUpdate asks for what any bytes do not know.
func FuzzEncodeStateAsUpdate(f *testing.F) {
	f.Add(wire(2, 300, 2, 200, 2))
	f.Add(wire(2, 300, 2, 200))
	f.Fuzz(func(t *testing.T, vector []byte) {
		doc := victim(t, crdt.Limits{})
		mustEdit(t, doc.ApplyUpdate(variety(), nil))
		before := contentOf(doc)
		var update []byte
		wantSmall(t, len(vector), func() { update = doc.EncodeStateAsUpdate(vector) })
		accepts(t, doc, update)
		accepts(t, crdt.NewDoc(), update)
		accepts(t, crdt.NewDoc(), update, unhex(t, before.state))
		// A vector that ends within a surrogate pair breaks the pair, as in yjs.
		if after := contentOf(doc); after.vector != before.vector || strings.ReplaceAll(before.text, "👾", "\ufffd\ufffd") != strings.ReplaceAll(after.text, "👾", "\ufffd\ufffd") {
			t.Fatalf("encoding made of %+v\n%+v", before, after)
		}
	})
}

func FuzzRelativePosition(f *testing.F) {
	for _, test := range positionCases {
		binary, err := hex.DecodeString(test.binary)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(binary, []byte(test.json))
	}
	f.Fuzz(func(t *testing.T, binary, asJSON []byte) {
		doc := victim(t, crdt.Limits{})
		mustEdit(t, doc.ApplyUpdate(variety(), nil))
		var p, again crdt.RelativePosition
		if err := p.UnmarshalBinary(binary); err == nil {
			wantResolves(t, doc, p)
			written, err := p.MarshalBinary()
			mustEdit(t, err)
			mustEdit(t, again.UnmarshalBinary(written))
			wantSamePosition(t, p, again)
		}
		p, again = crdt.RelativePosition{}, crdt.RelativePosition{}
		if err := json.Unmarshal(asJSON, &p); err == nil {
			wantResolves(t, doc, p)
			written, err := json.Marshal(p)
			mustEdit(t, err)
			mustEdit(t, json.Unmarshal(written, &again))
			wantSamePosition(t, p, again)
		}
	})
}

func wantSamePosition(t *testing.T, p, again crdt.RelativePosition) {
	t.Helper()
	if !reflect.DeepEqual(p, again) {
		t.Fatalf("%+v became %+v", p, again)
	}
}

// wantResolves wants a position to be somewhere, or nowhere, and the document
// not to mind being asked.
func wantResolves(t *testing.T, doc *crdt.Doc, p crdt.RelativePosition) {
	t.Helper()
	before := contentOf(doc)
	index, ok := doc.Resolve(p)
	if most := doc.Text("t").Len() + 100; index < 0 || index > most || !ok && index != 0 {
		t.Fatalf("%+v is resolved to %d, %v", p, index, ok)
	}
	if after := contentOf(doc); after != before {
		t.Fatalf("asking for %+v made of %+v\n%+v", p, before, after)
	}
	mustEdit(t, crdt.Check(doc))
}
