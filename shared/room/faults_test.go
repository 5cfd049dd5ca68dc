package room

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestRoom_GoesByItselfWithAllItsKeys(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openAt(t, server.URL, config.Rooms{TTLSeconds: 1, TextName: textName}, Options{})
		id := create(t, store, "text", "")
		if _, err := store.Join(t.Context(), id, Person{ID: "u1"}, anyNumber); err != nil {
			t.Fatal(err)
		}
		put(t, store, id, KindUpdate, "x")
		eventually(t, func() bool { return len(server.Keys()) == 0 })
		if exists, err := store.Exists(t.Context(), id); exists || err != nil {
			t.Errorf("Exists = %v, %v", exists, err)
		}
	})
}

func TestStore_RedisAway_FailsFastAndComesBackByItself(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "kept", "")
		head := load(t, store, id).Head
		server.Stop()
		for name, try := range attempts(t, store, id, head) {
			start := time.Now()
			err := try()
			e := apierr.From(err)
			if e.Code != apierr.Unavailable || e.Retry == 0 || time.Since(start) > 2*time.Second {
				t.Errorf("%s: %v after %v", name, err, time.Since(start))
			}
		}
		server.Start()
		eventually(t, func() bool { // the breaker looks again after a moment
			_, err := store.Load(t.Context(), id, Position{})
			return err == nil
		})
		if text := textOf(t, store, id); text != "kept" {
			t.Errorf("text is %q", text)
		}
		if err := store.Ping(t.Context()); err != nil {
			t.Errorf("Ping = %v", err)
		}
	})
}

func TestStore_RedisStalled_FailsFast(t *testing.T) {
	t.Parallel()
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	id := create(t, store, "", "")
	head := load(t, store, id).Head
	server.Stall(true)
	defer server.Stall(false)
	var wg sync.WaitGroup
	for name, try := range attempts(t, store, id, head) {
		wg.Go(func() {
			start := time.Now()
			err := try()
			if took := time.Since(start); apierr.From(err).Code != apierr.Unavailable || took > 2*time.Second {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		})
	}
	wg.Wait()
}

func TestStore_RedisStalled_EndsWhenItsCallerDoes(t *testing.T) {
	t.Parallel()
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	id := create(t, store, "", "")
	server.Stall(true)
	defer server.Stall(false)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := store.Load(ctx, id, Position{})
	if took := time.Since(start); apierr.From(err).Code != apierr.Unavailable || took > opTimeout*2/3 {
		t.Errorf("Load = %v after %v", err, took)
	}
}

// attempts are all that can be asked of a Store about a room.
func attempts(t *testing.T, store *Store, id string, head Position) map[string]func() error {
	ctx := t.Context()
	e := NewEntry(KindUpdate, "u1", "\x00\x00")
	e.Epoch = head.Epoch
	return map[string]func() error{
		"Create":      func() error { _, err := store.Create(ctx, "", ""); return err },
		"Seed":        func() error { _, err := store.Seed(ctx, id, snapshotOf("")); return err },
		"Adopt":       func() error { return store.Adopt(ctx, id) },
		"Exists":      func() error { _, err := store.Exists(ctx, id); return err },
		"Load":        func() error { _, err := store.Load(ctx, id, Position{}); return err },
		"Append":      func() error { _, err := store.Append(ctx, id, e, false); return err },
		"Compact":     func() error { return store.Compact(ctx, id, head, snapshotOf("")) },
		"View":        func() error { _, err := store.View(ctx, id, head, "x"); return err },
		"Join":        func() error { _, err := store.Join(ctx, id, Person{ID: "joins"}, anyNumber); return err },
		"SayPresence": func() error { return store.SayPresence(ctx, id, Presence{Here: []Person{somebody("u1")}, Whole: true}) },
		"Left":        func() error { return store.SayPresence(ctx, id, Presence{Left: []string{"u1"}}) },
		"Ping":        func() error { return store.Ping(ctx) },
	}
}

// spoil puts something else in the place of a room's key.
func spoil(t *testing.T, server *redistest.Server, id, name string) {
	t.Helper()
	del(t, server, id, name)
	var err error
	if name == "code" {
		err = server.Client.RPush(t.Context(), key(id, name), "a list").Err()
	} else {
		err = server.Client.Set(t.Context(), key(id, name), "a text", 0).Err()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// is the type that each key has.
var is = map[string]string{"log": "stream", "seen": "zset", "presence": "hash", "code": "string", "users": "set", "cursors": "hash"}

func TestStore_AKeyThatSomebodyElseHasWrittenHeals(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		for _, name := range allKeys {
			id := create(t, store, "text", "")
			say(t, store, id, Presence{Here: []Person{somebody("u1"), {ID: "u2"}}})
			for first, try := range attempts(t, store, id, load(t, store, id).Head) {
				spoil(t, server, id, name)
				err := try()
				if code := apierr.From(err).Code; err != nil && code != apierr.Unavailable && !expected(err) {
					t.Errorf("%s is spoilt, and first of all %s: %v", name, first, err)
				}
				if apierr.From(err).Code == apierr.Unavailable {
					if err := try(); err != nil && !expected(err) {
						t.Errorf("%s was spoilt, and %s for the second time: %v", name, first, err)
					}
				}
				var seedErr, sayErr error
				for range 2 { // what a relay does every few seconds
					_, seedErr = store.Seed(t.Context(), id, snapshotOf("text"))
					sayErr = store.SayPresence(t.Context(), id, Presence{Here: []Person{somebody("u1"), {ID: "u2"}}, Whole: true})
				}
				ok, viewErr := store.View(t.Context(), id, load(t, store, id).Head, "text")
				if !ok || seedErr != nil || sayErr != nil || viewErr != nil {
					t.Errorf("%s was spoilt, first of all came %s, then View = %v; %v, %v, %v", name, first, ok, viewErr, seedErr, sayErr)
				}
				for _, other := range allKeys {
					if got := server.Client.Type(t.Context(), key(id, other)).Val(); got != is[other] {
						t.Errorf("%s was spoilt, first of all came %s, and %s is of type %s", name, first, other, got)
					}
				}
				checkTTLs(t, server)
			}
		}
	})
}

// expected reports whether a Store may say so of a room that is there, was lost
// or is another one.
func expected(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrEpoch)
}

