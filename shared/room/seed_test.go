package room

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestSeed_OnlyTheFirstOfManyWins(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		var winner atomic.Value
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				text := fmt.Sprint("of ", i)
				made, err := store.Seed(context.Background(), "abcdef", snapshotOf(text))
				if err != nil || made && winner.Swap(text) != nil {
					t.Errorf("Seed = %v, %v", made, err)
				}
			})
		}
		wg.Wait()
		if n, text := logLength(t, server, "abcdef"), textOf(t, store, "abcdef"); n != 1 || text != winner.Load() {
			t.Errorf("%d entries make %q, and who won is %v", n, text, winner.Load())
		}
		checkTTLs(t, server)
	})
}

// millisecond is when an epoch was made up.
func millisecond(t *testing.T, epoch string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n >> 12
}

func TestSeed_ARoomThatWasLostIsBackUnderANewEpoch(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "kept", "go")
		relay, heard := replay(t, store, id), follow(t, openStore(t, server, Options{}), id)
		for _, lose := range []func(){server.Wipe, func() { del(t, server, id, "log") }} {
			before := relay.head
			lose()
			if made, err := store.Seed(t.Context(), id, relay.snapshot("go")); !made || err != nil {
				t.Fatalf("Seed = %v, %v", made, err)
			}
			state := load(t, store, id)
			after := state.Head
			if after.Epoch == before.Epoch || after.Seq != 1 || millisecond(t, after.Epoch) < millisecond(t, before.Epoch) {
				t.Errorf("the head was %+v, is %+v", before, after)
			}
			heard.want(Appended{Entry{Position: after, Kind: KindSnapshot}})
			if _, err := relay.insert(t.Context(), 0, "late"); !errors.Is(err, ErrEpoch) {
				t.Errorf("Append to the log that was lost: %v", err)
			}
			if text := textOf(t, store, id); text != "kept" || state.Meta == nil || state.Meta.Language != "go" {
				t.Errorf("the text is %q, the metadata %+v", text, state.Meta)
			}
			checkTTLs(t, server)
			relay = replay(t, store, id)
		}
	})
}

func TestSeed_AnEmptyLogIsNoRoom(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		before := load(t, store, id).Head
		addEntry(t, server, id, "9"+before.Epoch+"-1", "k", "u", "n", "0", "d", "of a relay whose clock was fast")
		if err := server.Client.XTrimMaxLen(t.Context(), key(id, "log"), 0).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(t.Context(), id, before); !errors.Is(err, ErrNotFound) {
			t.Errorf("Load = %v", err)
		}
		if _, err := store.Append(t.Context(), id, Entry{Position: before, Kind: KindUpdate}, false); !errors.Is(err, ErrNotFound) {
			t.Errorf("Append = %v", err)
		}
		if err := store.SayPresence(t.Context(), id, Presence{Whole: true}); !errors.Is(err, ErrNotFound) {
			t.Errorf("SayPresence = %v", err)
		}
		if !seed(t, store, id, "again") {
			t.Error("it was not put back")
		}
		if text, head := textOf(t, store, id), load(t, store, id).Head; text != "again" || head.Seq != 1 {
			t.Errorf("the text is %q, the head %+v", text, head)
		}
		checkTTLs(t, server)
	})
}

func TestExists_NeverAsksRedisForAnImpossibleID(t *testing.T) {
	store := openAt(t, "redis://127.0.0.1:1", config.Rooms{TTLSeconds: 1}, Options{}) // nobody listens there
	for _, id := range []string{"", "abc", "ABCDEF", "a b c d", "a\r\nDEL x", "{room}x", "ａｂｃｄｅｆ", "*******", strings.Repeat("a", 33), "abc:log", "abcde\x00", "abcdef\n"} {
		if exists, err := store.Exists(t.Context(), id); exists || err != nil {
			t.Errorf("Exists(%q) = %v, %v", id, exists, err)
		}
		if _, err := store.Load(t.Context(), id, Position{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("Load(%q) = %v", id, err)
		}
		if err := store.Adopt(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("Adopt(%q) = %v", id, err)
		}
	}
	if _, err := store.Exists(t.Context(), "abcdef"); apierr.From(err).Code != apierr.Unavailable {
		t.Errorf("a possible id: %v", err)
	}
}

func TestExists_ARoomThatARelayHoldsIsThere(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		asking, relay := openStore(t, server, Options{}), openStore(t, server, Options{})
		id := create(t, asking, "held", "")
		held := replay(t, relay, id)
		asked, seeded := make(chan struct{}, 100), make(chan error, 1)
		err := relay.Follow(t.Context(), id, func(e Event) {
			if _, ok := e.(Lost); ok {
				asked <- struct{}{}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			<-asked
			_, err := relay.Seed(context.Background(), id, held.snapshot(""))
			seeded <- err
		}()
		server.Wipe()
		if exists, err := asking.Exists(t.Context(), id); !exists || err != nil {
			t.Errorf("Exists = %v, %v", exists, err)
		}
		if err := <-seeded; err != nil {
			t.Error(err)
		}
		if text := textOf(t, asking, id); text != "held" {
			t.Errorf("the text is %q", text)
		}
		if exists, err := asking.Exists(t.Context(), id); !exists || err != nil || len(asked) != 0 {
			t.Errorf("now it is there, and Exists = %v, %v; asked %d times", exists, err, len(asked))
		}
	})
}

func TestExists_ARoomThatNobodyHoldsIsNotThereAtOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		create(t, store, "", "")
		start := time.Now()
		if exists, err := store.Exists(t.Context(), "abcdef"); exists || err != nil || time.Since(start) >= returnWait {
			t.Errorf("Exists = %v, %v after %v", exists, err, time.Since(start))
		}
		if keys := server.Keys(); len(keys) != 2 {
			t.Errorf("asking left %v", keys)
		}
	})
}

func TestExists_ARoomThatItsHoldersNeedNoMoreIsNotThere(t *testing.T) {
	t.Parallel()
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		heard := follow(t, store, "abcdef")
		start := time.Now()
		if exists, err := store.Exists(t.Context(), "abcdef"); exists || err != nil || time.Since(start) > 2*returnWait {
			t.Errorf("Exists = %v, %v after %v", exists, err, time.Since(start))
		}
		heard.want(Lost{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-heard.events
			cancel()
		}()
		if exists, err := store.Exists(ctx, "abcdef"); exists || apierr.From(err).Code != apierr.Unavailable {
			t.Errorf("Exists that is given up: %v, %v", exists, err)
		}
	})
}
