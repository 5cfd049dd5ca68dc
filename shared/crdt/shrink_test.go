package crdt

import (
	"bytes"
	"strings"
	"testing"
)

func TestDoc_TextCutToPiecesAndDeleted_GivesMemoryBack(t *testing.T) {
	const units = 4 * shrinkFrom
	doc := NewDoc(WithClientID(1))
	text := doc.Text("t")
	if err := text.Insert(0, strings.Repeat("x", units)); err != nil {
		t.Fatal(err)
	}
	pieces := func(first int) Delta {
		delta := Delta{{Retain: first}}
		for range units/2 - 1 {
			delta = append(delta, Op{Delete: 1}, Op{Retain: 1})
		}
		return delta
	}
	if err := text.ApplyDelta(pieces(1)); err != nil {
		t.Fatal(err)
	}
	if n := len(doc.items.slots); n < units/2 {
		t.Fatalf("%d slots: the text is not in pieces", n)
	}
	if err := text.Delete(1, text.Len()-2); err != nil {
		t.Fatal(err)
	}
	if err := Check(doc); err != nil {
		t.Fatal(err)
	}
	if n := len(doc.items.slots); n > 10 {
		t.Errorf("%d slots are kept for %q", n, text.String())
	}
	if err := text.Insert(1, "ok"); err != nil {
		t.Fatal(err)
	}
	state := doc.EncodeStateAsUpdate(nil)
	loaded := NewDoc()
	if err := loaded.ApplyUpdate(state, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(loaded.EncodeStateAsUpdate(nil), state) || text.String() != "xokx" {
		t.Errorf("%q, and loaded it is another document", text.String())
	}
}