func TestStore_WhoLeavesWhileAViewIsSpoiltIsTold(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		for _, view := range []string{"users", "cursors"} {
			id := create(t, store, "", "")
			say(t, store, id, Presence{Here: []Person{somebody("u1"), somebody("u2")}})
			heard := follow(t, store, id)
			spoil(t, server, id, view)
			left := Presence{Left: []string{"u1", "u2"}}
			if err := store.SayPresence(t.Context(), id, left); apierr.From(err).Code != apierr.Unavailable {
				t.Errorf("SayPresence = %v", err)
			}
			say(t, store, id, left) // as a relay does
			heard.want(Left{"u1"})
			heard.want(Left{"u2"})
		}
	})
}

// chaos does things to a few rooms at random, with much that goes wrong.
type chaos struct {
	t      *testing.T
	random *rand.Rand
	server *redistest.Server
	store  *Store
	heads  map[string]Position // of each room, as last seen
	last   Entry               // that was appended
}

func (c *chaos) id() string { return fmt.Sprintf("%06d", c.random.IntN(3)) }

// head is the last entry of a room that was seen, or one of a log before.
func (c *chaos) head(id string) Position {
	if head, ok := c.heads[id]; ok {
		return head
	}
	return Position{Epoch: "1", Seq: 1, Nonce: "long gone"}
}

// step does one thing and returns what it was.
func (c *chaos) step() (what string, err error) {
	id := c.id()
	if c.random.IntN(8) == 0 {
		return c.harm(id), nil
	}
	actions := attempts(c.t, c.store, id, c.head(id))
	actions["Load"] = func() error {
		state, err := c.store.Load(c.t.Context(), id, c.head(id))
		if err == nil {
			c.heads[id] = state.Head
		}
		return err
	}
	actions["Append again"] = func() error {
		_, err := c.store.Append(c.t.Context(), id, c.last, true)
		return err
	}
	actions["Append"] = func() error {
		c.last = NewEntry(KindUpdate, "u1", "\x00\x00")
		c.last.Epoch = c.head(id).Epoch
		head, err := c.store.Append(c.t.Context(), id, c.last, false)
		if err == nil {
			c.heads[id] = head
		}
		return err
	}
	names := slices.Sorted(maps.Keys(actions))
	what = names[c.random.IntN(len(names))]
	return what, actions[what]()
}

// harm does what should not be done to a room.
func (c *chaos) harm(id string) (what string) {
	ctx, key := c.t.Context(), key(id, allKeys[c.random.IntN(len(allKeys))])
	switch c.random.IntN(10) {
	case 0:
		c.server.Wipe()
		return "FLUSHALL"
	case 1:
		c.server.Client.XTrimMaxLen(ctx, "room:"+id+":log", 0)
		return "XTRIM of the log"
	case 2:
		c.server.Client.Set(ctx, key, "spoilt", testTTL*time.Second)
		return "SET of " + key
	default:
		c.server.Client.Del(ctx, key)
		return "DEL of " + key
	}
}

func TestStore_WhateverHappens_NoKeyIsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		c := &chaos{t: t, random: chance(t), server: server, store: openStore(t, server, Options{}), heads: make(map[string]Position)}
		c.store.newID = c.id
		worked, all := make(map[string]int), attempts(t, c.store, "", Position{})
		for range 1000 {
			what, err := c.step()
			switch {
			case err == nil:
				worked[what]++
			case expected(err):
			case apierr.From(err).Code != apierr.Unavailable,
				!strings.Contains(err.Error(), "WRONGTYPE") && !strings.Contains(err.Error(), "no free room id"):
				t.Errorf("%s: %v", what, err)
			}
			if checkTTLs(t, server); t.Failed() {
				t.Fatalf("after %s, which gave %v", what, err)
			}
		}
		for what := range all {
			if worked[what] == 0 {
				t.Errorf("%s never worked, so the test is none of it", what)
			}
		}
	})
}

func TestOpen_BadURLNamesTheVariable(t *testing.T) {
	_, err := Open("redis://host:port:port/x?db=y", config.Rooms{}, Options{})
	if bad, ok := errors.AsType[*config.Error](err); !ok || bad.Variable != "REDIS_URL" {
		t.Errorf("Open = %v", err)
	}
}
