package room

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestCompact_TrimsJustWhatItCovers(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		relay := replay(t, store, create(t, store, "", "go"))
		var positions []Position
		for i := range 9 {
			position, err := relay.insert(t.Context(), i, string(rune('a'+i)))
			if err != nil {
				t.Fatal(err)
			}
			positions = append(positions, position)
			if i == 5 {
				relay.head = position
			}
		}
		early := replay(t, store, relay.id)
		heard := follow(t, store, relay.id)
		if err := store.Compact(t.Context(), relay.id, relay.head, early.snapshot("rust")); err != nil {
			t.Fatal(err)
		}
		state := load(t, store, relay.id)
		heard.want(Appended{Entry{Position: state.Head, Kind: KindSnapshot}})
		if len(state.Entries) != 4 || state.Entries[0].Position != positions[6] || state.Head.Seq != positions[8].Seq+1 {
			t.Errorf("loaded %+v", state)
		}
		if state.Meta == nil || state.Meta.Language != "rust" {
			t.Errorf("the metadata are %+v", state.Meta)
		}
		if text := textOf(t, store, relay.id); text != "abcdefghi" {
			t.Errorf("the text is %q", text)
		}
		if next := put(t, store, relay.id, KindUpdate, ""); next.Seq != state.Head.Seq+1 {
			t.Errorf("after %+v comes %+v", state.Head, next.Position)
		}
		for _, from := range positions[6:] {
			if loadFrom(t, store, relay.id, from).Whole {
				t.Errorf("%+v is not there", from)
			}
		}
		checkTTLs(t, server)
	})
}

func TestCompact_KeepsMetadataThatWereChangedMeanwhile(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		relay := replay(t, store, create(t, store, "", "go"))
		put(t, store, relay.id, KindMeta, EncodeMeta(Meta{Language: "rust"}))
		last := put(t, store, relay.id, KindUpdate, "\x00\x00").Position
		if err := store.Compact(t.Context(), relay.id, relay.head, relay.snapshot("go")); err != nil {
			t.Fatal(err)
		}
		if meta := load(t, store, relay.id).Meta; meta == nil || meta.Language != "rust" {
			t.Errorf("the metadata are %+v", meta)
		}
		if meta := loadFrom(t, store, relay.id, last).Meta; meta != nil {
			t.Errorf("who knows them already is told %+v", meta)
		}
	})
}

func TestCompact_OfALogThatIsAnotherOneDoesNothing(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "text", "")
		refused := func(why string, covered Position) {
			t.Helper()
			before := server.Client.XRange(t.Context(), key(id, "log"), "-", "+").String()
			if err := store.Compact(t.Context(), id, covered, Snapshot{}); !errors.Is(err, ErrEpoch) {
				t.Errorf("%s: Compact = %v", why, err)
			}
			if after := server.Client.XRange(t.Context(), key(id, "log"), "-", "+").String(); after != before {
				t.Errorf("%s: the log was %s, is %s", why, before, after)
			}
		}
		first := load(t, store, id).Head
		put(t, store, id, KindUpdate, "kept")
		lost := put(t, store, id, KindUpdate, "lost").Position
		refused("another nonce", Position{Epoch: lost.Epoch, Seq: lost.Seq, Nonce: "another"})
		refused("of the future", Position{Epoch: lost.Epoch, Seq: lost.Seq + 1, Nonce: lost.Nonce})
		rewind(t, server, id, 2)
		refused("rewound", lost)
		put(t, store, id, KindUpdate, "written on")
		refused("rewound and written on", lost)
		if err := store.Compact(t.Context(), id, first, snapshotOf("text")); err != nil {
			t.Error(err)
		}
		refused("done by somebody else", first)
		last := load(t, store, id).Head
		server.Wipe()
		refused("lost", last)
		seed(t, store, id, "text")
		refused("another epoch", last)
		refused("another epoch, the same seq", first)
	})
}

// shuffle edits rooms at random, and keeps a model of what their text must be.
type shuffle struct {
	mu    sync.Mutex
	model *crdt.Doc
}

// edit changes a document somewhere and appends the change.
func (s *shuffle) edit(r *replica, random *rand.Rand) error {
	text := r.doc.Text(textName)
	at := random.IntN(text.Len() + 1)
	var err error
	if n := min(random.IntN(8), text.Len()-at); n > 0 && random.IntN(3) == 0 {
		err = text.Delete(at, n)
	} else {
		err = text.Insert(at, fmt.Sprintf("<%x😀>", random.IntN(1<<16)))
	}
	if err != nil {
		return err
	}
	_, err = r.append(context.Background(), NewEntry(KindUpdate, "", string(r.update)))
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(err, s.model.Load(r.update, nil))
}

