package room

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/redistest"
)

// hearing follows a room and collects what happens in it.
type hearing struct {
	t      *testing.T
	events chan Event
}

func follow(t *testing.T, store *Store, id string) *hearing {
	t.Helper()
	h := &hearing{t: t, events: make(chan Event, 100)}
	if err := store.Follow(t.Context(), id, func(e Event) { h.events <- e }); err != nil {
		t.Fatal(err)
	}
	return h
}

// next waits for the next event.
func (h *hearing) next() Event {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	defer cancel()
	select {
	case e := <-h.events:
		return e
	case <-ctx.Done():
		h.t.Fatal("nothing was heard for 10 s")
		return nil
	}
}

func (h *hearing) want(want Event) {
	h.t.Helper()
	if got := h.next(); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		h.t.Fatalf("heard %T %+v, want %T %+v", got, got, want, want)
	}
}

func say(t *testing.T, store *Store, id string, p Presence) {
	t.Helper()
	if err := store.SayPresence(t.Context(), id, p); err != nil {
		t.Fatal(err)
	}
}

func TestFollow_HearsEverythingInOrder(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		writer, reader := openStore(t, server, Options{}), openStore(t, server, Options{})
		id := create(t, writer, "", "")
		other := create(t, writer, "", "")
		head := load(t, writer, id).Head
		heard := follow(t, reader, id)

		ada := Person{ID: "u1"}
		color, err := writer.Join(t.Context(), id, ada, anyNumber)
		if err != nil {
			t.Fatal(err)
		}
		ada.Color = color
		heard.want(Here{ada})

		for _, text := range []string{"one", "two\nlines", ""} {
			e := NewEntry(KindText, "u1", text)
			e.Epoch = head.Epoch
			appended, err := writer.Append(t.Context(), id, e)
			if err != nil {
				t.Fatal(err)
			}
			heard.want(Appended{appended})
			head = appended.Position
		}

		ada.Name, ada.Cursor = "Ada", &protocol.Cursor{Line: 2, Column: 3, Color: color}
		say(t, writer, id, Presence{Here: []Person{ada}})
		if got, ok := heard.next().(Here); !ok || got.Name != "Ada" || *got.Cursor != *ada.Cursor {
			t.Fatalf("heard %+v", got)
		}
		say(t, writer, id, Presence{Here: []Person{ada}}) // nothing new: nothing to hear
		say(t, writer, other, Presence{Here: []Person{{ID: "u9"}}, Whole: true})

		say(t, writer, id, Presence{Here: []Person{ada}, Whole: true})
		roll, ok := heard.next().(Roll)
		if !ok || roll.Head != head || len(roll.People) != 1 || roll.People[0].Name != "Ada" {
			t.Fatalf("heard %+v, want the roll with head %+v", roll, head)
		}
		cursor := server.Client.HGet(t.Context(), "room:"+id+":cursors", "u1").Val()
		if users := server.Client.SMembers(t.Context(), "room:"+id+":users").Val(); !slices.Equal(users, []string{"u1"}) || cursor == "" {
			t.Errorf("the views are %v and %q", users, cursor)
		}
		checkTTLs(t, server)

		say(t, writer, id, Presence{Left: []string{"u1"}})
		heard.want(Left{"u1"})
		say(t, writer, id, Presence{Left: []string{"u1"}, Whole: true}) // told once
		if roll, ok := heard.next().(Roll); !ok || len(roll.People) != 0 {
			t.Fatalf("heard %+v, want an empty roll", roll)
		}
		if n := server.Client.Exists(t.Context(), "room:"+id+":users", "room:"+id+":cursors").Val(); n != 0 {
			t.Errorf("%d views of nobody are left", n)
		}
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
		eventually(t, 5*time.Second, func() bool { return len(load(t, living, id).People) == 1 })
		heard := follow(t, living, id)
		say(t, living, id, Presence{})
		heard.want(Left{"gone"})
		say(t, living, id, Presence{Whole: true})
		if roll, ok := heard.next().(Roll); !ok || len(roll.People) != 1 || roll.People[0].ID != "here" {
			t.Errorf("heard %+v", roll)
		}
	})
}

func TestFollow_EachLostKeyOfPresenceHeals(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		ada := Person{ID: "u1", Color: "#C72626", Cursor: &protocol.Cursor{Line: 1, Column: 1, Color: "#C72626"}}
		say(t, store, id, Presence{Here: []Person{ada, {ID: "u2"}}})
		heard := follow(t, store, id)
		for _, key := range []string{"seen", "presence", "users", "cursors"} {
			if err := server.Client.Del(t.Context(), "room:"+id+":"+key).Err(); err != nil {
				t.Fatal(err)
			}
			say(t, store, id, Presence{Here: []Person{ada}, Whole: true})
			for {
				roll, ok := heard.next().(Roll)
				if !ok {
					continue
				}
				if !slices.ContainsFunc(roll.People, func(p Person) bool { return p.ID == "u1" }) {
					t.Errorf("without %s the roll is %+v", key, roll.People)
				}
				break
			}
			if n := server.Client.Exists(t.Context(), keysOf(id).all()...).Val(); n != 6 {
				t.Errorf("after %s was lost there are %d keys of 6", key, n)
			}
		}
	})
}

func TestFollow_LostConnectionIsTold(t *testing.T) {
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	first, second := create(t, store, "", ""), create(t, store, "", "")
	heardFirst, heardSecond := follow(t, store, first), follow(t, store, second)
	server.CutPubSub()
	heardFirst.want(Interrupted{})
	heardSecond.want(Interrupted{})
	say(t, store, first, Presence{Left: nil, Here: []Person{{ID: "u1"}}})
	heardFirst.want(Here{Person{ID: "u1"}})
}

func TestFollow_RedisRestarted_IsTold(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		heard := follow(t, store, id)
		server.Stop()
		server.Start()
		heard.want(Interrupted{})
	})
}

func TestUnfollow_HearsNoMore(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		quiet := follow(t, store, id)
		store.Unfollow(id)
		if n := server.Client.PubSubNumSub(t.Context(), "room_channel:"+id).Val()["room_channel:"+id]; n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
		again := follow(t, store, id)
		say(t, store, id, Presence{Here: []Person{{ID: "u1"}}})
		again.want(Here{Person{ID: "u1"}})
		if len(quiet.events) != 0 {
			t.Errorf("heard %+v", <-quiet.events)
		}
	})
}

func TestParseEvent_NeverFailsOnWhatNewerRelaysSay(t *testing.T) {
	for _, message := range []string{"", "\n", "update 1 2 3\npayload", "awareness"} {
		if event, err := parseEvent(message); event != nil || err != nil {
			t.Errorf("parseEvent(%q) = %v, %v", message, event, err)
		}
	}
	for _, message := range []string{"entry", "entry x t n a\n", "all 1-1\n[]", "all 1-1 n\n{", "here\nnobody"} {
		if event, err := parseEvent(message); err == nil {
			t.Errorf("parseEvent(%q) = %v, want an error", message, event)
		}
	}
}
