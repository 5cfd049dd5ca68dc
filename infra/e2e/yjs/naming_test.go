package yjs

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/protocol"
)

// binding is a client whose editor is bound to another root text than most, and
// which says so.
func binding(text string) func(*options) {
	return func(o *options) {
		o.Text = text
		if strings.HasPrefix(o.Library, "hocuspocus") {
			o.URL += "?text=" + text
		} else {
			o.More = map[string]any{"params": map[string]string{"text": text}}
		}
	}
}

func TestNaming_EditorsChooseTheTextOfAnEmptyRoom(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		for _, library := range all {
			t.Run(library, func(t *testing.T) {
				w, r := w.in(t), r.in(t)
				id := w.create("")
				near, far := w.join(id, 0), w.join(id, 1)
				a := r.join(library, w.relays[0], id, binding("monaco"))
				a.insert(0, "one\n")
				near.shows("one\n")
				far.shows("one\n")
				far.write("one\ntwo\n")
				a.shows("one\ntwo\n")
				near.shows("one\ntwo\n")
				w.redis.Wipe()
				near.write("zero\none\ntwo\n")
				a.shows("zero\none\ntwo\n")
				b := r.join("y-websocket-3.1", w.relays[1], id, binding("monaco"))
				b.shows("zero\none\ntwo\n")
				late := w.join(id, 1)
				late.shows("zero\none\ntwo\n")
			})
		}
	})
}

func TestNaming_TextThatIsInUseKeepsItsName(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("in use")
		person := w.join(id, 1)
		a := r.join("y-websocket-3.1", w.relays[0], id, binding("monaco"))
		b := r.join("y-websocket-3.1", w.relays[0], id)
		a.insert(0, "elsewhere")
		b.insert(6, "!")
		person.shows("in use!")
		a.shows("elsewhere")
	})
}

func TestNaming_TwoAskAtOnce_OneIsTaken(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("")
		people := []*person{w.join(id, 0), w.join(id, 1)}
		a, b := r.join("y-websocket-3.1", w.relays[0], id, binding("a")), r.join("y-websocket-3.0", w.relays[1], id, binding("b"))
		a.insert(0, "a's")
		b.insert(0, "b's")
		for _, p := range people {
			p.until("one of the texts is the room's", func() bool { return p.code == "a's" || p.code == "b's" })
		}
		people[0].shows(people[1].code)
	})
}

// Somebody types in the text as it is while another is asked for.
func TestNaming_WhatIsTypedMeanwhileMovesAlong(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("")
		ada, bob := w.join(id, 0), w.join(id, 1)
		w.redis.Stop()
		bob.write("typed while Redis is away")
		a := r.join("y-websocket-3.1", w.relays[0], id, binding("monaco"))
		w.redis.Start()
		ada.shows("typed while Redis is away")
		bob.shows("typed while Redis is away")
		a.destroy()
	})
}

func TestNaming_NameThatNobodyCanHave(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("")
		c := r.open(options{Library: "y-websocket-3.1", URL: w.relays[0] + "/yjs", Room: id, More: map[string]any{"params": map[string]string{"text": "no spaces"}}})
		c.closed(protocol.CloseYjsMalformed)
		r.excuse("422")
		d := r.open(options{Library: "hocuspocus-provider-4", URL: w.relays[0] + "/hocuspocus?text=no%20spaces", Room: id})
		d.failed("422")
		d.destroy()
	})
}
