package room

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
	"github.com/tutti-live/tutti/shared/redistest"
)

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
		if len(state.People) != 0 || state.Head.Seq != 1 || !state.Whole || state.Broken != 0 {
			t.Errorf("loaded %+v", state)
		}
		checkTTLs(t, server)
	})
}

func TestCreate_TheDocumentHoldsTheText(t *testing.T) {
	texts := map[string]string{
		"empty":     "",
		"a line":    "x = 1\n",
		"astral":    "a😀b👩‍👩‍👧 héllo \u2028",
		"controls":  "\x00\t\x1b",
		"many":      strings.Repeat("one more line\n", 20_000),
		"not UTF-8": "a\xffb",
	}
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		for name, text := range texts {
			id := create(t, store, text, "")
			state := load(t, store, id)
			if len(state.Entries) != 1 || state.Entries[0].Kind != KindSnapshot || state.Entries[0].Position != state.Head {
				t.Errorf("%s: the log has %d entries", name, len(state.Entries))
			}
			got, want := replay(t, store, id), strings.ToValidUTF8(text, "\ufffd")
			units, _ := lib0.UTF16Len([]byte(want))
			if got.text() != want || got.doc.Text(textName).Len() != units {
				t.Errorf("%s: the text is %.50q of %d units, want %.50q of %d", name, got.text(), got.doc.Text(textName).Len(), want, units)
			}
			if view := codeView(t, server, id); view != text {
				t.Errorf("%s: the code view is %.50q", name, view)
			}
		}
		checkTTLs(t, server)
	})
}

func TestCreate_TheTextHasTheNameThatIsSet(t *testing.T) {
	server := redistest.Embedded(t)
	store := openAt(t, server.URL, config.Rooms{TTLSeconds: testTTL, TextName: "monaco"}, Options{})
	doc := replay(t, store, create(t, store, "there", "")).doc
	if got, other := doc.Text("monaco").String(), doc.Text(textName).String(); got != "there" || other != "" {
		t.Errorf("monaco is %q, code is %q", got, other)
	}
}

func TestCreate_TheLanguageIsKnown(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		for asked, want := range map[string]string{"go": "go", "": DefaultLanguage, `"}\`: `"}\`} {
			if meta := load(t, store, create(t, store, "", asked)).Meta; meta == nil || meta.Language != want {
				t.Errorf("asked for %q, it is %+v", asked, meta)
			}
		}
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
				id, err := store.Create(context.Background(), fmt.Sprint("of ", i), "")
				if err != nil && apierr.From(err).Code != apierr.Unavailable {
					t.Error(err)
				}
				got[i] = id
			})
		}
		wg.Wait()
		seen := make(map[string]bool)
		for i, id := range got {
			if id == "" {
				continue
			}
			if seen[id] {
				t.Errorf("id %s was given twice", id)
			}
			seen[id] = true
			if text := textOf(t, store, id); text != fmt.Sprint("of ", i) {
				t.Errorf("the room of %d has %q", i, text)
			}
		}
	})
}

func TestCreate_LeavesATakenIDAloneAndGivesUpAfterTen(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		if err := server.Client.Set(t.Context(), key("bbbbbb", "code"), "of the first service", testTTL*time.Second).Err(); err != nil {
			t.Fatal(err)
		}
		seed(t, store, "cccccc", "put back, without its code")
		taken, attempts := "aaaaaa", 0
		store.newID = func() string { attempts++; return taken }
		create(t, store, "mine", "")
		for _, taken = range []string{"aaaaaa", "bbbbbb", "cccccc"} {
			attempts = 0
			_, err := store.Create(t.Context(), "yours", "")
			if apierr.From(err).Code != apierr.Unavailable || attempts != createAttempts {
				t.Errorf("%s: Create = %v after %d attempts", taken, err, attempts)
			}
		}
		if a, c := textOf(t, store, "aaaaaa"), textOf(t, store, "cccccc"); a != "mine" || c != "put back, without its code" {
			t.Errorf("the rooms that were there now have %q and %q", a, c)
		}
		if code := codeView(t, server, "bbbbbb"); code != "of the first service" {
			t.Errorf("the code that was there is %q", code)
		}
	})
}

func TestAdopt_ARoomOfTheFirstServiceGetsALogOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		for code, want := range map[string]string{
			"print(1)": "print(1)", "": "", "a\r\nb\rc\n\r\n": "a\nb\nc\n\n", "😀\xff": "😀\ufffd",
		} {
			server.Wipe()
			if err := server.Client.Set(t.Context(), key("a972ed", "code"), code, testTTL/2*time.Second).Err(); err != nil {
				t.Fatal(err)
			}
			if exists, err := store.Exists(t.Context(), "a972ed"); !exists || err != nil {
				t.Errorf("Exists = %v, %v", exists, err)
			}
			if _, err := store.Load(t.Context(), "a972ed", Position{}); !errors.Is(err, ErrNotFound) {
				t.Errorf("Load of a room without a log: %v", err)
			}
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if err := store.Adopt(context.Background(), "a972ed"); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n, text := logLength(t, server, "a972ed"), textOf(t, store, "a972ed"); n != 1 || text != want {
				t.Errorf("adopted %q: %d entries that make %q", code, n, text)
			}
			if meta := load(t, store, "a972ed").Meta; meta == nil || meta.Language != "" {
				t.Errorf("nobody has chosen a language, and it is %+v", meta)
			}
			checkTTLs(t, server)
		}
	})
}

func TestAdopt_WhoWroteItCanBeTold(t *testing.T) {
	server := redistest.Embedded(t)
	store := openStore(t, server, Options{})
	clients := func(id string) crdt.StateVector {
		clients, err := crdt.DecodeStateVector(replay(t, store, id).doc.EncodeStateVector())
		if err != nil || len(clients) != 1 {
			t.Fatalf("clients of %s: %v, %v", id, clients, err)
		}
		return clients
	}
	for i := range 100 {
		id := fmt.Sprintf("a972%02d", i)
		if err := server.Client.Set(t.Context(), key(id, "code"), "text", testTTL*time.Second).Err(); err != nil {
			t.Fatal(err)
		}
		if err := store.Adopt(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		for client := range clients(id) {
			if !IsAdopted(client) {
				t.Fatalf("client %d adopted and is not known for it", client)
			}
		}
		for client := range clients(create(t, store, "text", "")) {
			if IsAdopted(client) {
				t.Fatalf("client %d did not adopt", client)
			}
		}
	}
	for client, want := range map[uint64]bool{0: false, 1<<32 - 1: false, 1 << 32: true, 1<<33 - 1: true, 1 << 33: false, 1<<53 - 1: false} {
		if IsAdopted(client) != want {
			t.Errorf("IsAdopted(%d) = %v", client, !want)
		}
	}
}

func TestAdopt_LeavesALogAlone(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "text", "go")
		before := load(t, store, id)
		if err := store.Adopt(t.Context(), id); err != nil {
			t.Error(err)
		}
		if after := load(t, store, id); after.Head != before.Head {
			t.Errorf("the head was %+v, is %+v", before.Head, after.Head)
		}
	})
}

func TestAdopt_WithoutCodeThereIsNoRoom(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		if err := server.Client.RPush(t.Context(), key("a972ed", "code"), "not a text").Err(); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"abcdef", "ABC", "", "a972ed"} {
			if err := store.Adopt(t.Context(), id); !errors.Is(err, ErrNotFound) {
				t.Errorf("Adopt(%q) = %v", id, err)
			}
		}
		if keys := server.Keys(); len(keys) != 0 {
			t.Errorf("there is %v", keys)
		}
	})
}
