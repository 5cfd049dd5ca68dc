package chaos

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/infra/ywebsocket"
)

// yjsDifference returns the document of all Yjs clients, or says whose differs, or
// whose text is not that of everybody.
func (w *world) yjsDifference(text string) (document ywebsocket.Content, what string) {
	document.Text = text
	for i, p := range w.yjsPeople {
		content := p.client.Content()
		name := p.label + "@" + w.relayOf(p.client.Visit())
		if i == 0 {
			document = content
		}
		switch {
		case content.Waits:
			return document, name + " waits for nothing"
		case content.Text != text:
			return document, fmt.Sprintf("%s and %s show the same: %s", w.people[0].label, name, contrast(text, content.Text))
		}
		if what := unlikeDocuments(document, content); what != "" {
			return document, fmt.Sprintf("%s and %s have the same document: %s", w.yjsPeople[0].label, name, what)
		}
	}
	return document, ""
}

// unlikeDocuments says how two documents differ: equal ones are equal to the byte.
func unlikeDocuments(a, b ywebsocket.Content) string {
	switch {
	case !bytes.Equal(a.Vector, b.Vector):
		return fmt.Sprintf("the state vectors are %x and %x", a.Vector, b.Vector)
	case !maps.Equal(a.Fields, b.Fields):
		return fmt.Sprintf("the maps are %q and %q", a.Fields, b.Fields)
	case !slices.Equal(a.List, b.List):
		return fmt.Sprintf("the arrays are %q and %q", a.List, b.List)
	case a.Text != b.Text:
		return contrast(a.Text, b.Text)
	case !bytes.Equal(a.State, b.State):
		return fmt.Sprintf("they show the same, but have %d and %d bytes that are not the same", len(a.State), len(b.State))
	}
	return ""
}

// yjsJoinerDifference has a Yjs client join anew, and says what it finds that
// others do not have.
func (w *world) yjsJoinerDifference(ctx context.Context, relay *process.Process, document ywebsocket.Content) string {
	if len(w.yjsPeople) == 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	joiner := ywebsocket.Open(ctx, ywebsocket.Options{URL: func() string { return w.yjsURL(relay) }})
	defer joiner.Leave()
	if err := joiner.AwaitSync(ctx); err != nil {
		return fmt.Sprintf("a Yjs client can join %s: %v", relay.Name, err)
	}
	if what := unlikeDocuments(document, joiner.Content()); what != "" {
		return "a Yjs client who joins " + relay.Name + " finds what others have: " + what
	}
	return ""
}

// readYjs compares what is in the map and in the array with what was written.
func (w *world) readYjs(result *Result) {
	if len(w.yjsPeople) == 0 {
		return
	}
	content := w.yjsPeople[0].client.Content()
	there := make(map[string]int)
	for _, value := range content.List {
		there[value]++
	}
	var lost, twice []string
	for _, p := range w.yjsPeople {
		if got := content.Fields[p.label]; got != p.field {
			lost = append(lost, fmt.Sprintf("%s (of %s in the map, where %s is)", p.field, p.label, got))
		}
		for _, value := range p.list {
			switch n := there[value]; {
			case n == 0:
				lost = append(lost, value+" (in the array)")
			case n > 1:
				twice = append(twice, value)
			}
			delete(there, value)
		}
	}
	result.tellValues("lost", &result.ValuesLost, lost)
	result.tellValues("twice in the array", &result.ValuesTwice, twice)
	if len(there) > 0 {
		result.problem("round %d: in the array is what nobody wrote: %s", result.Rounds, some(slices.Sorted(maps.Keys(there))))
	}
}

// misseen says where what people see of each other differs from who is there.
func (w *world) misseen() string {
	yjs := []string{}
	for _, p := range w.yjsPeople {
		if p.client.IsHere() {
			yjs = append(yjs, p.label)
		}
	}
	if what := w.visits.misseen(yjs); what != "" {
		return what
	}
	for _, p := range w.yjsPeople {
		there, seen := make(map[string]int), make(map[string]int)
		for _, c := range w.visits.open() {
			there[c.user]++
		}
		for _, name := range yjs {
			if name != p.label {
				there[name]++
			}
		}
		for _, e := range p.client.Others() {
			seen[nameIn(e.State)]++
		}
		if what := w.visits.unlike(seen, there); what != "" {
			return fmt.Sprintf("%s@%s %s", p.label, w.relayOf(p.client.Visit()), what)
		}
	}
	return ""
}

// misreported lists what people were told of each other that is not so.
func (w *world) misreported() []string {
	wrong := w.visits.misreported(w.fault.absences)
	if w.fault.absences {
		return wrong
	}
	for _, c := range w.visits.clients() {
		c.mu.Lock()
		told := slices.Clone(c.roster.told)
		c.mu.Unlock()
		for _, p := range w.yjsPeople {
			for _, a := range told {
				if !a.joined && a.name == p.label && !p.hasLeft(a.at) {
					wrong = append(wrong, fmt.Sprintf("%s was told at %s that %s left, who never had", c.name(), a.at.Format(clock), p.label))
				}
			}
		}
	}
	return wrong
}

// hasLeft reports whether a connection of the person had ended at a moment.
func (p *yjsPerson) hasLeft(at time.Time) bool {
	return slices.ContainsFunc(p.past(), func(v ywebsocket.Visit) bool { return v.Ended.Before(at.Add(earlyBy)) })
}

// judgeYjs looks at what the relays did to the connections of Yjs clients.
func (w *world) judgeYjs(result *Result) {
	for _, p := range w.yjsPeople {
		if err := p.client.Wrong(); err != nil {
			result.problem("%s was sent what it cannot read: %v", p.label, err)
		}
		for _, v := range p.past() {
			if !v.Left && !w.fault.breaksConnections {
				result.problem("%s@%s was closed at %s: %v", p.label, w.relayOf(v), v.Ended.Format(clock), v.Err)
			}
		}
	}
}
