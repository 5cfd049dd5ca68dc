package room

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestAppend_TheLogHasAllInOrder(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		relay := replay(t, store, create(t, store, "", ""))
		for i := range 100 {
			appended, err := relay.insert(t.Context(), i, string(rune('a'+i%26)))
			if err != nil || appended.Epoch != relay.head.Epoch || appended.Seq != relay.head.Seq+1 || len(appended.Nonce) != 16 {
				t.Fatalf("entry %d: %+v, %v; head was %+v", i, appended, err, relay.head)
			}
			relay.head = appended
		}
		state := load(t, store, relay.id)
		if state.Head != relay.head || len(state.Entries) != 101 {
			t.Errorf("the head is %+v, want %+v; %d entries", state.Head, relay.head, len(state.Entries))
		}
		if text := textOf(t, store, relay.id); text != relay.text() {
			t.Errorf("the text is %q, want %q", text, relay.text())
		}
		checkTTLs(t, server)
	})
}

func TestAppend_PayloadsAreKeptAndToldToTheByte(t *testing.T) {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	payloads := map[string]string{
		"nothing": "",
		"a byte":  "\x00",
		"lines":   "entry 1-1 u n a\nand\r\nmore\n",
		"spaces":  "  two  ",
		"any":     string(all[:]),
		"2 MiB":   strings.Repeat(string(all[:]), 2<<20/256),
	}
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		heard := follow(t, openStore(t, server, Options{}), id)
		for name, payload := range payloads {
			before := load(t, store, id).Head
			e := put(t, store, id, KindUpdate, payload)
			told, ok := heard.next().(Appended)
			e.Previous = before.Nonce
			if !ok || told.Entry != e {
				t.Errorf("%s: told %+.100v, want %+.100v", name, told, e)
			}
			e.Author, e.Previous = "", "" // not kept
			if state := loadFrom(t, store, id, before); len(state.Entries) != 1 || state.Entries[0] != e {
				t.Errorf("%s: it is not as it was appended", name)
			}
		}
	})
}

func TestAppend_RefusesALogThatIsNotThere(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		before := load(t, store, id).Head
		e := NewEntry(KindUpdate, "u1", "x")
		for _, again := range []bool{false, true} {
			for _, e.Epoch = range []string{"1", before.Epoch[1:], before.Epoch + "0", ""} {
				if _, err := store.Append(t.Context(), id, e, again); !errors.Is(err, ErrEpoch) {
					t.Errorf("with epoch %q: %v", e.Epoch, err)
				}
			}
		}
		if head := load(t, store, id).Head; head != before {
			t.Errorf("the head is %+v", head)
		}
		server.Wipe()
		e.Epoch = before.Epoch
		if _, err := store.Append(t.Context(), id, e, false); !errors.Is(err, ErrNotFound) {
			t.Errorf("without a room: %v", err)
		}
		if _, err := store.Append(t.Context(), id, e, true); !errors.Is(err, ErrNotFound) {
			t.Errorf("without a room, again: %v", err)
		}
		if ok, err := store.View(t.Context(), id, before, "x"); ok || err != nil {
			t.Errorf("View without a room: %v, %v", ok, err)
		}
		if err := store.SayPresence(t.Context(), id, Presence{Here: []Person{{ID: "u1"}}, Whole: true}); !errors.Is(err, ErrNotFound) {
			t.Errorf("presence without a room: %v", err)
		}
		if _, err := store.Join(t.Context(), id, Person{ID: "u1"}, anyNumber); !errors.Is(err, ErrNotFound) {
			t.Errorf("join without a room: %v", err)
		}
		if keys := server.Keys(); len(keys) != 0 {
			t.Errorf("something was written: %v", keys)
		}
	})
}

func TestAppend_AgainStandsOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		first := put(t, store, id, KindUpdate, "its reply was lost")
		heard := follow(t, store, id)
		for others := range 63 { // what others append meanwhile
			if position, err := store.Append(t.Context(), id, first, true); err != nil || position != first.Position {
				t.Fatalf("again after %d others: %+v, %v; want %+v", others, position, err, first.Position)
			}
			heard.want(Appended{put(t, store, id, KindUpdate, fmt.Sprint("other ", others))})
		}
		if n := logLength(t, server, id); n != 65 {
			t.Errorf("the log has %d entries", n)
		}
		new := NewEntry(KindUpdate, "someone", "did not arrive")
		new.Epoch = first.Epoch
		position, err := store.Append(t.Context(), id, new, true)
		if err != nil || position.Seq != 66 || position.Nonce == new.Nonce || MadeWith(position.Nonce) != new.Nonce {
			t.Errorf("what is not there: %+v, %v", position, err)
		}
		first.Previous = "" // as it was appended
		for want := int64(67); want < 69; want++ {
			position, err = store.Append(t.Context(), id, first, false)
			if err != nil || position.Seq != want {
				t.Errorf("without again: %+v, %v", position, err)
			}
		}
	})
}

