package yjs

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/infra/e2e/scene"
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
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		for _, library := range all {
			t.Run(library, func(t *testing.T) {
				w, r := w.In(t), r.in(t)
				id := w.Create("")
				near, far := w.Join(id, 0), w.Join(id, 1)
				a := r.join(library, w.Relays[0], id, binding("monaco"))
				a.insert(0, "one\n")
				near.Shows("one\n")
				far.Shows("one\n")
				far.Write("one\ntwo\n")
				a.shows("one\ntwo\n")
				near.Shows("one\ntwo\n")
				w.Redis.Wipe()
				near.Write("zero\none\ntwo\n")
				a.shows("zero\none\ntwo\n")
				b := r.join("y-websocket-3.1", w.Relays[1], id, binding("monaco"))
				b.shows("zero\none\ntwo\n")
				late := w.Join(id, 1)
				late.Shows("zero\none\ntwo\n")
			})
		}
	})
}

func TestNaming_TextThatIsInUseKeepsItsName(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("in use")
		person := w.Join(id, 1)
		a := r.join("y-websocket-3.1", w.Relays[0], id, binding("monaco"))
		b := r.join("y-websocket-3.1", w.Relays[0], id)
		a.insert(0, "elsewhere")
		b.insert(6, "!")
		person.Shows("in use!")
		a.shows("elsewhere")
	})
}

func TestNaming_TwoAskAtOnce_OneIsTaken(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("")
		people := []*scene.Person{w.Join(id, 0), w.Join(id, 1)}
		a, b := r.join("y-websocket-3.1", w.Relays[0], id, binding("a")), r.join("y-websocket-3.0", w.Relays[1], id, binding("b"))
		a.insert(0, "a's")
		b.insert(0, "b's")
		for _, p := range people {
			p.Until("one of the texts is the room's", func(v *scene.View) bool { return v.Code == "a's" || v.Code == "b's" })
		}
		people[0].Shows(people[1].Text())
	})
}

// Somebody types in the text as it is while another is asked for.
func TestNaming_WhatIsTypedMeanwhileMovesAlong(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("")
		ada, bob := w.Join(id, 0), w.Join(id, 1)
		w.Redis.Stop()
		bob.Write("typed while Redis is away")
		a := r.join("y-websocket-3.1", w.Relays[0], id, binding("monaco"))
		w.Redis.Start()
		ada.Shows("typed while Redis is away")
		bob.Shows("typed while Redis is away")
		a.destroy()
	})
}

func TestNaming_NameThatNobodyCanHave(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("")
		c := r.open(options{Library: "y-websocket-3.1", URL: w.Relays[0] + "/yjs", Room: id, More: map[string]any{"params": map[string]string{"text": "no spaces"}}})
		c.closed(protocol.CloseYjsMalformed)
		r.excuse("422")
		d := r.open(options{Library: "hocuspocus-provider-4", URL: w.Relays[0] + "/hocuspocus?text=no%20spaces", Room: id})
		d.failed("422")
		d.destroy()
	})
}
