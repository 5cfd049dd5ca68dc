package yjs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/redistest"
)

// named is a state as y-codemirror.next sets it.
func named(name, color string) map[string]any {
	return map[string]any{"user": map[string]any{"name": name, "color": color}}
}

func TestYjs_AllVersionsAndJSONClientsShowOneText(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("one\n")
		person := w.join(id, 0)
		var clients []*client
		for i, library := range all {
			c := r.join(library, w.relays[i%2], id)
			c.shows("one\n")
			clients = append(clients, c)
		}
		text := "one\n"
		for i, c := range clients {
			line := fmt.Sprintf("%d 👩‍💻\n", i)
			c.insert(4, line)
			text = text[:4] + line + text[4:]
			for _, other := range clients {
				other.shows(text)
			}
			person.shows(text)
		}
		person.write("zero\n" + text)
		for _, c := range clients {
			c.shows("zero\n" + text)
		}
		clients[0].remove(0, 5)
		person.shows(text)
		converge(clients[0], clients[1:]...)
		late := w.join(id, 1)
		late.shows(text)
	})
}

func TestYjs_WhatIsNoTextIsCarried(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("hello")
		a := r.join("y-websocket-3.1", w.relays[0], id)
		a.format(0, 5, map[string]any{"bold": true})
		a.set("settings", "theme", "dark")
		a.push("marks", 1, map[string]any{"line": 2})
		b := r.join("y-websocket-1", w.relays[1], id)
		eventually(t, "all of it has come", func() bool { return b.array("marks") == `[1,{"line":2}]` })
		if got := b.delta(); got != `[{"insert":"hello","attributes":{"bold":true}}]` {
			t.Errorf("formatted %s", got)
		}
		if got := b.mapped("settings"); got != `{"theme":"dark"}` {
			t.Errorf("map %s", got)
		}
		w.redis.Wipe()
		b.insert(5, "!")
		a.shows("hello!")
		c := r.join("y-websocket-2", w.relays[0], id)
		c.shows("hello!")
		d := r.join("hocuspocus-provider-4", w.relays[1], id)
		d.shows("hello!")
		converge(a, b, c, d)
	})
}

func TestYjs_EverybodySeesEverybody(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("one\ntwo\n")
		person := w.join(id, 0)
		person.send(map[string]any{"type": protocol.TypeHello, "name": "Ada"})
		near := r.join("y-websocket-1", w.relays[0], id, as(named("Bob", "#123456")))
		far := r.join("hocuspocus-provider-3", w.relays[1], id, as(named("Cy", "#abcdef")))
		near.sees(far, named("Cy", "#abcdef"))
		far.sees(near, named("Bob", "#123456"))
		bob, cy := person.seesNamed("Bob"), person.seesNamed("Cy")
		person.until("colours", func() bool { return person.people[bob].Color == "#123456" && person.people[cy].Color == "#abcdef" })
		for _, c := range []*client{near, far} {
			eventually(t, "Ada is there", func() bool { return seesName(c, "Ada") })
		}
		far.destroy()
		person.misses(cy)
		near.misses(far)
		near.crash()
		person.misses(bob)
		person.leave()
		last := r.join("y-websocket-2", w.relays[1], id)
		eventually(t, "nobody else is there", func() bool { return len(last.states()) <= 1 })
	})
}

// seesName reports whether a client sees somebody of a name.
func seesName(c *client, name string) bool {
	for _, state := range c.states() {
		if strings.Contains(string(state), `"name":"`+name+`"`) {
			return true
		}
	}
	return false
}

func TestYjs_RoomThatDoesNotExist(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		began := time.Now()
		for _, library := range yWebsockets {
			c := r.open(options{Library: library, URL: w.relays[0] + "/yjs", Room: "000000"})
			c.closed(protocol.CloseYjsNotFound)
			c.destroy()
		}
		if took := time.Since(began); took < 2*time.Second {
			t.Errorf("they were turned away after %v", took)
		}
	})
}

