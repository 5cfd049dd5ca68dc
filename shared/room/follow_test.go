package room

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/redistest"
)

// hearing follows a room and collects what happens in it.
type hearing struct {
	t      *testing.T
	events chan Event
}

func follow(t *testing.T, store *Store, id string) *hearing {
	t.Helper()
	h := &hearing{t: t, events: make(chan Event, 10_000)} // more than any test has, so that it never waits
	if err := store.Follow(t.Context(), id, func(e Event) { h.events <- e }); err != nil {
		t.Fatal(err)
	}
	return h
}

// next waits for the next event, as long as the silence of a link may last.
func (h *hearing) next() Event {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 15*time.Second)
	defer cancel()
	select {
	case e := <-h.events:
		return e
	case <-ctx.Done():
		h.t.Fatal("nothing was heard for 15 s")
		return nil
	}
}

// want waits for an event. What an entry follows is compared only where it is said.
func (h *hearing) want(want Event) {
	h.t.Helper()
	got := h.next()
	entry, isEntry := got.(Appended)
	if wanted, ok := want.(Appended); ok && isEntry && wanted.Previous == "" {
		entry.Previous = ""
		got = entry
	}
	if !reflect.DeepEqual(got, want) {
		h.t.Fatalf("heard %T %+v, want %T %+v", got, got, want, want)
	}
}

// roll waits for the next Roll.
func (h *hearing) roll() Roll {
	h.t.Helper()
	for {
		if roll, ok := h.next().(Roll); ok {
			return roll
		}
	}
}

func TestFollow_HearsEverythingInOrder(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		writer, reader := openStore(t, server, Options{}), openStore(t, server, Options{})
		id := create(t, writer, "", "")
		other := create(t, writer, "", "")
		heard := follow(t, reader, id)

		ada := Person{ID: "u1"}
		color, err := writer.Join(t.Context(), id, ada, anyNumber)
		if err != nil {
			t.Fatal(err)
		}
		ada.Color = color
		heard.want(Here{ada})

		put(t, writer, other, KindUpdate, "elsewhere")
		for _, payload := range []string{"one", "two\nlines", ""} {
			heard.want(Appended{put(t, writer, id, KindUpdate, payload)})
		}
		heard.want(Appended{put(t, writer, id, KindMeta, EncodeMeta(Meta{Language: "go"}))})
		heard.want(Appended{put(t, writer, id, "x", "of a newer relay")})
		head := load(t, writer, id).Head
		if err := writer.Compact(t.Context(), id, head, snapshotOf("")); err != nil {
			t.Fatal(err)
		}
		head = load(t, writer, id).Head
		heard.want(Appended{Entry{Position: head, Kind: KindSnapshot}})

		ada = somebody("u1")
		say(t, writer, id, Presence{Here: []Person{ada}})
		heard.want(Here{ada})
		say(t, writer, id, Presence{Here: []Person{ada}}) // nothing new: nothing to hear
		say(t, writer, other, Presence{Here: []Person{{ID: "u9"}}, Whole: true})
		say(t, writer, id, Presence{Here: []Person{ada}, Whole: true})
		heard.want(Roll{Head: head, People: []Person{ada}})

		say(t, writer, id, Presence{Left: []string{"u1"}})
		heard.want(Left{"u1"})
		say(t, writer, id, Presence{Left: []string{"u1"}, Whole: true}) // told once
		heard.want(Roll{Head: head})
		checkTTLs(t, server)
	})
}

func TestFollow_WhoIsNotHeardOfLeavesOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		killed := openStore(t, server, Options{Presence: 200 * time.Millisecond})
		living := openStore(t, server, Options{Presence: time.Minute})
		id := create(t, living, "", "")
		if _, err := killed.Join(t.Context(), id, Person{ID: "gone"}, anyNumber); err != nil {
			t.Fatal(err)
		}
		if _, err := living.Join(t.Context(), id, Person{ID: "here"}, anyNumber); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return len(load(t, living, id).People) == 1 })
		heard := follow(t, living, id)
		for range 3 { // relays, of which one removes and tells
			say(t, living, id, Presence{})
		}
		heard.want(Left{"gone"})
		say(t, living, id, Presence{Whole: true})
		if roll, ok := heard.next().(Roll); !ok || len(roll.People) != 1 || roll.People[0].ID != "here" {
			t.Errorf("heard %+v", roll)
		}
	})
}

