package queueproxy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/infra/ywebsocket"
	"github.com/tutti-live/tutti/shared/crdt"
)

const (
	// short is a timeout that a test can wait for, and held how long a connection
	// has to last that none cuts.
	short = 3
	held  = 4 * short * time.Second

	pace = 100 * time.Millisecond // of typing

	// meetLimit is how long people may take to show the same, and drainLimit the
	// queue-proxy to think that nobody comes any more, which is 30 s and more.
	meetLimit  = 15 * time.Second
	drainLimit = 90 * time.Second

	typists = 6
)

// TestQueueProxy_SocketsOutliveItsTimeouts shows that each timeout cuts a socket on
// which people type, and that none does with our settings.
func TestQueueProxy_SocketsOutliveItsTimeouts(t *testing.T) {
	c := newCluster(t)
	relay := c.start("relay", c.programs.Relay)
	for _, tt := range []struct {
		name string
		timeouts
		cut bool
	}{
		{"timeoutSeconds", timeouts{request: short}, true},
		{"responseStartTimeoutSeconds", timeouts{request: 3600, responseStart: short}, true},
		{"idleTimeoutSeconds", timeouts{request: 3600, idle: short}, true},
		{"ours", ours, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy(t, relay, tt.timeouts)
			ended := make(chan ywebsocket.Visit, 1)
			p := join(t, c.newRoom(), 0, func() string { return proxyAddr }, func(v ywebsocket.Visit) {
				select {
				case ended <- v:
				default: // only the first counts
				}
			})
			ctx, cancel := context.WithTimeout(t.Context(), held)
			defer cancel()
			go p.types(ctx)
			select {
			case v := <-ended:
				lasted := v.Ended.Sub(v.Began)
				t.Logf("cut after %v: %v", lasted.Round(time.Millisecond), v.Err)
				if !tt.cut || lasted < (short-1)*time.Second {
					t.Errorf("a socket was cut after %v", lasted)
				}
			case <-ctx.Done():
				if tt.cut {
					t.Errorf("no socket was cut within %v: so this shows nothing", held)
				}
			}
		})
	}
}

// TestQueueProxy_PodThatEnds_LosesNothing ends a pod as Kubernetes does, while
// people type: the queue-proxy is told at once, and the relay when the queue-proxy
// thinks that nobody comes any more.
func TestQueueProxy_PodThatEnds_LosesNothing(t *testing.T) {
	c := newCluster(t)
	leaving, staying := c.start("relay 1", c.programs.Relay), c.start("relay 2", c.programs.Relay)
	sidecar := proxy(t, leaving, ours)
	var ending atomic.Bool // then the ingress sends nobody there
	where := func() string {
		if ending.Load() {
			return staying.Addr
		}
		return proxyAddr
	}
	room := c.newRoom()
	var people []*person
	for i := range typists {
		people = append(people, join(t, room, i, where, func(v ywebsocket.Visit) {
			if !v.Left {
				t.Logf("person %d was cut off: %v", i, v.Err)
			}
		}))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var typing sync.WaitGroup
	for _, p := range people {
		typing.Go(func() { p.types(ctx) })
	}
	ending.Store(true)
	endPod(t, sidecar, leaving)
	for _, p := range people {
		p.awaitOn(staying)
	}
	stop()
	typing.Wait()
	checkAll(t, people, join(t, room, typists, where, nil))
}

// endPod ends the two containers of a pod.
func endPod(t *testing.T, sidecar, relay *process.Process) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drainLimit)
	defer cancel()
	start := time.Now()
	sidecar.Signal(syscall.SIGTERM)
	if err := preStop(ctx); err != nil {
		t.Errorf("the queue-proxy does not say when it is empty: %v", err)
	}
	t.Logf("the relay is told to end %v after the pod", time.Since(start).Round(time.Millisecond))
	took, err := relay.Stop()
	if err != nil {
		t.Error(err)
	}
	t.Logf("it took %v", took.Round(time.Millisecond))
}

// newRoom makes a room.
func (c *cluster) newRoom() (id string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://"+c.api.Addr+"/rooms", http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var made struct {
		ID string `json:"room_id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil {
		c.t.Fatal(err)
	}
	return made.ID
}

// person types lines that are all different.
type person struct {
	t      *testing.T
	number int
	client *ywebsocket.Client
	lines  int // that were typed; owned by types while it runs
}

// join brings somebody into a room, who comes back when the connection is lost.
func join(t *testing.T, room string, number int, where func() string, onVisit func(ywebsocket.Visit)) *person {
	t.Helper()
	p := &person{t: t, number: number}
	p.client = ywebsocket.Open(context.WithoutCancel(t.Context()), ywebsocket.Options{
		URL:     func() string { return "ws://" + where() + "/yjs/" + room },
		OnVisit: onVisit,
	})
	t.Cleanup(p.client.Leave)
	ctx, cancel := context.WithTimeout(t.Context(), meetLimit)
	defer cancel()
	if err := p.client.AwaitSync(ctx); err != nil {
		t.Fatal(err)
	}
	return p
}

// types adds lines until ctx ends, connected or not.
func (p *person) types(ctx context.Context) {
	for pause.For(ctx, pace) == nil {
		err := p.client.Edit(func(text *crdt.Text) error { return text.Insert(text.Len(), p.line(p.lines)) })
		if err != nil {
			p.t.Error(err)
			return
		}
		p.lines++
	}
}

func (p *person) line(n int) string { return fmt.Sprintf("<%d:%d>\n", p.number, n) }

// awaitOn waits until the person is with a relay.
func (p *person) awaitOn(relay *process.Process) {
	p.t.Helper()
	await(p.t, func() string {
		if v := p.client.Visit(); !p.client.IsHere() || !strings.Contains(v.URL, relay.Addr) {
			return fmt.Sprintf("person %d is with %s, last with %s", p.number, relay.Name, v.URL)
		}
		return ""
	})
}

// checkAll looks for each line, once, in what everybody shows and who comes later.
func checkAll(t *testing.T, people []*person, late *person) {
	t.Helper()
	await(t, func() string {
		for _, p := range people {
			if p.client.Content().Text != late.client.Content().Text {
				return fmt.Sprintf("person %d shows what who comes later finds", p.number)
			}
		}
		return ""
	})
	text, lines := late.client.Content().Text, 0
	for _, p := range people {
		for n := range p.lines {
			if count := strings.Count(text, p.line(n)); count != 1 {
				t.Errorf("%q is there %d times", p.line(n), count)
			}
		}
		lines += p.lines
	}
	t.Logf("%d lines were typed, and each is there once", lines)
}

// await waits for what nothing announces.
func await(t *testing.T, missing func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), meetLimit)
	defer cancel()
	for what := missing(); what != ""; what = missing() {
		if pause.For(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("not within %v: %s", meetLimit, what)
		}
	}
}
