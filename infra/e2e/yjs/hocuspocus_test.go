package yjs

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/infra/e2e/scene"
)

// eachProvider runs a test with each version of the provider on each kind of Redis.
func eachProvider(t *testing.T, test func(t *testing.T, w *scene.World, r *robots, library string)) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		for _, library := range hocuspocus {
			t.Run(library, func(t *testing.T) { test(t, w.In(t), r.in(t), library) })
		}
	})
}

func TestHocuspocus_WhatIsSyncedIsInRedis(t *testing.T) {
	eachProvider(t, func(t *testing.T, w *scene.World, r *robots, library string) {
		id := w.Create("")
		a, b := r.join(library, w.Relays[0], id), r.join(library, w.Relays[0], id)
		a.saved()
		if scope := a.view().Scope; scope != "read-write" {
			t.Errorf("admitted to %q", scope)
		}
		w.Redis.Stop()
		a.insert(0, "typed")
		b.shows("typed")
		if n := a.view().Unsynced; n != 1 {
			t.Errorf("%d changes are unsynced while Redis is away", n)
		}
		w.Redis.Start()
		a.saved()
		if text := w.Saved(id).Text("code").String(); text != "typed" {
			t.Errorf("Redis has %q", text)
		}
	})
}

func TestHocuspocus_WhatWasTypedOfflineIsSyncedWhenItIsInRedis(t *testing.T) {
	eachProvider(t, func(t *testing.T, w *scene.World, r *robots, library string) {
		id := w.Create("")
		a := r.join(library, w.Relays[0], id)
		a.saved()
		a.disconnect()
		const letters = 300 // more than a burst
		for range letters {
			a.insert(0, "x")
		}
		a.connect()
		a.reconnected(2)
		a.saved()
		if n := w.Saved(id).Text("code").Len(); n != letters {
			t.Errorf("Redis has %d of %d", n, letters)
		}
	})
}

func TestHocuspocus_OneSocketForManyRooms(t *testing.T) {
	eachProvider(t, func(t *testing.T, w *scene.World, r *robots, library string) {
		one, two := w.Create("one"), w.Create("two")
		person := w.Join(two, 1)
		a := r.join(library, w.Relays[0], one)
		b := r.join(library, w.Relays[0], two, func(o *options) { o.Beside = a.name }, as(named("Bea", "#123456")))
		a.shows("one")
		b.shows("two")
		bea := person.SeesNamed("Bea")
		b.insert(3, "!")
		person.Shows("two!")
		a.saved()
		b.saved()
		if a.view().Traffic.Sockets != 1 || b.view().Traffic.Sockets != 0 {
			t.Error("b has a socket of its own")
		}
		b.disconnect() // only its document
		person.Misses(bea)
		person.Write("two!!")
		a.insert(0, "> ")
		a.saved()
		b.connect()
		b.shows("two!!")
		a.kill()
		a.reconnected(2)
		person.Write("two?")
		b.shows("two?")
	})
}

func TestHocuspocus_RoomThatDoesNotExist_IsDeniedAlone(t *testing.T) {
	eachProvider(t, func(t *testing.T, w *scene.World, r *robots, library string) {
		id := w.Create("here")
		a := r.join(library, w.Relays[0], id)
		none := r.open(options{Library: library, URL: w.Relays[0] + "/hocuspocus", Room: "000000", Beside: a.name})
		none.until("it is denied", func(v *view) bool { return strings.Contains(v.Denied, "not found") })
		none.insert(0, "nobody reads this")
		a.insert(0, "still ")
		a.saved()
		if n := a.view().Traffic.Sockets; n != 1 {
			t.Errorf("%d sockets", n)
		}
	})
}

// Several providers of one page may work on one room, if they say so.
func TestHocuspocus_SessionsOfOneDocumentOnOneSocket(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("one")
		aware := func(o *options) { o.More = map[string]any{"sessionAwareness": true} }
		a := r.join("hocuspocus-provider-4", w.Relays[0], id, aware)
		b := r.join("hocuspocus-provider-4", w.Relays[0], id, aware, func(o *options) { o.Beside = a.name })
		a.insert(3, "!")
		b.shows("one!")
		b.insert(0, "> ")
		a.shows("> one!")
		converge(a, b)
	})
}

func TestHocuspocus_UpdatesInBatches(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("")
		a := r.join("hocuspocus-provider-4", w.Relays[0], id, func(o *options) { o.More = map[string]any{"flushDelay": 50} })
		b := r.join("hocuspocus-provider-3", w.Relays[1], id)
		for range 10 {
			a.insert(0, "x")
		}
		b.shows(strings.Repeat("x", 10))
		a.saved()
	})
}

func TestHocuspocus_TooLargeDocument_ClosesItAlone(t *testing.T) {
	eachProvider(t, func(t *testing.T, w *scene.World, r *robots, library string) {
		id, other := w.Create(""), w.Create("")
		a := r.join(library, w.Relays[0], id)
		b := r.join(library, w.Relays[0], other, func(o *options) { o.Beside = a.name })
		big := strings.Repeat("0123456789", 60_000) // above MAX_TEXT_BYTES
		a.insert(0, big)
		a.insert(0, "more")
		a.until("its document is closed", func(v *view) bool { return !v.Synced })
		b.insert(0, "fine")
		b.saved()
	})
}
