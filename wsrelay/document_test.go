package wsrelay

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
	"github.com/tutti-live/tutti/wsrelay/bridge"
)

const testText = "code"

// typed is a document in which somebody has typed, all of it saved.
func typed(t *testing.T, text string) *document {
	t.Helper()
	d := newDocument(testText)
	d.write(t, text)
	for d.nextBatch() != nil {
	}
	return d
}

// write makes a text of the one that there is.
func (d *document) write(t *testing.T, text string) {
	t.Helper()
	if err := d.edit(bridge.Diff(d.String(), text), "u1"); err != nil {
		t.Fatal(err)
	}
}

// logOf is a log that has just this document.
func logOf(t *testing.T, d *document) replica {
	t.Helper()
	log, skipped, err := replicaOf([]room.Entry{room.NewEntry(room.KindSnapshot, "", string(d.state()))}, testText)
	if err != nil || skipped != 0 {
		t.Fatal(skipped, err)
	}
	return log
}

// replay is the text that updates make, on top of a state.
func replay(t *testing.T, state []byte, updates ...[]byte) string {
	t.Helper()
	doc := crdt.NewDoc()
	for _, update := range append([][]byte{state}, updates...) {
		if err := doc.Load(update, nil); err != nil {
			t.Fatal(err)
		}
	}
	return doc.Text(testText).String()
}

func TestDocument_BatchesAreBoundedAndMakeTheText(t *testing.T) {
	d := newDocument(testText)
	empty := d.state()
	d.collapseAt = 100 * batchBytes // not this time
	text, batches := "", [][]byte{}
	for i := range 100 {
		text += fmt.Sprintf("%d %s\n", i, strings.Repeat("x", batchBytes/20))
		d.write(t, text)
	}
	for batch := d.nextBatch(); batch != nil; batch = d.nextBatch() {
		batches = append(batches, batch)
	}
	if len(batches) < 4 || len(batches) > 10 {
		t.Errorf("%d batches", len(batches))
	}
	if got := replay(t, empty, batches...); got != text {
		t.Errorf("they make %d bytes of %d", len(got), len(text))
	}
	if d.unsavedBytes != 0 || d.unsaved != nil {
		t.Errorf("%d bytes are unsaved", d.unsavedBytes)
	}
}

func TestDocument_WhatWaitsInAnOutageIsBoundedByTheDocument(t *testing.T) {
	d := newDocument(testText)
	empty := d.state()
	for i := range 2_000 { // everything is written anew each time
		d.write(t, fmt.Sprintf("%d %s", i, strings.Repeat(string(rune('a'+i%26)), 1000)))
	}
	if most := 2*collapseBytes + 3*len(d.state()); d.unsavedBytes > most {
		t.Errorf("%d bytes wait, at most %d may", d.unsavedBytes, most)
	}
	var batches [][]byte
	for batch := d.nextBatch(); batch != nil; batch = d.nextBatch() {
		batches = append(batches, batch)
	}
	if got := replay(t, empty, batches...); got != d.String() {
		t.Errorf("it makes %q", got)
	}
}

func TestDocument_Reconcile_BothSidesEndEqual(t *testing.T) {
	base := typed(t, "one\ntwo\n")
	ours, theirs := newDocument(testText), newDocument(testText)
	for _, d := range []*document{ours, theirs} {
		if _, err := d.take([]room.Entry{room.NewEntry(room.KindSnapshot, "", string(base.state()))}); err != nil {
			t.Fatal(err)
		}
	}
	ours.write(t, "one ours\ntwo\n")
	theirs.write(t, "one\ntwo theirs\n")
	log := logOf(t, theirs)
	if err := ours.reconcile(log); err != nil {
		t.Fatal(err)
	}
	want := "one ours\ntwo theirs\n"
	if ours.String() != want {
		t.Errorf("we have %q", ours.String())
	}
	if got := replay(t, log.state, ours.unsaved...); got != want {
		t.Errorf("the log will have %q", got)
	}
}

func TestDocument_Reconcile_SavesNothingIfTheLogHasAll(t *testing.T) {
	d := typed(t, "one\n")
	if err := d.reconcile(logOf(t, d)); err != nil || len(d.unsaved) != 0 {
		t.Errorf("%d updates are unsaved, %v", len(d.unsaved), err)
	}
}

func TestDocument_TakeSkipsWhatCannotBeRead(t *testing.T) {
	d := typed(t, "text")
	before := d.state()
	skipped, err := d.take([]room.Entry{
		room.NewEntry(room.KindUpdate, "", "\x01\x02nonsense"),
		room.NewEntry(room.KindSnapshot, "", ""),
		room.NewEntry("zz", "", "of a later version"),
	})
	if skipped != 1 || err != nil || !bytes.Equal(d.state(), before) {
		t.Errorf("skipped %d, %v", skipped, err)
	}
}

