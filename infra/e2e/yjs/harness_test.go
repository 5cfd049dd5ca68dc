package yjs

import (
	"slices"
	"testing"
	"time"
)

// libraries runs a test for each library, with one process of clients and one
// of the servers that come with them.
func libraries(t *testing.T, names []string, test func(t *testing.T, r *robots, library, server string)) {
	t.Helper()
	if testing.Short() {
		t.Skip("these only test the tests")
	}
	t.Parallel()
	r, server := startRobots(t), startReference(t)
	for _, library := range names {
		t.Run(library, func(t *testing.T) { test(t, r.in(t), library, server.url) })
	}
}

var all = slices.Concat(yWebsockets, hocuspocus)

func TestHarness_TwoClientsConverge(t *testing.T) {
	libraries(t, all, func(t *testing.T, r *robots, library, server string) {
		a, b := r.join(library, server, "two"+library), r.join(library, server, "two"+library)
		a.insert(0, "hello")
		b.shows("hello")
		b.insert(5, " 👩‍💻")
		a.insert(0, "> ") // at the same time
		a.shows("> hello 👩‍💻")
		a.format(2, 5, map[string]any{"bold": true})
		a.set("settings", "language", "python")
		b.push("marks", 1, map[string]any{"line": 2})
		b.shows("> hello 👩‍💻")
		b.remove(0, 2)
		b.shows("hello 👩‍💻")
		if got := converge(a, b); got != "hello 👩‍💻" {
			t.Errorf("the text is %q", got)
		}
		for _, c := range []*client{a, b} {
			if got := c.delta(); got != `[{"insert":"hello","attributes":{"bold":true}},{"insert":" 👩‍💻"}]` {
				t.Errorf("%s: formatted %s", c.name, got)
			}
			if got := c.mapped("settings"); got != `{"language":"python"}` {
				t.Errorf("%s: map %s", c.name, got)
			}
			if got := c.array("marks"); got != `[1,{"line":2}]` {
				t.Errorf("%s: array %s", c.name, got)
			}
		}
		late := r.join(library, server, "two"+library)
		late.until("step1 and step2 are counted", func(v *view) bool { return v.Traffic.Kinds["step1"] == 1 && v.Traffic.Kinds["step2"] == 1 })
		late.shows("hello 👩‍💻")
		converge(a, late)
	})
}

// People in a room do not agree on a version first.
func TestHarness_AllVersionsConverge(t *testing.T) {
	kinds := map[string][]string{"y-websocket": yWebsockets, "hocuspocus": hocuspocus}
	libraries(t, []string{"y-websocket", "hocuspocus"}, func(t *testing.T, r *robots, kind, server string) {
		var clients []*client
		for _, library := range kinds[kind] {
			clients = append(clients, r.join(library, server, kind))
		}
		for i, c := range clients {
			c.insert(0, string(rune('a'+i)))
		}
		if got := converge(clients[0], clients[1:]...); len(got) != len(clients) {
			t.Errorf("the text is %q", got)
		}
	})
}

func TestHarness_UndoSparesOthers(t *testing.T) {
	libraries(t, all, func(t *testing.T, r *robots, library, server string) {
		a := r.join(library, server, "undo"+library, func(o *options) { o.Undo, o.Text = true, "monaco" })
		b := r.join(library, server, "undo"+library, func(o *options) { o.Text = "monaco" })
		a.insert(0, "mine")
		b.shows("mine")
		b.insert(4, "yours")
		a.shows("mineyours")
		a.undo()
		b.shows("yours")
		a.redo()
		b.shows("mineyours")
	})
}

func TestHarness_AwarenessComesAndGoes(t *testing.T) {
	libraries(t, all, func(t *testing.T, r *robots, library, server string) {
		room := "people" + library
		a := r.join(library, server, room, as("a"))
		for _, leave := range []func(*client){(*client).disconnect, (*client).destroy, (*client).kill, (*client).crash} {
			b := r.join(library, server, room, as(map[string]any{"name": "b"}))
			a.sees(b, map[string]any{"name": "b"})
			b.sees(a, "a")
			b.setState(map[string]any{"name": "b", "line": 1})
			a.sees(b, map[string]any{"name": "b", "line": 1})
			if _, ok := b.states()[a.id]; !ok {
				t.Error("b does not know a")
			}
			leave(b)
			a.until("b left", func(v *view) bool { return v.Left[b.id] == 1 })
			if v := a.view(); v.Joined[b.id] != 1 {
				t.Errorf("b joined %d times", v.Joined[b.id])
			}
			b.crash() // if it was only killed
		}
	})
}

// It comes back with the clock that it had, which everybody takes for old.
func TestHarness_KilledClientIsSeenAgainWhenItMoves(t *testing.T) {
	libraries(t, all, func(t *testing.T, r *robots, library, server string) {
		a := r.join(library, server, "back"+library, as("a"))
		b := r.join(library, server, "back"+library, as("b"))
		a.sees(b, "b")
		b.kill()
		a.misses(b)
		b.reconnected(2)
		b.setState("moved")
		a.sees(b, "moved")
		if v := a.view(); v.Joined[b.id] != 2 || v.Left[b.id] != 1 {
			t.Errorf("b joined %d times and left %d times", v.Joined[b.id], v.Left[b.id])
		}
	})
}

