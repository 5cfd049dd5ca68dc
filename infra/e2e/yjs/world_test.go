package yjs

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/logtest"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/redistest"
	"github.com/tutti-live/tutti/shared/room"
)

// world is a Tutti under test: two relays on one Redis.
type world struct {
	t      testing.TB
	redis  *redistest.Server
	store  *room.Store
	relays [2]string // ws://...
}

// everywhere runs a test on each kind of Redis, with one process of clients.
func everywhere(t *testing.T, test func(t *testing.T, w *world, r *robots)) {
	t.Helper()
	t.Parallel()
	robots := startRobots(t)
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		test(t, newWorld(t, server), robots.in(t))
	})
}

func newWorld(t testing.TB, server *redistest.Server) *world {
	t.Helper()
	settings, err := devstack.LoadSettings()
	if err != nil {
		t.Fatal(err)
	}
	settings.RedisURL = server.URL
	settings.Relays = 2
	settings.Relay.HeartbeatInterval = config.Interval(400 * time.Millisecond)
	settings.Relay.PresenceTimeout = config.Interval(1600 * time.Millisecond)
	log := &logtest.Buffer{}
	stack, err := devstack.Start(settings, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, redis: server}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stack.Drain(ctx)
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	for i, relay := range stack.Relays {
		server := httptest.NewServer(relay.Handler())
		t.Cleanup(server.Close)
		w.relays[i] = "ws" + strings.TrimPrefix(server.URL, "http")
	}
	w.store, err = room.Open(server.URL, settings.Relay.Rooms, room.Options{Presence: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) create(code string) (id string) {
	w.t.Helper()
	id, err := w.store.Create(w.t.Context(), code, "")
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// in returns the same world for a subtest.
func (w *world) in(t testing.TB) *world {
	part := *w
	part.t = t
	return &part
}

// logged is the text that the log of a room in Redis has.
func (w *world) logged(id string) string {
	w.t.Helper()
	state, err := w.store.Load(w.t.Context(), id, room.Position{})
	if err != nil {
		w.t.Fatal(err)
	}
	doc := crdt.NewDoc()
	for _, e := range state.Entries {
		if e.Kind == room.KindUpdate || e.Kind == room.KindSnapshot {
			if err := doc.Load([]byte(e.Payload), nil); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return doc.Text("code").String()
}

// person is a client of the JSON protocol.
type person struct {
	t    testing.TB
	conn *websocket.Conn
	init protocol.Init
	done chan struct{}

	mu      sync.Mutex
	code    string
	version int64 // of the text that came last
	people  map[string]protocol.Participant
	cursors map[string]protocol.Cursor
}

func (w *world) join(id string, relay int) *person {
	w.t.Helper()
	conn, response, err := websocket.DefaultDialer.DialContext(w.t.Context(), w.relays[relay]+"/ws/"+id, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close() // it has none
	p := &person{t: w.t, conn: conn, done: make(chan struct{}), people: make(map[string]protocol.Participant), cursors: make(map[string]protocol.Cursor)}
	if err := conn.ReadJSON(&p.init); err != nil {
		w.t.Fatal(err)
	}
	p.code, p.version = p.init.Code, p.init.Version
	for _, who := range p.init.Participants {
		p.people[who.ID] = who
	}
	maps.Copy(p.cursors, p.init.Cursors)
	go p.read()
	w.t.Cleanup(p.leave)
	return p
}

func (p *person) leave() {
	_ = p.conn.Close() // it may be closed
	<-p.done
}

func (p *person) read() {
	defer close(p.done)
	for {
		var m struct {
			Type, Code, Color, Name string
			UserID                  string `json:"user_id"`
			Line, Column            int
			Version                 int64
		}
		if p.conn.ReadJSON(&m) != nil {
			return
		}
		p.mu.Lock()
		switch m.Type {
		case protocol.TypeCodeUpdate:
			p.code, p.version = m.Code, m.Version
		case protocol.TypeUserJoined:
			p.people[m.UserID] = protocol.Participant{ID: m.UserID, Name: m.Name, Color: m.Color}
		case protocol.TypeUserLeft:
			delete(p.people, m.UserID)
			delete(p.cursors, m.UserID)
		case protocol.TypeCursorMove:
			p.cursors[m.UserID] = protocol.Cursor{Line: m.Line, Column: m.Column, Color: m.Color}
		}
		p.mu.Unlock()
	}
}

func (p *person) send(message any) {
	p.t.Helper()
	frame, err := json.Marshal(message)
	if err == nil {
		err = p.conn.WriteMessage(websocket.TextMessage, frame)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) write(code string) {
	p.t.Helper()
	p.mu.Lock()
	p.code = code
	p.mu.Unlock()
	p.send(map[string]any{"type": protocol.TypeCodeUpdate, "code": code})
}

// prepend puts a line before all that the person sees, and says what that was.
func (p *person) prepend(line string) {
	p.t.Helper()
	p.mu.Lock()
	p.code = line + p.code
	code, version := p.code, p.version
	p.mu.Unlock()
	p.send(map[string]any{"type": protocol.TypeCodeUpdate, "code": code, "base_version": version})
}

func (p *person) shows(code string) {
	p.t.Helper()
	p.until("the text is "+code, func() bool { return p.code == code })
}

// until waits until something holds of what the person sees.
func (p *person) until(what string, holds func() bool) {
	p.t.Helper()
	eventually(p.t, what, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return holds()
	})
}

// seesNamed waits until somebody of a name is there, and returns the id.
func (p *person) seesNamed(name string) (id string) {
	p.t.Helper()
	p.until(name+" is there", func() bool {
		for _, who := range p.people {
			if who.Name == name {
				id = who.ID
				return true
			}
		}
		return false
	})
	return id
}

func (p *person) misses(id string) {
	p.t.Helper()
	p.until(id+" is gone", func() bool { _, there := p.people[id]; return !there })
}

func (p *person) seesCursor(id string, line, column int) {
	p.t.Helper()
	p.until("the cursor is there", func() bool {
		c := p.cursors[id]
		return c.Line == line && c.Column == column
	})
}
