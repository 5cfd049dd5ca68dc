package crdt_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/tutti-live/tutti/shared/crdt"
)

func TestDoc_TransactMakesOneUpdate(t *testing.T) {
	doc, text := newText(1)
	heard := hearAll(doc)
	mustEdit(t, doc.Transact("mine", func() error {
		return errors.Join(text.Insert(0, "abc"), text.Delete(1, 1), text.Insert(2, "d"))
	}))
	heard.want(t, "mine", "01030100040101740161810100018401010263640101010101", crdt.Delta{{Insert: "acd"}})
	mustEdit(t, doc.Transact(7, func() error {
		return doc.Transact(8, func() error { return errors.Join(text.Insert(3, "e"), text.Delete(3, 1)) })
	}))
	heard.want(t, 7, "01010104810103010101010401", nil)
}

func TestDoc_TransactKeepsWhatWasEditedBeforeAnError(t *testing.T) {
	doc, text := newText(1)
	heard := hearAll(doc)
	oops := errors.New("oops")
	if err := doc.Transact("mine", func() error {
		mustEdit(t, text.Insert(0, "a"))
		return oops
	}); !errors.Is(err, oops) {
		t.Errorf("the error is %v", err)
	}
	heard.want(t, "mine", "0101010004010174016100", crdt.Delta{{Insert: "a"}})
	mustEdit(t, text.Insert(1, "b"))
	heard.want(t, nil, "01010101840100016200", crdt.Delta{{Retain: 1}, {Insert: "b"}})
}

func TestDoc_UpdatesAreReportedOnceWithOriginUntilStopped(t *testing.T) {
	doc, text := newText(1)
	first, second := hearAll(doc), hearAll(doc)
	update := unhex(t, "0101020004010174026b6c00")
	mustEdit(t, doc.ApplyUpdate(update, "socket"))
	for _, heard := range []*hearing{first, second} {
		heard.want(t, "socket", "0101020004010174026b6c00", crdt.Delta{{Insert: "kl"}})
	}
	mustEdit(t, doc.ApplyUpdate(update, "socket")) // known
	mustEdit(t, doc.ApplyUpdate(unhex(t, "0000"), "socket"))
	mustEdit(t, doc.ApplyUpdate(unhex(t, "01010203840202016d00"), "socket")) // to come later
	if !doc.HasPending() || len(first.updates)+len(second.updates) > 0 {
		t.Errorf("pending is %v, and %v was reported", doc.HasPending(), first.updates)
	}
	first.stop()
	first.stop()
	mustEdit(t, text.Delete(0, 1))
	second.want(t, nil, "000102010001", crdt.Delta{{Delete: 1}})
	if len(first.updates) > 0 {
		t.Errorf("%v was reported after stop", first.updates)
	}
}

func TestDoc_WhatWasPendingIsReportedWhenItGetsIn(t *testing.T) {
	doc, text := newText(9)
	mustEdit(t, doc.ApplyUpdate(unhex(t, "01010102840101016300"), nil)) // c
	mustEdit(t, doc.ApplyUpdate(unhex(t, "000101010101"), nil))         // b deleted
	heard := hearAll(doc)
	mustEdit(t, doc.ApplyUpdate(unhex(t, "010101000401017402616200"), "late"))
	if len(heard.updates) != 1 || text.String() != "ac" || doc.HasPending() {
		t.Fatalf("the text is %q, reported as %v", text, heard.updates)
	}
	copied, copiedText := newText(8)
	mustEdit(t, copied.ApplyUpdate(unhex(t, heard.updates[0]), nil))
	if copiedText.String() != "ac" || copied.HasPending() {
		t.Errorf("what was reported makes %q", copiedText)
	}
	heard.want(t, "late", heard.updates[0], crdt.Delta{{Insert: "ac"}})
}

func TestDoc_WhatWasToBeDeletedIsReportedWhenItGetsIn(t *testing.T) {
	doc, _ := newText(9)
	mustEdit(t, doc.ApplyUpdate(unhex(t, "000101010101"), nil))
	heard := hearAll(doc)
	mustEdit(t, doc.ApplyUpdate(wire(1, 1, 1, 0, info(4), 1, "t", "abc", 0), nil))
	heard.want(t, nil, "010301000401017401618101000184010101630101010101", crdt.Delta{{Insert: "ac"}})
}

// A struct that is known already, of a replica in which a surrogate pair is
// broken, breaks it here: whoever follows the changes has to be told.
func TestDoc_ABrokenPairIsReportedOnce(t *testing.T) {
	doc, text := newText(9)
	mustEdit(t, doc.ApplyUpdate(wire(1, 1, 1, 0, info(4), 1, "t", "a👾b", 0), nil))
	heard := hearAll(doc)
	units := utf16.Encode([]rune(text.String()))
	for i, update := range [][]byte{
		writes(1, 2, info(0x84), 1, 1, "\ufffdb"),        // known
		wire(1, 1, 2, 1, info(0x84), 2, 0, "y", 0),       // waits
		wire(1, 1, 2, 0, info(0xc4), 1, 1, 1, 2, "x", 0), // goes between the halves
		wire(1, 1, 1, 0, info(4), 1, "t", "a👾b", 0),      // nothing to do with it
	} {
		mustEdit(t, doc.ApplyUpdate(update, nil))
		for _, changes := range heard.changes {
			for _, change := range changes {
				var err error
				units, err = editUnits(units, change)
				mustEdit(t, err)
			}
		}
		heard.changes = nil
		if text.String() != textOf(units) {
			t.Errorf("after update %d the text is %q, and was reported as %q", i, text, textOf(units))
		}
	}
}

