package crdt_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
)

// What a review found, once each.

func TestText_JoinedItemMovesToTheNextLeaf_PositionsHold(t *testing.T) {
	for first := 1; first < 1090; first += 38 {
		doc := crdt.NewDoc()
		text := doc.Text("t")
		behind := wire(info(4), 1, "t")
		for client := 100; client < 131; client++ {
			accepts(t, doc, writes(client, 0, behind, strings.Repeat("p", 97)))
			behind = wire(info(0x84), client, 96)
		}
		accepts(t, doc, writes(1, 0, behind, strings.Repeat("a", first)))
		behind = wire(info(0x84), 1, first-1)
		for client := 200; client < 231; client++ {
			accepts(t, doc, writes(client, 0, behind, "c"))
			behind = wire(info(0x84), client, 0)
		}
		accepts(t, doc, writes(1, first, info(0x84), 1, first-1, strings.Repeat("b", 1050)))
		mustEdit(t, crdt.Check(doc))
		if got, want := text.Len(), 31*97+first+31+1050; got != want {
			t.Fatalf("%d units, not %d", got, want)
		}
	}
}

func TestApplyUpdate_RestOfKnownStructUnderAKey_MakesNoEmptyKey(t *testing.T) {
	doc := crdt.NewDoc()
	accepts(t, doc, writes(1, 0, info(4), 1, "t", "ab"))
	accepts(t, doc, writes(2, 0, info(7), 1, "l", 1))
	accepts(t, doc, writes(1, 0, info(0x24), 0, 2, 0, "k", "abc"))
	mustEdit(t, crdt.Check(doc))
	accepts(t, doc, wire(0, 1, 2, 1, 0, 1))
	mustEdit(t, crdt.Check(doc))
	if got := doc.Text("t").String(); got != "abc" {
		t.Errorf("the text is %q", got)
	}
}

func TestApplyUpdate_NewClientAmongMany_KeepsItsOwnID(t *testing.T) {
	doc := crdt.NewDoc()
	accepts(t, doc, writes(1000, 0, info(4), 1, "t", "y"))
	for client := 1; client <= 10; client++ {
		accepts(t, doc, writes(client, 0, info(4), 1, "t", "z"))
	}
	accepts(t, doc, wire(2, 1, 1000, 1, info(0x84), 999, 0, "x", 1, 999, 0, info(4), 1, "t", "hello", 0))
	mustEdit(t, crdt.Check(doc))
	vector, err := crdt.DecodeStateVector(doc.EncodeStateVector())
	mustEdit(t, err)
	if vector[999] != 5 || vector[1000] != 2 || vector[1] != 1 {
		t.Errorf("the state vector is %v", vector)
	}
}

func TestText_DeletionWaitsForAnIDUsedAgain_IsDone(t *testing.T) {
	doc := crdt.NewDoc(crdt.WithClientID(3))
	accepts(t, doc, wire(0, 1, 3, 1, 0, 2))
	mustEdit(t, doc.Text("t").Insert(0, "abc"))
	mustEdit(t, crdt.Check(doc))
	if got := doc.Text("t").String(); got != "c" || doc.HasPending() {
		t.Errorf("the text is %q, pending %v", got, doc.HasPending())
	}
}

func TestOnUpdate_CallerChangesWhatItWasTold_HarmsNobody(t *testing.T) {
	doc := crdt.NewDoc()
	text := doc.Text("t")
	var told []crdt.Delta
	doc.OnUpdate(func(_ []byte, _ any, changes []crdt.TextChange) {
		told = append(told, append(crdt.Delta(nil), changes[0].Delta...))
		changes[0].Delta, changes[0].Broken = changes[0].Delta[:0], []int{7}
	})
	for range 3 {
		mustEdit(t, text.Insert(text.Len(), "x"))
	}
	if len(told[2]) != 2 || told[2][0].Retain != 2 || told[2][1].Insert != "x" {
		t.Errorf("was told %+v", told)
	}
}

func TestApplyUpdate_SameStructWaitsForOneThingAfterTheOther_TakesNoMemory(t *testing.T) {
	doc := crdt.NewDoc()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for clock := range 50_000 {
		accepts(t, doc, writes(66, 0, info(0x84), 100+clock, 0, "x"))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 500_000 {
		t.Errorf("%d bytes are kept", kept)
	}
	mustEdit(t, crdt.Check(doc))
}

// A value that was overwritten and is collected with its map stands beside a GC
// struct and is not joined with it, in yjs neither. It is once the parent of the
// map is deleted: what is in it is tried from the last to the first.
func TestApplyUpdate_DeletedTypeHoldsDeletedOnes_GCStructsAreJoinedAsInYjs(t *testing.T) {
	const parent, child, text, second, value, gc, other = 0, 1, 2, 4, 5, 6, 8
	updates := [][]byte{
		wire(1, 8, 1, 0,
			info(7), 1, "xml", 4,
			info(7), 0, 1, parent, 4,
			info(4), 0, 1, child, "ab",
			info(0x87), 1, child, 4,
			info(0x28), 0, 1, second, "k", 1, info(125), 5,
			info(0), 2,
			info(4), 1, "t", "c",
			info(0xa8), 1, value, 1, info(125), 6,
			0),
		wire(0, 1, 1, 1, text, 2),
		wire(0, 1, 1, 1, second, 1),
		wire(0, 1, 1, 1, parent, 1),
	}
	doc := crdt.NewDoc()
	accepts(t, doc, updates...)
	want := wire(1, 4, 1, 0,
		info(1), 1, "xml", 1,
		info(0), gc+1,
		info(4), 1, "t", "c",
		info(0), 1,
		1, 1, 2, 0, other, other+1, 1)
	if got := doc.EncodeStateAsUpdate(nil); !bytes.Equal(got, want) {
		t.Errorf("the state is\n%x, not\n%x", got, want)
	}
	if _, err := compareYjs(startYjs(t), []string{"t"}, updates); err != nil {
		t.Error(err)
	}
}
