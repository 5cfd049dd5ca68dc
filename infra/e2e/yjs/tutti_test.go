package yjs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/redistest"
)

// named is a state as y-codemirror.next sets it.
func named(name, color string) map[string]any {
	return map[string]any{"user": map[string]any{"name": name, "color": color}}
}

func TestYjs_AllVersionsAndJSONClientsShowOneText(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("one\n")
		person := w.Join(id, 0)
		var clients []*client
		for i, library := range all {
			c := r.join(library, w.Relays[i%2], id)
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
			person.Shows(text)
		}
		person.Write("zero\n" + text)
		for _, c := range clients {
			c.shows("zero\n" + text)
		}
		clients[0].remove(0, 5)
		person.Shows(text)
		converge(clients[0], clients[1:]...)
		late := w.Join(id, 1)
		late.Shows(text)
	})
}

func TestYjs_WhatIsNoTextIsCarried(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("hello")
		a := r.join("y-websocket-3.1", w.Relays[0], id)
		a.format(0, 5, map[string]any{"bold": true})
		a.set("settings", "theme", "dark")
		a.push("marks", 1, map[string]any{"line": 2})
		b := r.join("y-websocket-1", w.Relays[1], id)
		scene.Eventually(t, "all of it has come", func() bool { return b.array("marks") == `[1,{"line":2}]` })
		if got := b.delta(); got != `[{"insert":"hello","attributes":{"bold":true}}]` {
			t.Errorf("formatted %s", got)
		}
		if got := b.mapped("settings"); got != `{"theme":"dark"}` {
			t.Errorf("map %s", got)
		}
		w.Redis.Wipe()
		b.insert(5, "!")
		a.shows("hello!")
		c := r.join("y-websocket-2", w.Relays[0], id)
		c.shows("hello!")
		d := r.join("hocuspocus-provider-4", w.Relays[1], id)
		d.shows("hello!")
		converge(a, b, c, d)
	})
}

func TestYjs_EverybodySeesEverybody(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("one\ntwo\n")
		person := w.Join(id, 0)
		person.Hello("Ada")
		near := r.join("y-websocket-1", w.Relays[0], id, as(named("Bob", "#123456")))
		far := r.join("hocuspocus-provider-3", w.Relays[1], id, as(named("Cy", "#abcdef")))
		near.sees(far, named("Cy", "#abcdef"))
		far.sees(near, named("Bob", "#123456"))
		bob, cy := person.SeesNamed("Bob"), person.SeesNamed("Cy")
		person.Until("colours", func(v *scene.View) bool { return v.People[bob].Color == "#123456" && v.People[cy].Color == "#abcdef" })
		for _, c := range []*client{near, far} {
			scene.Eventually(t, "Ada is there", func() bool { return seesName(c, "Ada") })
		}
		gone := time.Now()
		far.destroy()
		person.Misses(cy)
		near.misses(far)
		if took := time.Since(gone); took > 2*time.Second {
			t.Errorf("who said goodbye was shown for %v, as somebody who may come back", took)
		}
		near.crash()
		person.Misses(bob)
		person.Leave()
		last := r.join("y-websocket-2", w.Relays[1], id)
		scene.Eventually(t, "nobody else is there", func() bool { return len(last.states()) <= 1 })
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
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		began := time.Now()
		for _, library := range yWebsockets {
			c := r.open(options{Library: library, URL: w.Relays[0] + "/yjs", Room: "000000"})
			c.closed(protocol.CloseYjsNotFound)
			c.destroy()
		}
		if took := time.Since(began); took < 2*time.Second {
			t.Errorf("they were turned away after %v", took)
		}
	})
}

func TestYjs_LogLostAndRelayRestarted_NothingIsLost(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("")
		a, b := r.join("y-websocket-3.0", w.Relays[0], id), r.join("y-websocket-3.1", w.Relays[1], id)
		text := ""
		for i := range 10 {
			line := fmt.Sprintf("line %d\n", i)
			a.insert(len(text), line)
			text += line
			switch i {
			case 3:
				w.Redis.Wipe()
			case 6:
				b.kill()
			}
			b.shows(text)
		}
		converge(a, b)
	})
}

func TestYjs_CursorsStickToTheirText(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		id := w.Create("one\ntwo\n")
		ada, bob := w.Join(id, 0), w.Join(id, 1)
		c := r.join("y-websocket-3.1", w.Relays[1], id)
		atEnd := map[string]any{"type": nil, "tname": "code", "item": nil, "assoc": 0}
		state := named("Cy", "#123456")
		state["cursor"] = map[string]any{"anchor": atEnd, "head": atEnd}
		c.setState(state)
		cy := ada.SeesNamed("Cy")
		ada.SeesCursor(cy, 3, 1)

		ada.PutCursor(2, 2)
		bob.SeesCursor(ada.Init.YourUserID, 2, 2)
		scene.Eventually(t, "the cursor is in a state", func() bool {
			for _, state := range c.states() {
				if strings.Contains(string(state), `"cursor"`) && strings.Contains(string(state), ada.Init.YourColor) {
					return true
				}
			}
			return false
		})
		c.insert(0, "zero\n")
		bob.Shows("zero\none\ntwo\n")
		bob.SeesCursor(ada.Init.YourUserID, 3, 2)
		ada.SeesCursor(cy, 4, 1)
	})
}

// The clients count messages, and connect anew after 30 s without one.
func TestYjs_IdleClientsStayConnected(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 95 s")
	}
	t.Parallel()
	r, w := startRobots(t), scene.Start(t, redistest.Real(t))
	id := w.Create("")
	var clients []*client
	for i, library := range all {
		clients = append(clients, r.join(library, w.Relays[i%2], id))
	}
	const threeTimes = 95 * time.Second // what clients wait for a message: 30 s, looked at every 3 s or more
	<-time.After(threeTimes)
	for _, c := range clients {
		if v := c.view(); v.Traffic.silence() > 20*time.Second || v.Traffic.Sockets != 1 {
			t.Errorf("%s heard nothing for %v and connected %d times", c.name, v.Traffic.silence(), v.Traffic.Sockets)
		}
	}
}

// Everybody types and is disturbed in every way; in the end all show the same, and
// each line is there once.
func TestYjs_RandomEditsAndFaults_EveryLineIsThereOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *scene.World, r *robots) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		rng := rand.New(rand.NewPCG(seed, 0))
		id := w.Create("")
		people := []*scene.Person{w.Join(id, 0), w.Join(id, 1)}
		var clients []*client
		for i, library := range all {
			clients = append(clients, r.join(library, w.Relays[i%2], id))
		}
		const steps = 60
		away := make(map[*client]bool)
		for i := range steps {
			line := fmt.Sprintf("<%d>\n", i)
			if n := rng.IntN(len(clients) + len(people)); n < len(people) {
				people[n].Prepend(line)
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
				w.Redis.Wipe()
			}
		}
		for c := range away {
			c.connect()
		}
		text := ""
		scene.Eventually(t, "all show the same, with every line", func() bool {
			text = clients[0].text()
			for _, c := range clients[1:] {
				if c.text() != text {
					return false
				}
			}
			for _, p := range people {
				if p.Text() != text {
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