func TestDoc_IsBusyWhileItReports(t *testing.T) {
	doc, text := newText(1)
	calls := 0
	doc.OnUpdate(func([]byte, any, []crdt.TextChange) {
		calls++
		for name, edit := range map[string]func() error{
			"insert":   func() error { return text.Insert(0, "x") },
			"delete":   func() error { return text.Delete(0, 1) },
			"delta":    func() error { return text.ApplyDelta(crdt.Delta{{Insert: "x"}}) },
			"transact": func() error { return doc.Transact(nil, func() error { return text.Insert(0, "x") }) },
			"update":   func() error { return doc.ApplyUpdate(unhex(t, "0101020004010174016b00"), nil) },
		} {
			if err := edit(); !errors.Is(err, crdt.ErrBusy) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if text.String() != "a" || len(doc.EncodeStateAsUpdate(nil)) < 5 { // reading is allowed
			t.Errorf("the text is %q", text)
		}
	})
	mustEdit(t, text.Insert(0, "a"))
	if calls != 1 || text.String() != "a" {
		t.Errorf("%d calls, and the text is %q", calls, text)
	}
	mustEdit(t, crdt.Check(doc))
}

func TestDoc_StopAndOnUpdateWithinAReport(t *testing.T) {
	doc, text := newText(1)
	var calls []string
	var stop func()
	stop = doc.OnUpdate(func([]byte, any, []crdt.TextChange) {
		calls = append(calls, "1")
		stop()
		doc.OnUpdate(func([]byte, any, []crdt.TextChange) { calls = append(calls, "3") })
	})
	doc.OnUpdate(func([]byte, any, []crdt.TextChange) { calls = append(calls, "2") })
	mustEdit(t, text.Insert(0, "a"))
	mustEdit(t, text.Insert(1, "b"))
	if got := strings.Join(calls, " "); got != "1 2 2 3" && got != "1 2 3 2 3" {
		t.Errorf("called %s", got)
	}
}

func TestDoc_TellsOnlyOfTextsAskedFor(t *testing.T) {
	doc := crdt.NewDoc(crdt.WithClientID(3))
	mustEdit(t, doc.ApplyUpdate(wire(1, 1, 1, 0, info(4), 1, "a", "early", 0), nil))
	a := doc.Text("a")
	if a.String() != "early" {
		t.Errorf("the text is %q", a)
	}
	heard := hearAll(doc)
	update := wire(1, 3, 2, 0, info(4), 1, "a", "x", info(4), 1, "b", "y", info(4), 1, "c", "z", 0)
	mustEdit(t, doc.ApplyUpdate(update, nil))
	heard.want(t, nil, hex.EncodeToString(update), crdt.Delta{{Retain: 5}, {Insert: "x"}})
	if b := doc.Text("b"); b.String() != "y" || b.Len() != 1 {
		t.Errorf("the other text is %q", b)
	}
	mustEdit(t, doc.Transact(nil, func() error { return errors.Join(doc.Text("b").Delete(0, 1), a.Delete(0, 6)) }))
	if got := heard.changes[0]; len(got) != 2 || got[0].Name == got[1].Name {
		t.Errorf("the changes are %+v", got)
	}
}

// hearing collects what a document reports.
type hearing struct {
	updates []string // hex
	origins []any
	changes [][]crdt.TextChange
	stop    func()
}

func hearAll(doc *crdt.Doc) *hearing {
	h := &hearing{}
	h.stop = doc.OnUpdate(func(update []byte, origin any, changes []crdt.TextChange) {
		h.updates = append(h.updates, hex.EncodeToString(update))
		h.origins = append(h.origins, origin)
		copied := slices.Clone(changes) // they are valid during the call only
		for i := range copied {
			copied[i].Delta, copied[i].Broken = slices.Clone(copied[i].Delta), slices.Clone(copied[i].Broken)
		}
		h.changes = append(h.changes, copied)
	})
	return h
}

// want wants one report since the last call, of at most one text.
func (h *hearing) want(t *testing.T, origin any, update string, delta crdt.Delta) {
	t.Helper()
	if len(h.updates) != 1 {
		t.Fatalf("%d updates were reported: %v", len(h.updates), h.updates)
	}
	var got crdt.Delta
	for _, change := range h.changes[0] {
		got = append(got, change.Delta...)
	}
	if h.updates[0] != update || h.origins[0] != origin || fmt.Sprint(got) != fmt.Sprint(delta) {
		t.Errorf("reported %s from %v: %+v\nnot      %s from %v: %+v", h.updates[0], h.origins[0], got, update, origin, delta)
	}
	h.updates, h.origins, h.changes = nil, nil, nil
}
