package room

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testTTL = 100 // seconds

// anyNumber is the capacity of a room that is never full.
var anyNumber = Capacity{Most: 1 << 20, Fresh: time.Minute}

func openStore(t *testing.T, server *redistest.Server, opts Options) *Store {
	t.Helper()
	store, err := Open(server.URL, config.Rooms{TTLSeconds: testTTL, MaxTextBytes: 1 << 20}, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func create(t *testing.T, store *Store, text, language string) string {
	t.Helper()
	id, err := store.Create(t.Context(), text, language)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func load(t *testing.T, store *Store, id string) State {
	t.Helper()
	state, err := store.Load(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func checkTTLs(t *testing.T, server *redistest.Server) {
	t.Helper()
	for _, key := range server.Keys() {
		if ttl := server.TTL(key); ttl <= 0 || ttl > testTTL*time.Second {
			t.Errorf("key %s lives %v", key, ttl)
		}
	}
}

func TestCreate_MakesARoomThatIsThere(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{CodeLength: 7})
		id := create(t, store, "x = 1\n", "go")
		if len(id) != 7 || strings.Trim(id, "0123456789abcdef") != "" {
			t.Errorf("id is %q, want 7 hex digits", id)
		}
		if exists, err := store.Exists(t.Context(), id); !exists || err != nil {
			t.Errorf("Exists = %v, %v", exists, err)
		}
		state := load(t, store, id)
		if state.Text.Payload != "x = 1\n" || state.Language.Payload != "go" || len(state.People) != 0 || state.Head.Seq != 2 {
			t.Errorf("loaded %+v", state)
		}
		if code := server.Client.Get(t.Context(), "room:"+id+":code").Val(); code != "x = 1\n" {
			t.Errorf("the code view is %q", code)
		}
		checkTTLs(t, server)
	})
}

func TestCreate_TwoCreatorsNeverGetTheSameID(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		const creators, ids = 40, 50
		store := openStore(t, server, Options{})
		var mu sync.Mutex
		next := 0
		store.newID = func() string { // every id is offered several times
			mu.Lock()
			defer mu.Unlock()
			next++
			return fmt.Sprintf("%06d", next%ids)
		}
		got := make([]string, creators)
		var wg sync.WaitGroup
		for i := range creators {
			wg.Go(func() {
				id, err := store.Create(context.Background(), "", "")
				if err != nil && apierr.From(err).Code != apierr.Unavailable {
					t.Error(err)
				}
				got[i] = id
			})
		}
		wg.Wait()
		seen := make(map[string]bool)
		for _, id := range got {
			if id != "" && seen[id] {
				t.Errorf("id %s was given twice", id)
			}
			seen[id] = true
		}
	})
}

func TestCreate_GivesUpAfterTenTakenIDs(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		attempts := 0
		store.newID = func() string { attempts++; return "aaaaaa" }
		create(t, store, "mine", "")
		attempts = 0
		_, err := store.Create(t.Context(), "yours", "")
		if apierr.From(err).Code != apierr.Unavailable || attempts != createAttempts {
			t.Errorf("Create = %v after %d attempts", err, attempts)
		}
		if text := load(t, store, "aaaaaa").Text.Payload; text != "mine" {
			t.Errorf("the room that was there now has %q", text)
		}
	})
}

func TestExists_NeverAsksRedisForAnImpossibleID(t *testing.T) {
	store, err := Open("redis://127.0.0.1:1", config.Rooms{TTLSeconds: 1}, Options{}) // nobody listens there
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, id := range []string{"", "abc", "ABCDEF", "a b c d", "a\r\nDEL x", "{room}x", "ａｂｃｄｅｆ", "*******", strings.Repeat("a", 33), "abc:log", "abcde\x00"} {
		if exists, err := store.Exists(t.Context(), id); exists || err != nil {
			t.Errorf("Exists(%q) = %v, %v", id, exists, err)
		}
		if _, err := store.Load(t.Context(), id, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("Load(%q) = %v", id, err)
		}
	}
	if _, err := store.Exists(t.Context(), "abcdef"); apierr.From(err).Code != apierr.Unavailable {
		t.Errorf("a possible id: %v", err)
	}
}

func TestLoad_ARoomOfTheFirstServiceIsAdoptedOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		if err := server.Client.Set(t.Context(), "room:a972ed:code", "print(1)", 50*time.Second).Err(); err != nil {
			t.Fatal(err)
		}
		if exists, err := store.Exists(t.Context(), "a972ed"); !exists || err != nil {
			t.Errorf("Exists = %v, %v", exists, err)
		}
		first := load(t, store, "a972ed")
		if first.Text.Payload != "print(1)" || first.Language.Payload != DefaultLanguage {
			t.Errorf("loaded %+v", first)
		}
		if again := load(t, store, "a972ed"); again.Head != first.Head {
			t.Errorf("loaded again it has head %v, was %v", again.Head, first.Head)
		}
		checkTTLs(t, server)
	})
}

