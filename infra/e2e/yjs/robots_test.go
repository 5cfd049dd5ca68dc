package yjs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tutti-live/tutti/infra/e2e/scene"
)

// The libraries of testdata/clients/libraries.mjs.
var (
	yWebsockets = []string{"y-websocket-1", "y-websocket-2", "y-websocket-3.0", "y-websocket-3.1"}
	hocuspocus  = []string{"hocuspocus-provider-3", "hocuspocus-provider-4"}
)

// maxHistory is how many of the latest events a failed test shows.
const maxHistory = 60

// robots are the clients of a process, as a test has them.
type robots struct {
	t testing.TB
	*stage
}

// stage is a process with any number of clients.
type stage struct {
	*script

	mu         sync.Mutex
	changed    chan struct{} // closed when anything happens, and replaced
	asked      int           // the id of the last command
	answers    map[int]answer
	clients    map[string]*client
	history    []string // the latest events, as they came
	complaints []string
	excused    []string // parts of complaints that a test expects
}

// answer is that to a command.
type answer struct {
	value json.RawMessage
	err   string
}

// startRobots starts a process without clients, for the length of a test.
func startRobots(t testing.TB) *robots {
	t.Helper()
	s := &stage{changed: make(chan struct{}), answers: make(map[int]answer), clients: make(map[string]*client)}
	r := &robots{t, s}
	t.Cleanup(r.checkComplaints) // after the process has ended
	s.script = run(t, s.hear, "robot.mjs")
	return r
}

// in returns the same process for a subtest.
func (r *robots) in(t testing.TB) *robots { return &robots{t, r.stage} }

func (r *robots) checkComplaints() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.complaints {
		if !slices.ContainsFunc(r.excused, func(part string) bool { return strings.Contains(c, part) }) {
			r.t.Errorf("a client complained: %s", c)
		}
	}
}

// excuse says what of a client's complaints a test expects.
func (r *robots) excuse(part string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.excused = append(r.excused, part)
}

// complained waits for a complaint, which is then excused.
func (r *robots) complained(part string) {
	r.t.Helper()
	r.excuse(part)
	r.until("a complaint about "+part, func() bool {
		return slices.ContainsFunc(r.complaints, func(c string) bool { return strings.Contains(c, part) })
	})
}

// hear takes a line of the process: an answer or an event.
func (s *stage) hear(line []byte) {
	var l struct {
		ID            int
		Value         json.RawMessage
		Error         string
		Client, Event string
		Message       string
	}
	err := json.Unmarshal(line, &l)
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[l.Client]
	switch {
	case err != nil:
		s.complaints = append(s.complaints, fmt.Sprintf("%v: %s", err, line))
	case l.ID != 0:
		s.answers[l.ID] = answer{l.Value, l.Error}
	case l.Event == "complaint":
		s.complaints = append(s.complaints, strings.TrimSpace(l.Client+" "+l.Message))
	case c != nil:
		c.now.apply(line)
	}
	if l.Event != "" && l.Event != "traffic" {
		s.history = append(s.history, time.Now().Format("05.000 ")+strings.TrimSpace(string(line)))
		s.history = s.history[max(0, len(s.history)-maxHistory):]
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// until waits for something to hold, which is asked under r.mu.
func (r *robots) until(what string, holds func() bool) {
	r.t.Helper()
	timeout := time.NewTimer(scene.Patience)
	defer timeout.Stop()
	for {
		r.mu.Lock()
		held, changed := holds(), r.changed
		r.mu.Unlock()
		if held {
			return
		}
		select {
		case <-changed:
		case <-r.done:
			r.t.Fatalf("the process ended before this came: %s: %v\n%s", what, r.err, r.describe())
		case <-timeout.C:
			r.t.Fatalf("not within %v: %s\n%s", scene.Patience, what, r.describe())
		}
	}
}

// describe says where all clients are and how they got there.
func (s *stage) describe() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for name, c := range s.clients {
		now, _ := json.Marshal(c.now) // it came as JSON
		fmt.Fprintf(&b, "%s (%d): %s\n", name, c.id, now)
	}
	fmt.Fprintf(&b, "the latest events:\n%s\n", strings.Join(s.history, "\n"))
	return b.String()
}

// command is a line for the process; what each takes stands in client.mjs.
type command map[string]any

// call has a client carry out a command and returns the answer, after all
// events that came before it.
func (r *robots) call(client, do string, args command) json.RawMessage {
	r.t.Helper()
	r.mu.Lock()
	r.asked++
	id := r.asked
	r.mu.Unlock()
	line := command{"id": id, "do": do, "client": client}
	maps.Copy(line, args)
	data, err := json.Marshal(line)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.write(data); err != nil {
		r.t.Fatalf("%s: %v", do, err)
	}
	var a answer
	r.until("the answer to "+string(data), func() bool {
		var ok bool
		a, ok = r.answers[id]
		delete(r.answers, id)
		return ok
	})
	if a.err != "" {
		r.t.Fatalf("%s: %s", data, a.err)
	}
	return a.value
}