func TestAppend_BehindAnEntryThatIsNotTheLast(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		first := put(t, store, id, KindUpdate, "first")
		second := NewEntry(KindMeta, "someone", "second")
		second.Epoch, second.Previous = first.Epoch, first.Nonce
		position, err := store.Append(t.Context(), id, second, false)
		if err != nil || position.Seq != first.Seq+1 {
			t.Errorf("behind the last: %+v, %v", position, err)
		}
		if again, err := store.Append(t.Context(), id, second, true); err != nil || again != position {
			t.Errorf("again: %+v, %v; want %+v", again, err, position)
		}
		for _, again := range []bool{false, true} {
			third := NewEntry(KindMeta, "someone", "third")
			third.Epoch, third.Previous = first.Epoch, first.Nonce
			if _, err := store.Append(t.Context(), id, third, again); !errors.Is(err, ErrMoved) {
				t.Errorf("behind another: %v", err)
			}
		}
		if n := logLength(t, server, id); n != 3 {
			t.Errorf("the log has %d entries", n)
		}
	})
}

func TestAppend_WhoseReplyIsLost_IsSentOnceAndFoundAgain(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		link := startProxy(t, server)
		store := openAt(t, link.url(), testRooms, Options{})
		id := create(t, store, "", "")
		put(t, store, id, KindUpdate, "so that Redis knows the script")
		e := NewEntry(KindUpdate, "someone", "lost")
		e.Epoch = load(t, store, id).Head.Epoch
		link.loseReplies()
		if _, err := store.Append(t.Context(), id, e, false); apierr.From(err).Code != apierr.Unavailable {
			t.Fatalf("Append = %v", err)
		}
		if n := logLength(t, server, id); n != 3 {
			t.Fatalf("the log has %d entries, so the test is none", n)
		}
		position, err := store.Append(t.Context(), id, e, true)
		if head := load(t, store, id).Head; err != nil || position != head || head.Seq != 3 || head.Nonce != e.Nonce {
			t.Errorf("again: %+v, %v; head %+v", position, err, head)
		}
	})
}

func TestAppend_ManyAtOnce_EachHasAPlace(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		const writers, each = 8, 25
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		start := load(t, store, id).Head
		heard := follow(t, openStore(t, server, Options{}), id)
		var mu sync.Mutex
		appended := make(map[Position]string)
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					e := NewEntry(KindUpdate, "someone", fmt.Sprint(w, " ", i))
					e.Epoch = start.Epoch
					position, err := store.Append(context.Background(), id, e, false)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					appended[position] = e.Payload
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		state := loadFrom(t, store, id, start)
		if len(appended) != writers*each || len(state.Entries) != writers*each {
			t.Fatalf("%d places, %d entries", len(appended), len(state.Entries))
		}
		for _, e := range state.Entries {
			told, ok := heard.next().(Appended)
			if !ok || !told.Follows(start) {
				t.Fatalf("after %+v the log has %+v, told is %+v", start, e, told)
			}
			if told.Author, told.Previous = "", ""; told.Entry != e || appended[e.Position] != e.Payload {
				t.Fatalf("after %+v the log has %+v, told is %+v, appended %q", start, e, told, appended[e.Position])
			}
			start = e.Position
		}
	})
}

func TestAppend_RenewsTheRoomsLife(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "text", "")
		say(t, store, id, Presence{Here: []Person{somebody("u1")}})
		for _, name := range allKeys {
			for _, left := range []string{"half", "none"} {
				for _, other := range allKeys { // all are renewed together, so all are due
					server.Client.Expire(t.Context(), key(id, other), testTTL/2*time.Second)
				}
				if left == "none" {
					server.Client.Persist(t.Context(), key(id, name))
				}
				put(t, store, id, KindUpdate, "x")
				if ttl := server.TTL(key(id, name)); ttl < (testTTL-5)*time.Second || ttl > testTTL*time.Second {
					t.Errorf("%s lives %v", name, ttl)
				}
			}
		}
		checkTTLs(t, server)
	})
}

func TestView_IsWrittenByWhoAppendedLast(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "first", "")
		head := load(t, store, id).Head
		view := func(at Position, text string, want bool) {
			t.Helper()
			if ok, err := store.View(t.Context(), id, at, text); ok != want || err != nil {
				t.Errorf("View = %v, %v, want %v", ok, err, want)
			}
		}
		view(head, "second", true)
		next := put(t, store, id, KindUpdate, "x").Position
		view(head, "too late", false)
		view(Position{Epoch: next.Epoch, Seq: next.Seq, Nonce: "another"}, "of a log that was rewound", false)
		view(Position{Epoch: next.Epoch, Seq: next.Seq + 1, Nonce: next.Nonce}, "of the future", false)
		view(Position{}, "of nothing", false)
		if code := codeView(t, server, id); code != "second" {
			t.Errorf("the view is %q", code)
		}
		binary := string(bytes.Repeat([]byte("\x00\r\n😀"), 1000))
		del(t, server, id, "code")
		view(next, binary, true)
		if code := codeView(t, server, id); code != binary {
			t.Errorf("the view is %.50q", code)
		}
		checkTTLs(t, server)
	})
}