// compact covers an entry that the document had, now or earlier.
func (s *shuffle) compact(r *replica, random *rand.Rand, had *[]Position) error {
	if err := r.catchUp(context.Background()); err != nil {
		return err
	}
	*had = append(*had, r.head)
	covered := (*had)[max(0, len(*had)-1-random.IntN(3))]
	err := r.store.Compact(context.Background(), r.id, covered, r.snapshot(""))
	if errors.Is(err, ErrEpoch) {
		return nil // another one was faster, or it covered more
	}
	return err
}

func TestCompact_AmongWriters_TheLogAlwaysMakesTheSameText(t *testing.T) {
	t.Parallel()
	const rounds, writers, compactors, turns = 25, 3, 2, 6
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		random := chance(t)
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		s := &shuffle{model: crdt.NewDoc()}
		behind := newReplica(store, id) // reads tails only, once a round
		replicas := make([]*replica, writers+compactors)
		had := make([][]Position, len(replicas))
		for i := range replicas {
			replicas[i] = replay(t, store, id)
		}
		for round := range rounds {
			var wg sync.WaitGroup
			for i, r := range replicas {
				own := rand.New(rand.NewPCG(random.Uint64(), 0))
				wg.Go(func() {
					for range turns {
						var err error
						switch {
						case i >= writers:
							err = s.compact(r, own, &had[i])
						case own.IntN(4) == 0:
							err = r.catchUp(context.Background())
						default:
							err = s.edit(r, own)
						}
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			if err := behind.catchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := s.model.Text(textName).String()
			if got := textOf(t, store, id); got != want || behind.text() != want {
				t.Fatalf("after round %d the log makes %q, its tails %q, want %q", round, got, behind.text(), want)
			}
			if t.Failed() {
				return
			}
		}
		last := replay(t, store, id)
		if err := store.Compact(t.Context(), id, last.head, last.snapshot("")); err != nil || logLength(t, server, id) != 1 {
			t.Errorf("Compact = %v, %d entries", err, logLength(t, server, id))
		}
		if got := textOf(t, store, id); got != last.text() {
			t.Errorf("the snapshot makes %q, want %q", got, last.text())
		}
		checkTTLs(t, server)
	})
}

func TestCompact_MakesRoomWhenMemoryIsFull(t *testing.T) {
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	relay := replay(t, store, create(t, store, "text", "go"))
	text := relay.doc.Text(textName)
	for range 64 { // 4 MiB in the log, and next to nothing in a snapshot
		if _, err := relay.insert(t.Context(), 0, strings.Repeat("x", 64<<10)); err != nil {
			t.Fatal(err)
		}
		if err := text.Delete(0, 64<<10); err != nil {
			t.Fatal(err)
		}
		if _, err := relay.append(t.Context(), NewEntry(KindUpdate, "", string(relay.update))); err != nil {
			t.Fatal(err)
		}
	}
	relay = replay(t, store, relay.id)
	attempt := func() map[string]error {
		_, appendErr := relay.insert(t.Context(), 0, "I")
		_, viewErr := store.View(t.Context(), relay.id, load(t, store, relay.id).Head, relay.text())
		_, createErr := store.Create(t.Context(), "new", "")
		_, seedErr := store.Seed(t.Context(), "abcdef", snapshotOf("back"))
		_, joinErr := store.Join(t.Context(), relay.id, Person{ID: "u1"}, anyNumber)
		return map[string]error{"Append": appendErr, "View": viewErr, "Create": createErr, "Seed": seedErr, "Join": joinErr}
	}
	full := usedMemory(t, server) - 1<<20
	if err := server.Client.ConfigSet(t.Context(), "maxmemory", strconv.Itoa(full)).Err(); err != nil {
		t.Fatal(err)
	}
	for what, err := range attempt() {
		if apierr.From(err).Code != apierr.Unavailable || !strings.Contains(fmt.Sprint(errors.Unwrap(err)), "OOM") {
			t.Errorf("%s with memory full: %v", what, err)
		}
	}
	if err := store.Compact(t.Context(), relay.id, relay.head, relay.snapshot("go")); err != nil {
		t.Fatal(err)
	}
	if used := usedMemory(t, server); used > full {
		t.Errorf("%d bytes are used, more than %d", used, full)
	}
	for what, err := range attempt() {
		if err != nil {
			t.Errorf("%s with memory free again: %v", what, err)
		}
	}
	if got := textOf(t, store, relay.id); got != "IItext" {
		t.Errorf("the text is %q", got)
	}
	checkTTLs(t, server)
}

func usedMemory(t *testing.T, server *redistest.Server) int {
	t.Helper()
	return infoNumber(t, server, "memory", "used_memory")
}
