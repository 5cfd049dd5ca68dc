package yjs

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// options are those of a client.
type options struct {
	Library string         `json:"library"`
	URL     string         `json:"url"` // without the room
	Room    string         `json:"room"`
	Text    string         `json:"text,omitempty"`    // the root type; code unless given
	State   any            `json:"state,omitempty"`   // of its awareness
	Token   string         `json:"token,omitempty"`   // Hocuspocus
	Origin  string         `json:"origin,omitempty"`  // the header that browsers send
	Channel bool           `json:"channel,omitempty"` // tells others in the process directly what it does, as tabs of a browser do
	Undo    bool           `json:"undo,omitempty"`    // can undo; its state then keeps what others forget
	Beside  string         `json:"beside,omitempty"`  // the name of a Hocuspocus client, on whose socket it is to be
	More    map[string]any `json:"options,omitempty"` // for the library as they are
}

// client is a real client in the process of the robots.
type client struct {
	t    testing.TB
	r    *robots
	name string
	id   uint64 // of its document and its awareness
	now  view   // guarded by r.mu
}

// open starts a client, which connects.
func (r *robots) open(o options) *client {
	r.t.Helper()
	c := &client{t: r.t, r: r, now: newView()}
	r.mu.Lock()
	c.name = fmt.Sprintf("%s#%d", o.Library, len(r.clients)+1)
	r.clients[c.name] = c
	r.mu.Unlock()
	data, err := json.Marshal(o)
	if err != nil {
		r.t.Fatal(err)
	}
	var args command
	if err := json.Unmarshal(data, &args); err != nil {
		r.t.Fatal(err)
	}
	c.answer("open", args, &c.id)
	return c
}

// join opens a client of a library on a server that has the paths of the relay,
// and waits until it has what is in the room.
func (r *robots) join(library, server, room string, change ...func(*options)) *client {
	r.t.Helper()
	o := options{Library: library, URL: server + path(library), Room: room}
	for _, f := range change {
		f(&o)
	}
	c := r.open(o)
	c.synced()
	return c
}

func path(library string) string {
	if strings.HasPrefix(library, "hocuspocus") {
		return "/hocuspocus"
	}
	return "/yjs"
}

// as gives a client an awareness state.
func as(state any) func(*options) { return func(o *options) { o.State = state } }

func (c *client) do(command string, args command) {
	c.t.Helper()
	c.r.call(c.name, command, args)
}

func (c *client) answer(command string, args command, to any) {
	c.t.Helper()
	if err := json.Unmarshal(c.r.call(c.name, command, args), to); err != nil {
		c.t.Fatalf("%s: %v", command, err)
	}
}

// Positions and lengths are UTF-16 code units.

func (c *client) insert(at int, text string) {
	c.t.Helper()
	c.do("insert", command{"at": at, "text": text})
}

func (c *client) remove(at, n int) {
	c.t.Helper()
	c.do("remove", command{"at": at, "n": n})
}

func (c *client) format(at, n int, attributes map[string]any) {
	c.t.Helper()
	c.do("format", command{"at": at, "n": n, "attributes": attributes})
}

// set sets a key of a root map.
func (c *client) set(name, key string, value any) {
	c.t.Helper()
	c.do("set", command{"map": name, "key": key, "value": value})
}

// push adds to a root array.
func (c *client) push(name string, values ...any) {
	c.t.Helper()
	c.do("push", command{"array": name, "values": values})
}

// undo takes the client's last edit of the text back.
func (c *client) undo() { c.t.Helper(); c.do("undo", nil) }

func (c *client) redo() { c.t.Helper(); c.do("redo", nil) }

// setState sets the awareness state; null says goodbye.
func (c *client) setState(state any) {
	c.t.Helper()
	c.do("setState", command{"state": state})
}

// disconnect does what the library does for it: y-websocket says goodbye.
func (c *client) disconnect() { c.t.Helper(); c.do("disconnect", nil) }

func (c *client) connect() { c.t.Helper(); c.do("connect", nil) }

// destroy ends the client for good, politely.
func (c *client) destroy() { c.t.Helper(); c.do("destroy", nil) }

// kill ends the connection without a close frame. The client reconnects.
func (c *client) kill() { c.t.Helper(); c.do("kill", nil) }

// crash does the same, and the client does not come back until connect.
func (c *client) crash() { c.t.Helper(); c.do("crash", nil) }

func (c *client) text() (text string) {
	c.t.Helper()
	c.answer("content", nil, &text)
	return text
}

// delta is the text with its formats.
func (c *client) delta() string {
	c.t.Helper()
	return string(c.r.call(c.name, "delta", nil))
}

// mapped is a root map as JSON.
func (c *client) mapped(name string) string {
	c.t.Helper()
	return string(c.r.call(c.name, "map", command{"name": name}))
}

// array is a root array as JSON.
func (c *client) array(name string) string {
	c.t.Helper()
	return string(c.r.call(c.name, "array", command{"name": name}))
}

// states are the awareness states, its own included.
func (c *client) states() (states map[uint64]json.RawMessage) {
	c.t.Helper()
	c.answer("states", nil, &states)
	return states
}

// state is the whole document, and its state vector.
func (c *client) state() (update, vector []byte) {
	c.t.Helper()
	var s struct{ Update, Vector string }
	c.answer("state", nil, &s)
	update, err := hex.DecodeString(s.Update)
	if err != nil {
		c.t.Fatal(err)
	}
	if vector, err = hex.DecodeString(s.Vector); err != nil {
		c.t.Fatal(err)
	}
	return update, vector
}