func TestAppend_KeepsTheLastOfEachKind(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		head := load(t, store, id).Head
		for i, e := range []Entry{
			NewEntry(KindText, "u1", "one"),
			NewEntry(KindLanguage, "u1", "rust"),
			NewEntry(KindText, "u2", "two\x00\xff\n"),
			NewEntry(KindText, "u2", ""),
			NewEntry(KindText, "u2", "three"),
		} {
			e.Epoch = head.Epoch
			appended, err := store.Append(t.Context(), id, e)
			if err != nil || !appended.Next(head) || appended.Nonce != e.Nonce {
				t.Fatalf("entry %d: %+v, %v; head was %+v", i, appended, err, head)
			}
			head = appended.Position
			repeated, err := store.Append(t.Context(), id, e)
			if err != nil || repeated.Position != head {
				t.Fatalf("repeated entry %d: %+v, %v", i, repeated, err)
			}
		}
		state := load(t, store, id)
		if state.Text.Payload != "three" || state.Language.Payload != "rust" || state.Head != head {
			t.Errorf("loaded %+v, want head %v", state, head)
		}
		if n := server.Client.XLen(t.Context(), "room:"+id+":log").Val(); n != 2 {
			t.Errorf("the log has %d entries", n)
		}
		if code := server.Client.Get(t.Context(), "room:"+id+":code").Val(); code != "three" {
			t.Errorf("the code view is %q", code)
		}
		checkTTLs(t, server)
	})
}

func TestAppend_ARetryDoesNotUndoWhatOthersAppendedSince(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		epoch := load(t, store, id).Head.Epoch
		lost := NewEntry(KindText, "u1", "its reply was lost")
		lost.Epoch = epoch
		if _, err := store.Append(t.Context(), id, lost); err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			newer := NewEntry(KindText, "u2", fmt.Sprint("newer ", i))
			newer.Epoch = epoch
			if _, err := store.Append(t.Context(), id, newer); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Append(t.Context(), id, lost); !errors.Is(err, ErrReplaced) {
				t.Errorf("the retry: %v", err)
			}
			if text := load(t, store, id).Text.Payload; text != newer.Payload {
				t.Fatalf("the text is %q", text)
			}
		}
	})
}

func TestRoom_AnEmptyLogIsNoRoom(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		key := "room:" + id + ":log"
		if err := server.Client.XTrimMaxLen(t.Context(), key, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if err := server.Client.Del(t.Context(), "room:"+id+":code").Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(t.Context(), id, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("Load = %v", err)
		}
		if err := store.SayPresence(t.Context(), id, Presence{Whole: true}); !errors.Is(err, ErrNotFound) {
			t.Errorf("SayPresence = %v", err)
		}
		if made, err := store.Restore(t.Context(), id, "again", ""); !made || err != nil {
			t.Errorf("Restore = %v, %v", made, err)
		}
		if text := load(t, store, id).Text.Payload; text != "again" {
			t.Errorf("text is %q", text)
		}
		checkTTLs(t, server)
	})
}

func TestAppend_RefusesALogThatIsNotThere(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		e := NewEntry(KindText, "u1", "x")
		e.Epoch = "1"
		if _, err := store.Append(t.Context(), id, e); !errors.Is(err, ErrEpoch) {
			t.Errorf("with another epoch: %v", err)
		}
		server.Wipe()
		if _, err := store.Append(t.Context(), id, e); !errors.Is(err, ErrNotFound) {
			t.Errorf("without a room: %v", err)
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

func TestRestore_OnlyTheFirstWins(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		first, err := store.Restore(t.Context(), "abcdef", "first", "go")
		second, err2 := store.Restore(t.Context(), "abcdef", "second", "c")
		if !first || second || err != nil || err2 != nil {
			t.Fatalf("Restore = %v, %v and %v, %v", first, err, second, err2)
		}
		if state := load(t, store, "abcdef"); state.Text.Payload != "first" || state.Language.Payload != "go" {
			t.Errorf("loaded %+v", state)
		}
	})
}

