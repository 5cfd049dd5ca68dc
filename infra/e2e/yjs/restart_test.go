package yjs

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/redistest"
	"github.com/tutti-live/tutti/shared/room"
)

// fill writes all that a document can hold beside plain text.
func fill(c *client) {
	c.t.Helper()
	c.insert(0, "hello 👩‍💻 world")
	c.format(0, 5, map[string]any{"bold": true, "link": map[string]any{"href": "https://example.com/"}})
	c.format(2, 6, map[string]any{"bold": nil}) // within a character would change it for its author alone
	c.set("settings", "theme", "dark")
	c.set("settings", "theme", "light")
	c.set("settings", "sizes", []any{1, 2.5, nil, true, map[string]any{"deep": "👾"}})
	for i := range 5 {
		c.push("marks", i, map[string]any{"line": i}, "text")
	}
	c.remove(3, 2)
}

// content is all that a client has of what fill writes.
func content(c *client) string {
	c.t.Helper()
	return c.delta() + c.mapped("settings") + c.mapped("counter") + c.array("marks")
}

// fresh is the state of somebody who just came. Who wrote it may have it in other
// pieces.
func fresh(w *scene.World, r *robots, id string, author *client) []byte {
	r.t.Helper()
	c := r.join("y-websocket-3.1", w.Relays[1], id)
	scene.Eventually(r.t, "all that was written has come", func() bool { return content(c) == content(author) })
	state, _ := c.state()
	c.destroy()
	return state
}

// same wants a document of the very bytes that another has.
func same(t *testing.T, c *client, want []byte) {
	t.Helper()
	scene.Eventually(t, c.name+" has the same document to the byte", func() bool {
		state, _ := c.state()
		return slices.Equal(state, want)
	})
}

// Nobody who knows the document is left but Redis.
func TestYjs_RelaysRestart_DocumentIsTheSameToTheByte(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("")
		a := r.join("hocuspocus-provider-4", w.Relays[0], id)
		fill(a)
		a.saved()
		want := fresh(w, r, id, a)
		a.destroy()
		w.Restart(0)
		w.Replace(1)
		for i, library := range all {
			same(t, r.join(library, w.Relays[i%2], id), want)
		}
	})
}

func TestYjs_LogCompactedAndLost_DocumentIsTheSameToTheByte(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("")
		a := r.join("hocuspocus-provider-3", w.Relays[0], id)
		fill(a)
		for i := range 210 { // a log of 200 entries is compacted
			a.set("counter", "n", i)
			a.saved() // so that each is an entry
		}
		scene.Eventually(t, "the log is compacted", func() bool {
			return slices.ContainsFunc(w.Logged(id)[1:], func(e room.Entry) bool { return e.Kind == room.KindSnapshot }) || len(w.Logged(id)) < 200
		})
		want := fresh(w, r, id, a)
		if saved := w.Saved(id).EncodeStateAsUpdate(nil); !slices.Equal(saved, want) {
			t.Errorf("Redis has another document, of %d bytes and not %d", len(saved), len(want))
		}
		w.Redis.Wipe()
		scene.Eventually(t, "the room is in Redis again", func() bool { return len(w.Redis.Keys()) > 0 && sameState(w.Saved(id), want) })
		w.Replace(0)
		same(t, r.join("y-websocket-1", w.Relays[0], id), want)
	})
}

func sameState(doc *crdt.Doc, want []byte) bool {
	return slices.Equal(doc.EncodeStateAsUpdate(nil), want)
}

// Relays come and go under people who type.
func TestYjs_RelaysRestartWhileAllType_NothingIsLost(t *testing.T) {
	t.Parallel()
	r, w := startRobots(t), scene.Start(t, redistest.Real(t))
	id := w.Create("")
	person := w.Join(id, 1)
	var clients []*client
	for i, library := range all {
		clients = append(clients, r.join(library, w.Relays[i%2], id, as(named(library, "#123456"))))
	}
	text := ""
	for i := range 24 {
		line := fmt.Sprintf("line %d\n", i)
		clients[i%len(clients)].insert(len(text), line)
		text += line
		switch i {
		case 4:
			w.Restart(0)
		case 10:
			w.Replace(0)
		case 16:
			w.Redis.Wipe()
			w.Replace(0)
		}
		for _, c := range clients {
			c.shows(text)
		}
		person.Shows(text)
	}
	converge(clients[0], clients[1:]...)
	for _, library := range all {
		person.SeesNamed(library)
	}
	person.Until("everybody is there once", func(v *scene.View) bool { return len(v.People) == len(all)+1 })
}
