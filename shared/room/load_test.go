package room

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/redistest"
)

func TestLoad_GivesWhatFollowsAPosition(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "go")
		head := load(t, store, id).Head
		positions := []Position{head}
		for i := range 10 {
			positions = append(positions, put(t, store, id, KindUpdate, strconv.Itoa(i)).Position)
		}
		whole := load(t, store, id)
		if !whole.Whole || len(whole.Entries) != len(positions) || whole.Head != positions[10] {
			t.Errorf("loaded %+v", whole)
		}
		for i, from := range positions {
			tail := loadFrom(t, store, id, from)
			if tail.Whole || !slices.Equal(tail.Entries, whole.Entries[i+1:]) || tail.Head != whole.Head {
				t.Errorf("from entry %d: %+v", i, tail)
			}
			if tail.Meta != nil {
				t.Errorf("from entry %d nothing is said of the metadata, and they are %+v", i, tail.Meta)
			}
		}
	})
}

func TestLoad_GivesAllToWhoKnowsAnotherLog(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "go")
		first := load(t, store, id).Head
		last := put(t, store, id, KindUpdate, "x").Position
		if err := store.Compact(t.Context(), id, first, Snapshot{Meta: Meta{Language: "go"}}); err != nil {
			t.Fatal(err)
		}
		for name, from := range map[string]Position{
			"trimmed away":     first,
			"another nonce":    {Epoch: last.Epoch, Seq: last.Seq, Nonce: "another"},
			"another epoch":    {Epoch: "1", Seq: last.Seq, Nonce: last.Nonce},
			"not yet there":    {Epoch: last.Epoch, Seq: 1 << 40, Nonce: last.Nonce},
			"without a nonce":  {Epoch: last.Epoch, Seq: last.Seq},
			"nothing at all":   {},
			"no number at all": {Epoch: "x y", Seq: -5},
		} {
			state := loadFrom(t, store, id, from)
			if !state.Whole || len(state.Entries) != 2 || state.Head.Seq != 3 || state.Meta == nil {
				t.Errorf("%s: %+v", name, state)
			}
		}
	})
}

// rewind puts a log back to its first entries, as a failover to a replica that
// had no more does.
func rewind(t *testing.T, server *redistest.Server, id string, entries int64) {
	t.Helper()
	kept, err := server.Client.XRangeN(t.Context(), key(id, "log"), "-", "+", entries).Result()
	if err != nil {
		t.Fatal(err)
	}
	del(t, server, id, "log")
	for _, e := range kept {
		fields := []any{}
		for _, name := range []string{"k", "n", "d", "m", "c"} { // in the order of the scripts
			if value, ok := e.Values[name]; ok {
				fields = append(fields, name, value)
			}
		}
		addEntry(t, server, id, e.ID, fields...)
	}
	server.Client.Expire(t.Context(), key(id, "log"), testTTL*1e9)
}

// addEntry appends an entry as no script does.
func addEntry(t *testing.T, server *redistest.Server, id, entryID string, fields ...any) {
	t.Helper()
	err := server.Client.XAdd(t.Context(), &redis.XAddArgs{Stream: key(id, "log"), ID: entryID, Values: fields}).Err()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLoad_ALogThatWasRewoundIsAnotherOne(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		kept := put(t, store, id, KindUpdate, "kept").Position
		lost := put(t, store, id, KindUpdate, "lost").Position
		rewind(t, server, id, 2)
		if state := loadFrom(t, store, id, lost); !state.Whole || state.Head != kept {
			t.Errorf("loaded %+v", state)
		}
		other := put(t, store, id, KindUpdate, "written on").Position
		if other.Seq != lost.Seq || other.Epoch != lost.Epoch {
			t.Fatalf("the entry is %+v, not in the place of %+v", other, lost)
		}
		if state := loadFrom(t, store, id, lost); !state.Whole || len(state.Entries) != 3 || state.Head != other {
			t.Errorf("loaded %+v", state)
		}
		if state := loadFrom(t, store, id, kept); state.Whole || len(state.Entries) != 1 || state.Head != other {
			t.Errorf("from what was kept: %+v", state)
		}
	})
}

func TestLoad_GivesEntriesOfEachKindAndThoseOfNewerRelays(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		head := load(t, store, id).Head
		var want []Entry
		for _, kind := range []Kind{KindUpdate, KindMeta, "x", "later", KindSnapshot} {
			e := put(t, store, id, kind, "{}")
			e.Author = "" // not kept
			want = append(want, e)
		}
		state := loadFrom(t, store, id, head)
		if !slices.Equal(state.Entries, want) || state.Head != want[len(want)-1].Position {
			t.Errorf("loaded %+v, want %+v", state, want)
		}
	})
}