func TestJoin_SpreadsColours(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		having := make(map[string]int)
		var people []string
		for i := range 2 * len(Colors()) {
			person := Person{ID: fmt.Sprintf("user%d", i), Name: `"color":""`}
			color, err := store.Join(t.Context(), id, person, anyNumber)
			if err != nil {
				t.Fatal(err)
			}
			having[color]++
			people = append(people, person.ID)
		}
		for _, color := range Colors() {
			if having[color] != 2 {
				t.Errorf("%d people have %s: %v", having[color], color, having)
			}
		}
		var loaded []string
		for _, p := range load(t, store, id).People {
			loaded = append(loaded, p.ID)
		}
		slices.Sort(loaded)
		slices.Sort(people)
		if !slices.Equal(loaded, people) {
			t.Errorf("people are %v, want %v", loaded, people)
		}
		checkTTLs(t, server)
	})
}

func TestJoin_NeverMoreThanTheRoomTakes(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		const most, comers = 5, 20
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		var in, full atomic.Int32
		var wg sync.WaitGroup
		for i := range comers {
			wg.Go(func() {
				switch _, err := store.Join(context.Background(), id, Person{ID: fmt.Sprint("user", i)}, Capacity{Most: most, Fresh: time.Minute}); {
				case err == nil:
					in.Add(1)
				case errors.Is(err, ErrFull):
					full.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in.Load() != most || full.Load() != comers-most {
			t.Errorf("%d got in, %d did not", in.Load(), full.Load())
		}
	})
}

func TestJoin_PeopleOfAKilledRelayTakeNoPlaces(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		capacity := Capacity{Most: 2, Fresh: 50 * time.Millisecond}
		for i := range 2 {
			if _, err := store.Join(t.Context(), id, Person{ID: fmt.Sprint("ghost", i)}, Capacity{Most: 2, Fresh: time.Minute}); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, 5*time.Second, func() bool {
			_, err := store.Join(t.Context(), id, Person{ID: "back"}, capacity)
			return err == nil
		})
	})
}

func TestRoom_GoesByItselfWithAllItsKeys(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store, err := Open(server.URL, config.Rooms{TTLSeconds: 1}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		id := create(t, store, "text", "")
		if _, err := store.Join(t.Context(), id, Person{ID: "u1"}, anyNumber); err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, func() bool { return len(server.Keys()) == 0 })
		if exists, err := store.Exists(t.Context(), id); exists || err != nil {
			t.Errorf("Exists = %v, %v", exists, err)
		}
	})
}

func TestStore_RedisAway_FailsFastAndComesBackByItself(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "kept", "")
		server.Stop()
		start := time.Now()
		_, err := store.Create(t.Context(), "", "")
		e := apierr.From(err)
		if e.Code != apierr.Unavailable || e.Retry == 0 || time.Since(start) > 2*time.Second {
			t.Errorf("Create = %v after %v", err, time.Since(start))
		}
		server.Start()
		if text := load(t, store, id).Text.Payload; text != "kept" {
			t.Errorf("text is %q", text)
		}
	})
}

func TestStore_RedisStalled_FailsFast(t *testing.T) {
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	create(t, store, "", "")
	server.Stall(true)
	defer server.Stall(false)
	start := time.Now()
	_, err := store.Create(t.Context(), "", "")
	if took := time.Since(start); apierr.From(err).Code != apierr.Unavailable || took > 2*time.Second {
		t.Errorf("Create = %v after %v", err, took)
	}
}

func TestOpen_BadURLNamesTheVariable(t *testing.T) {
	_, err := Open("redis://host:port:port/x?db=y", config.Rooms{}, Options{})
	if bad, ok := errors.AsType[*config.Error](err); !ok || bad.Variable != "REDIS_URL" {
		t.Errorf("Open = %v", err)
	}
}

// eventually waits until a condition holds that nothing announces.
func eventually(t *testing.T, limit time.Duration, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("did not come true within %v", limit)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	server := redistest.Real(b)
	store, err := Open(server.URL, config.Rooms{TTLSeconds: testTTL}, Options{CodeLength: 32})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	before := commands(b, server.Client)
	for b.Loop() {
		if _, err := store.Create(context.Background(), "", ""); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(commands(b, server.Client)-before)/float64(b.N), "commands/op")
}

// commands counts what Redis executed so far, calls from scripts included.
func commands(b *testing.B, client *redis.Client) int {
	b.Helper()
	info, err := client.Info(context.Background(), "commandstats").Result()
	if err != nil {
		b.Fatal(err)
	}
	total := 0
	for line := range strings.Lines(info) {
		var calls int
		if _, stats, ok := strings.Cut(line, ":"); ok {
			if _, err := fmt.Sscanf(stats, "calls=%d", &calls); err == nil {
				total += calls
			}
		}
	}
	return total
}