// What a Yjs client sent before what it refers to had come is taken in together
// with that: it is in nobody's log yet, and no client here has it.
func TestDocument_WhatWaitedIsSavedAndToldWithWhatItWaitedFor(t *testing.T) {
	first := crdt.NewDoc()
	if err := first.Text(testText).Insert(0, "one "); err != nil {
		t.Fatal(err)
	}
	one := first.EncodeStateAsUpdate(nil)
	second := crdt.NewDoc()
	if err := second.Load(one, nil); err != nil {
		t.Fatal(err)
	}
	if err := second.Text(testText).Insert(4, "two"); err != nil {
		t.Fatal(err)
	}
	two := second.EncodeStateAsUpdate(first.EncodeStateVector())

	for name, arrives := range map[string]func(d *document) error{
		"from the log": func(d *document) error {
			_, err := d.take([]room.Entry{room.NewEntry(room.KindUpdate, "", string(one))})
			return err
		},
		"from another client": func(d *document) error { return d.update(one, false, &session{id: "another"}) },
	} {
		d := newDocument(testText)
		d.listeners = 2
		if err := d.update(two, false, &session{id: "one"}); err != nil || len(d.untold) > 0 {
			t.Fatalf("%s: %d changes, %v", name, len(d.untold), err)
		}
		before := d.state()
		if err := arrives(d); err != nil || d.String() != "one two" {
			t.Fatalf("%s: %q, %v", name, d.String(), err)
		}
		if got := replay(t, one, d.nextBatch()); got != "one two" {
			t.Errorf("%s: saved is %q", name, got)
		}
		if len(d.untold) != 1 || d.untold[0].from != nil {
			t.Errorf("%s: told are %d changes, not to %v", name, len(d.untold), d.untold[0].from)
		}
		if bytes.Equal(d.state(), before) {
			t.Errorf("%s: the state is that of before", name)
		}
	}
}

func TestRecent_KnowsTheLastPlacesOnly(t *testing.T) {
	var r recent
	for seq := range int64(100) {
		r.add(room.Position{Seq: seq, Nonce: fmt.Sprintf("n%d", seq)})
	}
	for seq := range int64(100) {
		if got := r.has(room.Position{Seq: seq, Nonce: fmt.Sprintf("n%d", seq)}); got != (seq >= 36) {
			t.Errorf("has(%d) = %v", seq, got)
		}
		if r.has(room.Position{Seq: seq, Nonce: "another"}) {
			t.Errorf("has another entry at %d", seq)
		}
	}
}

func TestUnheard_EveryEntryThatTheLogLosesIsNoticed(t *testing.T) {
	at := func(seq int64, nonce string) room.Position { return room.Position{Epoch: "1", Seq: seq, Nonce: nonce} }
	for name, test := range map[string]struct {
		heard []room.Position
		want  []bool
		last  int64
	}{
		"all are heard":           {[]room.Position{at(1, "x"), at(2, "a"), at(3, "x"), at(4, "b")}, []bool{true, true, true, true}, 0},
		"the first is another":    {[]room.Position{at(1, "x"), at(2, "x"), at(3, "x"), at(4, "b")}, []bool{true, false, true, true}, 0},
		"the last is another":     {[]room.Position{at(2, "a"), at(4, "x")}, []bool{true, false}, 0},
		"what is later is missed": {[]room.Position{at(5, "x")}, []bool{false}, 0},
		"not all are heard yet":   {[]room.Position{at(2, "a"), at(3, "x")}, []bool{true, true}, 4},
	} {
		u := unheard{at(2, "a"), at(4, "b")}
		for i, p := range test.heard {
			if got := u.hear(p); got != test.want[i] {
				t.Errorf("%s: hear(%v) = %v", name, p, got)
			}
		}
		if u.last() != test.last {
			t.Errorf("%s: the last is %d", name, u.last())
		}
	}
}

func TestInbox_PastItsBoundsEverythingIsReadAgain(t *testing.T) {
	b := inbox{wake: make(chan struct{}, 1)}
	for range maxInbox + 5 {
		b.put(room.Lost{})
	}
	if events := b.takeAll(); len(events) != 5 || events[0] != (room.Interrupted{}) {
		t.Errorf("%d events are left, the first %T", len(events), events[0])
	}
	big := room.NewEntry(room.KindUpdate, "", strings.Repeat("x", maxInboxBytes/2))
	for range 3 {
		b.put(room.Appended{Entry: big})
	}
	if events := b.takeAll(); len(events) != 1 || events[0] != (room.Interrupted{}) {
		t.Errorf("%d events are left, the first %T", len(events), events[0])
	}
}