func TestFollow_WhatIsMissedIsTold(t *testing.T) {
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	first, second := create(t, store, "", ""), create(t, store, "", "")
	heardFirst, heardSecond := follow(t, store, first), follow(t, store, second)
	for range 5 {
		before := load(t, store, first).Head
		server.CutPubSub()
		missed := put(t, store, first, KindUpdate, "missed, or heard when all is read anew")
		heardFirst.want(Interrupted{})
		heardSecond.want(Interrupted{})
		if state := loadFrom(t, store, first, before); state.Whole || len(state.Entries) != 1 || state.Head != missed.Position {
			t.Errorf("loaded %+v, want %+v", state, missed)
		}
		heardSecond.want(Appended{put(t, store, second, KindUpdate, "heard")})
		last := put(t, store, first, KindUpdate, "heard")
		e, ok := heardFirst.next().(Appended)
		if ok && e.Position == missed.Position {
			e, ok = heardFirst.next().(Appended)
		}
		if !ok || e.Position != last.Position {
			t.Errorf("heard %+v, want %+v", e, last)
		}
	}
}

func TestFollow_ALinkThatFallsSilentIsMadeAnew(t *testing.T) {
	t.Parallel() // it takes as long as the silence that is allowed
	server := redistest.Real(t)
	link, writer := startProxy(t, server), openStore(t, server, Options{})
	reader := openAt(t, link.url(), testRooms, Options{})
	id := create(t, writer, "", "")
	heard := follow(t, reader, id)
	link.silence()
	put(t, writer, id, KindUpdate, "not heard")
	heard.want(Interrupted{})
	heard.want(Appended{put(t, writer, id, KindUpdate, "heard")})
}

func TestFollow_RedisRestarted_IsTold(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		heard := follow(t, store, id)
		server.Stop()
		server.Start()
		heard.want(Interrupted{})
		heard.want(Appended{put(t, store, id, KindUpdate, "x")})
	})
}

func TestFollow_WithoutRedis_FailsFastAndIsForgotten(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		server.Stop()
		start := time.Now()
		err := store.Follow(t.Context(), id, func(e Event) { t.Errorf("heard %+v", e) })
		if took := time.Since(start); apierr.From(err).Code != apierr.Unavailable || took > 2*time.Second {
			t.Errorf("Follow = %v after %v", err, took)
		}
		server.Start()
		heard := follow(t, store, id)
		heard.want(Appended{put(t, store, id, KindUpdate, "x")})
	})
}

func TestFollow_WhatNobodyUnderstandsIsIgnoredOrAskedFor(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		heard := follow(t, store, id)
		publish := func(message string) {
			if err := server.Client.Publish(t.Context(), "room_channel:"+id, message).Err(); err != nil {
				t.Fatal(err)
			}
		}
		for _, message := range []string{"", "\n", "of a newer relay 1 2 3\npayload", "awareness", "Lost", "lostness"} {
			publish(message)
		}
		publish("lost")
		heard.want(Lost{})
		for _, message := range []string{"entry", "entry x t n a\n", "all 1-1\n[]", "here\nnobody", "all 1-1 n\n{"} {
			publish(message)
			heard.want(Interrupted{})
		}
	})
}

func TestUnfollow_HearsNoMore(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		quiet := follow(t, store, id)
		store.Unfollow(id)
		eventually(t, func() bool { // no subscription is left
			return server.Client.PubSubNumSub(t.Context(), "room_channel:"+id).Val()["room_channel:"+id] == 0
		})
		again := follow(t, store, id)
		say(t, store, id, Presence{Here: []Person{{ID: "u1"}}})
		again.want(Here{Person{ID: "u1"}})
		if len(quiet.events) != 0 {
			t.Errorf("heard %+v", <-quiet.events)
		}
	})
}

func TestParseEvent_NeverFailsOnWhatNewerRelaysSay(t *testing.T) {
	for _, message := range []string{"", "\n", "update 1 2 3\npayload", "awareness", "losts"} {
		if event, err := parseEvent(message); event != nil || err != nil {
			t.Errorf("parseEvent(%q) = %v, %v", message, event, err)
		}
	}
	for _, message := range []string{"entry", "entry x t n a\n", "entry 1-1 u n\n", "all 1-1\n[]", "all 1-x n\n[]", "all 1-1 n\n{", "here\nnobody"} {
		if event, err := parseEvent(message); err == nil {
			t.Errorf("parseEvent(%q) = %v, want an error", message, event)
		}
	}
}
