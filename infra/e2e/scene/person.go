package scene

import (
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/protocol"
)

// Person is somebody with a client of the JSON protocol.
type Person struct {
	Init protocol.Init // the first that the server said

	t    testing.TB
	conn *websocket.Conn
	done chan struct{}

	mu  sync.Mutex
	now View
}

// View is what a person sees of a room.
type View struct {
	Code    string
	Version int64 // of the text that came last
	People  map[string]protocol.Participant
	Cursors map[string]protocol.Cursor
}

// Join lets a person into a room, by way of one of the relays.
func (w *World) Join(id string, relay int) *Person {
	w.t.Helper()
	conn, response, err := websocket.DefaultDialer.DialContext(w.t.Context(), w.Relays[relay]+"/ws/"+id, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close() // it has none
	p := &Person{t: w.t, conn: conn, done: make(chan struct{})}
	first := struct {
		Type string
		*protocol.Init
	}{Init: &p.Init}
	if err := conn.ReadJSON(&first); err != nil || first.Type != protocol.TypeInit {
		w.t.Fatalf("the first message was %q, not init: %v", first.Type, err)
	}
	p.now = View{
		Code: p.Init.Code, Version: p.Init.Version,
		People: make(map[string]protocol.Participant), Cursors: make(map[string]protocol.Cursor),
	}
	for _, who := range p.Init.Participants {
		p.now.People[who.ID] = who
	}
	maps.Copy(p.now.Cursors, p.Init.Cursors)
	go p.read()
	w.t.Cleanup(p.Leave)
	return p
}

// Leave ends the connection.
func (p *Person) Leave() {
	_ = p.conn.Close() // it may be closed
	<-p.done
}

func (p *Person) read() {
	defer close(p.done)
	for {
		var m message
		if p.conn.ReadJSON(&m) != nil {
			return
		}
		p.mu.Lock()
		p.now.apply(m)
		p.mu.Unlock()
	}
}

// message is any of those that change what a person sees.
type message struct {
	Type, Code, Color, Name string
	UserID                  string `json:"user_id"`
	Line, Column            int
	Version                 int64
}

func (v *View) apply(m message) {
	switch m.Type {
	case protocol.TypeCodeUpdate:
		v.Code, v.Version = m.Code, m.Version
	case protocol.TypeUserJoined:
		v.People[m.UserID] = protocol.Participant{ID: m.UserID, Name: m.Name, Color: m.Color}
	case protocol.TypeUserLeft:
		delete(v.People, m.UserID)
		delete(v.Cursors, m.UserID)
	case protocol.TypeCursorMove:
		v.Cursors[m.UserID] = protocol.Cursor{Line: m.Line, Column: m.Column, Color: m.Color}
	}
}

// Send sends a message as it is.
func (p *Person) Send(message any) {
	p.t.Helper()
	frame, err := json.Marshal(message)
	if err == nil {
		err = p.conn.WriteMessage(websocket.TextMessage, frame)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// Hello says the person's name.
func (p *Person) Hello(name string) {
	p.t.Helper()
	p.Send(map[string]any{"type": protocol.TypeHello, "name": name})
}

// PutCursor puts the person's cursor at a place, from 1:1.
func (p *Person) PutCursor(line, column int) {
	p.t.Helper()
	p.Send(map[string]any{"type": protocol.TypeCursorMove, "line": line, "column": column})
}

// Write makes a text of the person's.
func (p *Person) Write(code string) {
	p.t.Helper()
	p.mu.Lock()
	p.now.Code = code
	p.mu.Unlock()
	p.Send(map[string]any{"type": protocol.TypeCodeUpdate, "code": code})
}

// Edit changes the text that the person sees, and says which one that was.
func (p *Person) Edit(change func(code string) string) {
	p.t.Helper()
	p.mu.Lock()
	p.now.Code = change(p.now.Code)
	code, version := p.now.Code, p.now.Version
	p.mu.Unlock()
	p.Send(map[string]any{"type": protocol.TypeCodeUpdate, "code": code, "base_version": version})
}

// Prepend puts a line before all that the person sees.
func (p *Person) Prepend(line string) {
	p.t.Helper()
	p.Edit(func(code string) string { return line + code })
}

// Text is what the person sees now.
func (p *Person) Text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now.Code
}

// Shows waits for a text.
func (p *Person) Shows(code string) {
	p.t.Helper()
	p.Until(fmt.Sprintf("the text is %q", code), func(v *View) bool { return v.Code == code })
}

// Until waits until something holds of what the person sees.
func (p *Person) Until(what string, holds func(v *View) bool) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Logf("waiting for %s, the person sees %+v", what, p.now)
		}
	}()
	Eventually(p.t, what, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return holds(&p.now)
	})
}

// SeesNamed waits until somebody of a name is there, and returns the id.
func (p *Person) SeesNamed(name string) (id string) {
	p.t.Helper()
	p.Until(name+" is there", func(v *View) bool {
		for _, who := range v.People {
			if who.Name == name {
				id = who.ID
				return true
			}
		}
		return false
	})
	return id
}

// Misses waits until somebody is gone.
func (p *Person) Misses(id string) {
	p.t.Helper()
	p.Until(id+" is gone", func(v *View) bool { _, there := v.People[id]; return !there })
}

// SeesCursor waits for somebody's cursor to be at a place.
func (p *Person) SeesCursor(id string, line, column int) {
	p.t.Helper()
	p.Until(fmt.Sprintf("the cursor is at %d:%d", line, column), func(v *View) bool {
		c := v.Cursors[id]
		return c.Line == line && c.Column == column
	})
}
