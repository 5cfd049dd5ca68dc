// Package e2e tries Tutti from outside: over HTTP and WebSockets, on one relay
// and on two, on the embedded Redis and on a real one.
package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/logtest"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tutti-e2e")
	if err != nil {
		panic(err)
	}
	binDir = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir) // in the system's folder for what is left behind
		os.Exit(code)
	}))
}

// Times that tests shorten, so that what takes seconds in production does not.
const (
	heartbeat = 400 * time.Millisecond
	presence  = 1600 * time.Millisecond
)

// patience is how long a test waits for what must come: all faults heal in less.
const patience = 15 * time.Second

// world is a Tutti under test.
type world struct {
	t      testing.TB
	redis  *redistest.Server
	api    string   // http://...
	relays []string // ws://...
	stack  *devstack.Stack
	log    *logtest.Buffer
}

// everywhere runs a test in each kind of world, all in parallel.
func everywhere(t *testing.T, test func(t *testing.T, w *world), change ...func(*devstack.Settings)) {
	t.Helper()
	for name, relays := range map[string]int{"one relay": 1, "two relays": 2} {
		t.Run(name, func(t *testing.T) {
			redistest.Each(t, func(t *testing.T, server *redistest.Server) {
				test(t, newWorld(t, server, relays, change...))
			})
		})
	}
}

// newWorld starts relays on a Redis.
func newWorld(t testing.TB, server *redistest.Server, relays int, change ...func(*devstack.Settings)) *world {
	t.Helper()
	settings, err := devstack.LoadSettings()
	if err != nil {
		t.Fatal(err)
	}
	settings.RedisURL = server.URL
	settings.Relays = relays
	settings.Relay.HeartbeatInterval = config.Interval(heartbeat)
	settings.Relay.PresenceTimeout = config.Interval(presence)
	for _, f := range change {
		f(&settings)
	}
	w := &world{t: t, redis: server, log: &logtest.Buffer{}}
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.stack, err = devstack.Start(settings, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		w.stack.Drain(ctx)
		if err := w.stack.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", w.log)
		}
	})
	api, err := w.stack.API.Handler(functions.Everything)
	if err != nil {
		t.Fatal(err)
	}
	w.api = w.serve(api)
	for _, relay := range w.stack.Relays {
		w.relays = append(w.relays, "ws"+strings.TrimPrefix(w.serve(relay.Handler()), "http"))
	}
	return w
}

func (w *world) serve(handler http.Handler) string {
	server := httptest.NewServer(handler)
	w.t.Cleanup(server.Close)
	return server.URL
}

// relay returns the address of the i-th relay, counted around.
func (w *world) relay(i int) string { return w.relays[i%len(w.relays)] }

// create makes a room as a frontend does.
func (w *world) create(body string) string {
	w.t.Helper()
	var room struct {
		RoomID string `json:"room_id"`
	}
	if status := w.post("/rooms", body, &room); status != http.StatusCreated {
		w.t.Fatalf("POST /rooms: %d", status)
	}
	return room.RoomID
}

func (w *world) post(path, body string, answer any) (status int) {
	w.t.Helper()
	response, err := http.Post(w.api+path, "application/json", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode
}

// exists asks whether there is a room.
func (w *world) exists(id string) bool {
	w.t.Helper()
	response, err := http.Get(w.api + "/rooms/" + id + "/exists")
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Exists bool }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		w.t.Fatal(err)
	}
	return answer.Exists
}

// codeView is the text that other programs see in Redis.
func (w *world) codeView(id string) string {
	return w.redis.Client.Get(w.t.Context(), "room:"+id+":code").Val()
}

// logged is the text that the room's log in Redis makes.
func (w *world) logged(id string) string {
	w.t.Helper()
	doc := crdt.NewDoc()
	for _, entry := range w.redis.Client.XRange(w.t.Context(), "room:"+id+":log", "-", "+").Val() {
		kind, payload := entry.Values["k"], fmt.Sprint(entry.Values["d"])
		if kind == "u" || kind == "s" {
			if err := doc.Load([]byte(payload), nil); err != nil {
				w.t.Error(err)
			}
		}
	}
	return doc.Text("code").String()
}

// metric reads one of the i-th relay's metrics, as Prometheus does.
func (w *world) metric(i int, name string) string {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.stack.Relays[i%len(w.relays)].AdminHandler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(answer.Body.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	w.t.Fatalf("no metric %s in %s", name, answer.Body)
	return ""
}

// pass lets time pass, for what must not happen in it.
func pass(d time.Duration) { <-time.After(d) }