func TestYjs_LogLostAndRelayRestarted_NothingIsLost(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("")
		a, b := r.join("y-websocket-3.0", w.relays[0], id), r.join("y-websocket-3.1", w.relays[1], id)
		text := ""
		for i := range 10 {
			line := fmt.Sprintf("line %d\n", i)
			a.insert(len(text), line)
			text += line
			switch i {
			case 3:
				w.redis.Wipe()
			case 6:
				b.kill()
			}
			b.shows(text)
		}
		converge(a, b)
	})
}

func TestYjs_CursorsStickToTheirText(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		id := w.create("one\ntwo\n")
		ada, bob := w.join(id, 0), w.join(id, 1)
		c := r.join("y-websocket-3.1", w.relays[1], id)
		atEnd := map[string]any{"type": nil, "tname": "code", "item": nil, "assoc": 0}
		state := named("Cy", "#123456")
		state["cursor"] = map[string]any{"anchor": atEnd, "head": atEnd}
		c.setState(state)
		cy := ada.seesNamed("Cy")
		ada.seesCursor(cy, 3, 1)

		ada.send(map[string]any{"type": protocol.TypeCursorMove, "line": 2, "column": 2})
		bob.seesCursor(ada.init.YourUserID, 2, 2)
		eventually(t, "the cursor is in a state", func() bool {
			for _, state := range c.states() {
				if strings.Contains(string(state), `"cursor"`) && strings.Contains(string(state), ada.init.YourColor) {
					return true
				}
			}
			return false
		})
		c.insert(0, "zero\n")
		bob.shows("zero\none\ntwo\n")
		bob.seesCursor(ada.init.YourUserID, 3, 2)
		ada.seesCursor(cy, 4, 1)
	})
}

// The clients count messages, and connect anew after 30 s without one.
func TestYjs_IdleClientsStayConnected(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 40 s")
	}
	t.Parallel()
	r, w := startRobots(t), newWorld(t, redistest.Real(t))
	id := w.create("")
	var clients []*client
	for i, library := range all {
		clients = append(clients, r.join(library, w.relays[i%2], id))
	}
	const patienceOfClients = 40 * time.Second // 30 s, looked at every 3 s or more
	<-time.After(patienceOfClients)
	for _, c := range clients {
		if v := c.view(); v.Traffic.silence() > 20*time.Second || v.Traffic.Sockets != 1 {
			t.Errorf("%s heard nothing for %v and connected %d times", c.name, v.Traffic.silence(), v.Traffic.Sockets)
		}
	}
}

// Everybody types and is disturbed in every way; in the end all show the same, and
// each line is there once.
func TestYjs_RandomEditsAndFaults_EveryLineIsThereOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, r *robots) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		rng := rand.New(rand.NewPCG(seed, 0))
		id := w.create("")
		people := []*person{w.join(id, 0), w.join(id, 1)}
		var clients []*client
		for i, library := range all {
			clients = append(clients, r.join(library, w.relays[i%2], id))
		}
		const steps = 60
		away := make(map[*client]bool)
		for i := range steps {
			line := fmt.Sprintf("<%d>\n", i)
			if n := rng.IntN(len(clients) + len(people)); n < len(people) {
				people[n].prepend(line)
			} else {
				clients[n-len(people)].insert(0, line)
			}
			switch c := clients[rng.IntN(len(clients))]; rng.IntN(12) {
			case 0:
				c.kill()
			case 1:
				c.disconnect()
				away[c] = true
			case 2:
				w.redis.Wipe()
			}
		}
		for c := range away {
			c.connect()
		}
		text := ""
		eventually(t, "all show the same, with every line", func() bool {
			text = clients[0].text()
			for _, c := range clients[1:] {
				if c.text() != text {
					return false
				}
			}
			for _, p := range people {
				p.mu.Lock()
				same := p.code == text
				p.mu.Unlock()
				if !same {
					return false
				}
			}
			return strings.Count(text, "\n") >= steps
		})
		for i := range steps {
			if n := strings.Count(text, fmt.Sprintf("<%d>\n", i)); n != 1 {
				t.Errorf("line %d is there %d times", i, n)
			}
		}
	})
}
