package room

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testTTL  = 100 // seconds
	textName = "code"
)

var testRooms = config.Rooms{TTLSeconds: testTTL, TextName: textName}

// anyNumber is the capacity of a room that is never full.
var anyNumber = Capacity{Most: 1 << 20, Fresh: time.Minute}

func openStore(t testing.TB, server *redistest.Server, opts Options) *Store {
	t.Helper()
	return openAt(t, server.URL, testRooms, opts)
}

func openAt(t testing.TB, url config.RedisURL, rooms config.Rooms, opts Options) *Store {
	t.Helper()
	store, err := Open(url, rooms, opts)
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

func create(t testing.TB, store *Store, text, language string) string {
	t.Helper()
	id, err := store.Create(t.Context(), text, language)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// load reads all of a room.
func load(t testing.TB, store *Store, id string) State {
	t.Helper()
	return loadFrom(t, store, id, Position{})
}

func loadFrom(t testing.TB, store *Store, id string, from Position) State {
	t.Helper()
	state, err := store.Load(t.Context(), id, from)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// seed makes a room that has this text.
func seed(t testing.TB, store *Store, id, text string) (made bool) {
	t.Helper()
	made, err := store.Seed(t.Context(), id, snapshotOf(text))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func snapshotOf(text string) Snapshot {
	return Snapshot{Document: documentOf(text, textName, crdt.NewDoc())}
}

// key is a room's key in Redis.
func key(id, name string) string { return "room:" + id + ":" + name }

// allKeys are the names of a room's keys.
var allKeys = []string{"log", "seen", "presence", "code", "users", "cursors"}

func codeView(t testing.TB, server *redistest.Server, id string) string {
	t.Helper()
	return server.Client.Get(t.Context(), key(id, "code")).Val()
}

func logLength(t testing.TB, server *redistest.Server, id string) int {
	t.Helper()
	return int(server.Client.XLen(t.Context(), key(id, "log")).Val())
}

func del(t testing.TB, server *redistest.Server, id, name string) {
	t.Helper()
	if err := server.Client.Del(t.Context(), key(id, name)).Err(); err != nil {
		t.Fatal(err)
	}
}

// checkTTLs checks that each key in Redis has an end.
func checkTTLs(t testing.TB, server *redistest.Server) {
	t.Helper()
	const gone = -2 // it ended since it was listed
	for _, key := range server.Keys() {
		if ttl := server.TTL(key); ttl <= 0 && ttl != gone || ttl > testTTL*time.Second {
			t.Errorf("key %s lives %v", key, ttl)
		}
	}
}

// A replica is a room's document as a relay holds it.
type replica struct {
	store  *Store
	id     string
	doc    *crdt.Doc
	head   Position // up to here the log is in the document
	update []byte   // what the last edit was
}

func newReplica(store *Store, id string) *replica {
	r := &replica{store: store, id: id, doc: crdt.NewDoc()}
	r.doc.OnUpdate(func(update []byte, _ any, _ []crdt.TextChange) { r.update = bytes.Clone(update) })
	return r
}

// replay is the document that a log makes, and nothing else.
func replay(t testing.TB, store *Store, id string) *replica {
	t.Helper()
	r := newReplica(store, id)
	if err := r.catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := crdt.Check(r.doc); err != nil || r.doc.HasPending() {
		t.Fatalf("the log makes a document that is pending: %v, or wrong: %v", r.doc.HasPending(), err)
	}
	return r
}

func textOf(t testing.TB, store *Store, id string) string {
	t.Helper()
	return replay(t, store, id).text()
}

// catchUp reads what the log has that the document has not.
func (r *replica) catchUp(ctx context.Context) error {
	state, err := r.store.Load(ctx, r.id, r.head)
	if err != nil {
		return err
	}
	for _, e := range state.Entries {
		if e.Kind == KindUpdate || e.Kind == KindSnapshot {
			err = errors.Join(err, r.doc.Load([]byte(e.Payload), nil))
		}
	}
	r.head = state.Head
	return err
}

// insert edits the document and appends what changed.
func (r *replica) insert(ctx context.Context, index int, text string) (Position, error) {
	if err := r.doc.Text(textName).Insert(index, text); err != nil {
		return Position{}, err
	}
	return r.append(ctx, NewEntry(KindUpdate, "", string(r.update)))
}

func (r *replica) append(ctx context.Context, e Entry) (Position, error) {
	e.Epoch = r.head.Epoch
	return r.store.Append(ctx, r.id, e, false)
}

func (r *replica) text() string { return r.doc.Text(textName).String() }

func (r *replica) snapshot(language string) Snapshot {
	return Snapshot{Document: r.doc.EncodeStateAsUpdate(nil), Meta: Meta{Language: language}}
}

// put appends an entry with that payload to a room's log.
func put(t testing.TB, store *Store, id string, kind Kind, payload string) Entry {
	t.Helper()
	e := NewEntry(kind, "someone", payload)
	e.Epoch = load(t, store, id).Head.Epoch
	position, err := store.Append(t.Context(), id, e, false)
	if err != nil {
		t.Fatal(err)
	}
	e.Position = position
	return e
}

// chance is a source of randomness. It prints its seed, which TUTTI_FUZZ_SEED repeats.
func chance(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("TUTTI_FUZZ_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("TUTTI_FUZZ_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// eventually waits until a condition holds that nothing announces.
func eventually(t testing.TB, holds func() bool) {
	t.Helper()
	const limit = 5 * time.Second
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
