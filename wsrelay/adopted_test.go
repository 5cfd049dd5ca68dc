package wsrelay

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
)

func TestDocument_Reconcile_AdoptedTextDoesNotStandTwice(t *testing.T) {
	ours := typed(t, "one\ntwo\n")
	adopter := crdt.NewDoc(crdt.WithClientID(1<<32 + 7))
	if err := adopter.Text(testText).Insert(0, "one\n"); err != nil { // the view was a little older
		t.Fatal(err)
	}
	adopted := newDocument(testText)
	if err := adopted.doc.Load(adopter.EncodeStateAsUpdate(nil), origin{log: true}); err != nil {
		t.Fatal(err)
	}
	adopted.write(t, "one\nnew there\n") // somebody has typed in the adopted room
	log := logOf(t, adopted)
	if err := ours.reconcile(log); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{ours.String(), replay(t, log.state, ours.unsaved...)} {
		if strings.Count(text, "one\n") != 1 || strings.Count(text, "two\n") != 1 || strings.Count(text, "new there\n") != 1 {
			t.Errorf("got %q", text)
		}
	}
}

func TestDocument_RoomThatWasAdoptedOnceKeepsItsText(t *testing.T) {
	adopter := crdt.NewDoc(crdt.WithClientID(1<<32 + 7))
	if err := adopter.Text(testText).Insert(0, "old\n"); err != nil {
		t.Fatal(err)
	}
	ours := newDocument(testText)
	if err := ours.doc.Load(adopter.EncodeStateAsUpdate(nil), origin{log: true}); err != nil {
		t.Fatal(err)
	}
	log := logOf(t, ours)
	ours.write(t, "old\nnew\n")
	if err := ours.reconcile(log); err != nil || ours.String() != "old\nnew\n" {
		t.Errorf("got %q, %v", ours.String(), err)
	}
}

// adopting is a room that was adopted with a text.
func adopting(t *testing.T, text string) *document {
	t.Helper()
	adopter := crdt.NewDoc(crdt.WithClientID(1<<32 + 7))
	if err := adopter.Text(testText).Insert(0, text); err != nil {
		t.Fatal(err)
	}
	d := newDocument(testText)
	log := []room.Entry{room.NewEntry(room.KindSnapshot, "", string(adopter.EncodeStateAsUpdate(nil)))}
	if skipped, err := d.take(log); skipped != 0 || err != nil {
		t.Fatal(skipped, err)
	}
	return d
}

func TestDocument_PageComesBackToAnAdoptedRoom_TextStandsOnce(t *testing.T) {
	page := typed(t, "one\ntwo\nthree\n")
	room := adopting(t, "one\ntwo\n") // the view was a little older
	room.write(t, "one\nnew\ntwo\n")
	if err := room.update(page.state(), true, &session{}); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"one\n", "two\n", "three\n", "new\n"} {
		if n := strings.Count(room.String(), line); n != 1 {
			t.Errorf("%q is there %d times", line, n)
		}
	}
	other := typed(t, "") // of the same document
	if err := other.doc.Load(page.state(), nil); err != nil {
		t.Fatal(err)
	}
	other.write(t, "one\ntwo\nthree\nfour\n")
	before := room.String()
	if err := room.update(other.state(), true, &session{}); err != nil {
		t.Fatal(err)
	}
	if got := room.String(); got != before+"four\n" && strings.Count(got, "four\n") != 1 || strings.Count(got, "one\n") != 1 {
		t.Errorf("got %q", got)
	}
}

// Who comes new and types at once does not know of the adoption either.
func TestDocument_NewPageInAnAdoptedRoom_TextStays(t *testing.T) {
	room := adopting(t, "one\ntwo\n")
	for _, text := range []string{"on", "one\n"} { // the second is a template, say
		if err := room.update(typed(t, text).state(), true, &session{}); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"one\n", "two\n"} {
			if got := room.String(); !strings.Contains(got, line) {
				t.Errorf("%q is missing: %q", line, got)
			}
		}
	}
}