func TestHarness_NullIsALeave(t *testing.T) {
	// What Hocuspocus 4.7 does with a null is to lose it.
	libraries(t, yWebsockets, func(t *testing.T, r *robots, library, server string) {
		a := r.join(library, server, "null"+library, as("a"))
		b := r.join(library, server, "null"+library, as("b"))
		a.sees(b, "b")
		b.setState(nil)
		a.misses(b)
	})
}

func TestHarness_KilledConnectionComesBack(t *testing.T) {
	libraries(t, all, func(t *testing.T, r *robots, library, server string) {
		a, b := r.join(library, server, "killed"+library), r.join(library, server, "killed"+library)
		a.insert(0, "before")
		b.shows("before")
		b.kill()
		b.closed(1006)
		b.insert(6, " meanwhile")
		a.insert(0, "> ")
		b.reconnected(2)
		b.shows("> before meanwhile")
		converge(a, b)
		b.disconnect()
		b.until("disconnected", func(v *view) bool { return v.Status == "disconnected" })
		b.insert(0, "!")
		b.connect()
		b.reconnected(3)
		a.shows("!> before meanwhile")
	})
}

func TestHarness_ServerRestarts(t *testing.T) {
	if testing.Short() {
		t.Skip("this only tests the tests")
	}
	t.Parallel()
	r, server := startRobots(t), startReference(t)
	var clients []*client
	for _, library := range all {
		c := r.join(library, server.url, library)
		c.insert(0, library)
		clients = append(clients, c)
	}
	server.kill()
	for _, c := range clients {
		c.closed(1006)
	}
	server.start()
	for i, c := range clients {
		c.reconnected(2)
		r.join(all[i], server.url, all[i]).shows(all[i]) // c brought it back
	}
}

func TestHarness_CloseCodes(t *testing.T) {
	libraries(t, yWebsockets, func(t *testing.T, r *robots, library, server string) {
		c := r.open(options{Library: library, URL: server + "/close/4404", Room: "r", More: map[string]any{"maxBackoffTime": 50}})
		c.closed(4404)
		if library == "y-websocket-3.1" {
			c.until("it gives up", func(v *view) bool { return v.Status == "final" })
		} else {
			c.until("it tries again", func(v *view) bool { return v.Traffic.Sockets > 3 })
		}
		c.destroy()
		refused := r.open(options{Library: library, URL: server + "/refuse/403", Room: "r"})
		refused.failed("403")
		refused.destroy()
	})
}

func TestHarness_HocuspocusAdmits(t *testing.T) {
	libraries(t, hocuspocus, func(t *testing.T, r *robots, library, server string) {
		room := "admitted" + library
		a := r.join(library, server, room, func(o *options) { o.Token = "writer" })
		a.insert(0, "text")
		a.saved()
		if scope := a.view().Scope; scope != "read-write" {
			t.Errorf("admitted to %s", scope)
		}
		reader := r.join(library, server, room, func(o *options) { o.Token = "reader" })
		reader.shows("text")
		reader.insert(0, "not ")
		reader.until("it is not synced", func(v *view) bool { return v.Unsynced > 0 && v.Scope == "readonly" })
		denied := r.open(options{Library: library, URL: server + "/hocuspocus", Room: room, Token: "wrong"})
		denied.until("it is denied", func(v *view) bool { return v.Denied != "" })
	})
}

func TestHarness_HocuspocusSharesASocket(t *testing.T) {
	libraries(t, hocuspocus, func(t *testing.T, r *robots, library, server string) {
		a := r.join(library, server, "one"+library)
		b := r.join(library, server, "two"+library, func(o *options) { o.Beside = a.name })
		c := r.join(library, server, "two"+library)
		a.insert(0, "a")
		b.insert(0, "b")
		c.shows("b")
		a.saved()
		b.saved()
		if a.view().Traffic.Sockets != 1 || b.view().Traffic.Sockets != 0 {
			t.Error("b has a socket of its own")
		}
		b.disconnect()
		c.insert(1, "c")
		a.kill()
		a.reconnected(2)
		b.connect()
		b.shows("bc")
	})
}

// Tabs of one browser tell each other what happens, without a server.
func TestHarness_TabsShareAChannel(t *testing.T) {
	libraries(t, yWebsockets, func(t *testing.T, r *robots, library, server string) {
		o := options{Library: library, URL: server + "/refuse/503", Room: library, Channel: true}
		a, b := r.open(o), r.open(o)
		a.insert(0, "seen")
		b.shows("seen")
		a.destroy()
		b.destroy()
	})
}

func TestHarness_TellsWhatClientsDoNotRead(t *testing.T) {
	libraries(t, yWebsockets[:1], func(t *testing.T, r *robots, library, server string) {
		before := time.Now()
		c := r.open(options{Library: library, URL: server + "/joined", Room: "r", Origin: "http://localhost:3000"})
		r.complained("3 bytes follow after a sync message")
		c.until("a frame came", func(v *view) bool { return v.Traffic.Frames == 1 && v.Traffic.Bytes == 7 })
		v := c.view()
		if silence := v.Traffic.silence(); silence < 0 || silence > time.Since(before)+time.Second {
			t.Errorf("%v since the last frame", silence)
		}
	})
}
