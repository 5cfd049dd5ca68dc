// Package scene is where tests of several people take place: two relays on one
// Redis with the functions beside them, and people of the JSON protocol.
package scene

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/logtest"
	"github.com/tutti-live/tutti/shared/redistest"
	"github.com/tutti-live/tutti/shared/room"
)

// Patience is how long a test waits for what must come, on a busy machine.
const Patience = 30 * time.Second

// World is a Tutti under test: two relays on one Redis.
type World struct {
	Redis  *redistest.Server
	API    string    // http://...
	Relays [2]string // ws://...
	Wires  [2]*Wires // to the relays

	t        testing.TB
	settings devstack.Settings
	log      *logtest.Buffer
	store    *room.Store
	relays   *[2]atomic.Pointer[process]
}

// process is a relay that runs at an address.
type process struct {
	stack   *devstack.Stack
	handler http.Handler
}

// Start starts a world for the length of a test. Pages of the given origins may
// come, beside programs.
func Start(t testing.TB, redis *redistest.Server, origins ...string) *World {
	t.Helper()
	settings, err := devstack.LoadSettings()
	if err != nil {
		t.Fatal(err)
	}
	settings.RedisURL = redis.URL
	settings.Relays = 1
	settings.Functions.CreateRate = 1000 // tests make rooms faster than people
	settings.Relay.HeartbeatInterval = config.Interval(400 * time.Millisecond)
	settings.Relay.PresenceTimeout = config.Interval(1600 * time.Millisecond)
	settings.Relay.CORSOrigins = append(settings.Relay.CORSOrigins, origins...)
	w := &World{Redis: redis, t: t, settings: settings, log: &logtest.Buffer{}, relays: &[2]atomic.Pointer[process]{}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", w.log)
		}
	})
	w.store = open(t, settings)
	for i := range w.Relays {
		w.relays[i].Store(w.start())
		t.Cleanup(func() { w.relays[i].Load().stop(t, Patience) })
		w.Wires[i] = serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.relays[i].Load().handler.ServeHTTP(rw, r)
		}))
		w.Relays[i] = "ws://" + w.Wires[i].Addr().String()
	}
	api, err := w.relays[0].Load().stack.API.Handler(functions.Everything)
	if err != nil {
		t.Fatal(err)
	}
	w.API = "http://" + serve(t, api).Addr().String()
	return w
}

// In returns the same world for a subtest.
func (w *World) In(t testing.TB) *World {
	part := *w
	part.t = t
	return &part
}

func (w *World) start() *process {
	w.t.Helper()
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	stack, err := devstack.Start(w.settings, log)
	if err != nil {
		w.t.Fatal(err)
	}
	return &process{stack, stack.Relays[0].Handler()}
}

// stop lets the relay finish within a time.
func (p *process) stop(t testing.TB, within time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	p.stack.Drain(ctx)
	if err := p.stack.Close(); err != nil {
		t.Error(err)
	}
}

// Restart has another relay take the place of one, which is asked to stop.
func (w *World) Restart(relay int) {
	w.t.Helper()
	w.relays[relay].Swap(w.start()).stop(w.t, Patience)
}

// Replace has another relay take the place of one that does not get to finish
// anything. Redis is as it was left, and connections are cut.
func (w *World) Replace(relay int) {
	w.t.Helper()
	w.Wires[relay].Deafen()
	w.Wires[relay].Cut()
	w.relays[relay].Swap(w.start()).stop(w.t, 0)
}

// open opens the rooms in Redis, to look at them past the relays.
func open(t testing.TB, settings devstack.Settings) *room.Store {
	t.Helper()
	store, err := room.Open(settings.RedisURL, settings.Relay.Rooms, room.Options{Presence: time.Minute})
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

func serve(t testing.TB, handler http.Handler) *Wires {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		t.Fatal(err)
	}
	wires := &Wires{Listener: ln}
	server := &httptest.Server{Listener: wires, Config: &http.Server{Handler: handler}} //nolint:gosec // tests are its only clients
	server.Start()
	t.Cleanup(server.Close)
	return wires
}

// Create makes a room, as anybody can.
func (w *World) Create(code string) (id string) {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"code": code})
	if err != nil {
		w.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.API+"/rooms", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	var room struct {
		ID string `json:"room_id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&room); err != nil || room.ID == "" {
		w.t.Fatalf("creating a room: %s, %v", response.Status, err)
	}
	http.DefaultClient.CloseIdleConnections() // no test is to end with one
	return room.ID
}

// Logged is the log of a room in Redis.
func (w *World) Logged(id string) []room.Entry {
	w.t.Helper()
	state, err := w.store.Load(w.t.Context(), id, room.Position{})
	if err != nil {
		w.t.Fatal(err)
	}
	return state.Entries
}

// Saved is the document that a room's log in Redis makes.
func (w *World) Saved(id string) *crdt.Doc {
	w.t.Helper()
	doc := crdt.NewDoc()
	for _, e := range w.Logged(id) {
		if e.Kind == room.KindUpdate || e.Kind == room.KindSnapshot {
			if err := doc.Load([]byte(e.Payload), nil); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return doc
}

// Eventually waits for what nothing announces.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", Patience, what)
		}
	}
}