func TestLoad_PoisonedEntriesDoNotEndTheRoom(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "text", "go")
		head := load(t, store, id).Head
		for _, fields := range [][]any{
			{"k", "u", "n", "0", "d", "\xff\xff\xff\xff\xff\xff"},
			{"k", "u", "n", "0"},
			{"k", "m", "n", "0", "d", `{"language":7}`},
			{"k", "m", "n", "0", "d", "{"},
			{"k", "m", "n", "0"},
			{"k", "s", "n", "0", "d", "", "m", "{", "c", "1"},
			{"k", "s", "n", "0", "d", "", "m", `{"language":"c"}`, "c", "x"},
			{"k", "s", "n", "0", "d", ""},
			{"garbage", "of somebody else"},
			{"", ""},
		} {
			addEntry(t, server, id, head.Epoch+"-*", fields...)
			state, err := store.Load(t.Context(), id, Position{})
			if err != nil || !state.Whole || state.Meta == nil || state.Meta.Language != "go" {
				t.Errorf("after %v: Load = %+v, %v", fields, state, err)
			}
			if tail, err := store.Load(t.Context(), id, head); err != nil || tail.Whole {
				t.Errorf("after %v: Load of the tail = %+v, %v", fields, tail, err)
			}
			say(t, store, id, Presence{Whole: true})
		}
		state := load(t, store, id)
		if len(state.Entries) != 11 || state.Broken != 6 || state.Head.Seq != 11 { // broken: what is said of metadata
			t.Errorf("%d entries, %d broken, head %+v", len(state.Entries), state.Broken, state.Head)
		}
		last := put(t, store, id, KindUpdate, "x").Position
		if ok, err := store.View(t.Context(), id, last, "text"); !ok || err != nil {
			t.Errorf("View = %v, %v", ok, err)
		}
		if err := store.Compact(t.Context(), id, last, Snapshot{}); err != nil || logLength(t, server, id) != 1 {
			t.Errorf("Compact = %v", err)
		}
	})
}

func TestLoad_AnEntryBeyondAllCountingIsLeftOut(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "text", "")
		head := load(t, store, id).Head
		addEntry(t, server, id, head.Epoch+"-18446744073709551615", "k", "u", "n", "0", "d", "x")
		if state := load(t, store, id); state.Head != head || len(state.Entries) != 1 || state.Broken != 1 {
			t.Errorf("loaded %+v", state)
		}
	})
}

// said makes the reply of load.lua: the log of one letter for each entry, u for
// an update, "m=x" for metadata, "s2=x" for a snapshot that covers entry 2.
func said(whole bool, firstSeq int, log ...string) []any {
	entries := make([]any, 0, len(log))
	for i, what := range log {
		var fields []any
		switch kind := what[:1]; kind {
		case "s":
			fields = []any{"k", kind, "n", "n", "d", "", "m", what[3:], "c", what[1:2]}
		case "m":
			fields = []any{"k", kind, "n", "n", "d", what[2:]}
		default:
			fields = []any{"k", kind, "n", "n", "d", ""}
		}
		entries = append(entries, []any{fmt.Sprintf("77-%d", firstSeq+i), fields})
	}
	if whole {
		return []any{int64(1), entries, []any{}}
	}
	return []any{int64(0), entries, []any{}}
}

func TestLoad_TheLastWordOnMetadataCounts(t *testing.T) {
	const a, b, c = `{"language":"a"}`, `{"language":"b"}`, `{"language":"c"}`
	for _, test := range []struct {
		name   string
		reply  []any
		want   string // "-" for none
		broken int
	}{
		{"a new room", said(true, 1, "s0="+a), "a", 0},
		{"nobody chose", said(true, 1, "s0={}"), "", 0},
		{"changed", said(true, 1, "s0="+a, "m="+b, "u", "m="+c), "c", 0},
		{"changed, then compacted", said(true, 4, "s3="+b), "b", 0},
		{"changed after what a later snapshot covers", said(true, 2, "s0="+a, "m="+b, "s2="+a), "b", 0},
		{"changed while a snapshot was taken", said(true, 3, "m="+b, "s2="+a, "u"), "b", 0},
		{"changed before, and covered", said(true, 3, "m="+b, "u", "s4="+a), "a", 0},
		{"just covered", said(true, 3, "m="+b, "s3="+a), "a", 0},
		{"two snapshots, the later covers less", said(true, 3, "u", "u", "s4="+b, "s3="+a), "b", 0},
		{"a field is left out", said(true, 3, `m={"later":1}`, "s2="+a), "a", 0},
		{"a field is left out at last", said(true, 1, "s0="+a, "m={}", `m={"language":""}`), "a", 0},
		{"no snapshot", said(true, 5, "m="+b, "u"), "b", 0},
		{"nothing", said(true, 5, "u", "u"), "-", 0},
		{"broken at last", said(true, 1, "s0="+a, "m={", "m=7", "s2=}"), "a", 3},
		{"the tail says nothing", said(false, 5, "m="+a, "u"), "-", 0},
		{"the tail says it", said(false, 5, "u", "m="+b), "b", 0},
		{"the tail has a snapshot of before", said(false, 5, "u", "s4="+a), "-", 0},
		{"the tail has a snapshot of just here", said(false, 5, "u", "s5="+a), "-", 0},
		{"the tail has both", said(false, 5, "u", "m="+b, "s5="+a), "b", 0},
		{"an empty tail", said(false, 5, "m="+a), "-", 0},
	} {
		state, err := parseState(test.reply)
		got := "-"
		if state.Meta != nil {
			got = state.Meta.Language
		}
		if err != nil || got != test.want || state.Broken != test.broken {
			t.Errorf("%s: language %q, %d broken, %v; want %q, %d", test.name, got, state.Broken, err, test.want, test.broken)
		}
	}
}

func TestLoad_WhatRedisNeverAnswersIsNoCrash(t *testing.T) {
	for _, reply := range [][]any{
		{}, {int64(1)}, {int64(1), nil, nil, nil},
	} {
		if _, err := parseState(reply); err == nil {
			t.Errorf("%v was read", reply)
		}
	}
	for _, reply := range [][]any{
		{nil, nil, nil},
		{int64(0), []any{nil, "x", []any{}, []any{"1-1"}, []any{"1", nil}, []any{7, 7}}, []any{7}},
	} {
		state, err := parseState(reply)
		if state.Broken = 0; err != nil || !reflect.DeepEqual(state, State{}) {
			t.Errorf("%v is %+v, %v", reply, state, err)
		}
	}
	if _, err := parsePosition("1-x", ""); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("a position that is none: %v", err)
	}
}
