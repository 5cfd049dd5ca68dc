package images

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/infra/ywebsocket"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/redistest"
)

// answerLimit is how long an answer may take on a machine that is busy.
const answerLimit = 10 * time.Second

// TestImages_PeopleTypeTogether is the smoke test: with nothing but the images and
// a Redis, somebody makes a room, people of both protocols type in it on two
// relays, and a relay that is asked to end does so in time and with a goodbye.
func TestImages_PeopleTypeTogether(t *testing.T) {
	requireContainers(t)
	images := build(t, top, newRegistry(t))
	redis := "REDIS_URL=" + string(redistest.Real(t).URL)
	api := container(t, "functions", images["functions"], redis, "PORT=0")
	one := container(t, "relay 1", images["wsrelay"], redis, "PORT=0")
	two := container(t, "relay 2", images["wsrelay"], redis, "PORT=0")
	room := create(t, api.Addr)

	ann, ben := enter(t, one, room), enter(t, two, room)
	ann.write("typed on relay 1\n")
	ben.awaitText("typed on relay 1\n")

	ctx, cancel := context.WithTimeout(t.Context(), answerLimit)
	defer cancel()
	yjs := ywebsocket.Open(ctx, ywebsocket.Options{URL: func() string { return "ws://" + two.Addr + "/yjs/" + room }})
	t.Cleanup(yjs.Leave)
	if err := yjs.AwaitSync(ctx); err != nil {
		t.Fatal(err)
	}
	if got := yjs.Content().Text; got != "typed on relay 1\n" {
		t.Errorf("a Yjs client finds %q", got)
	}
	if err := yjs.Edit(func(text *crdt.Text) error { return text.Insert(0, "typed with Yjs\n") }); err != nil {
		t.Fatal(err)
	}
	ann.awaitText("typed with Yjs\ntyped on relay 1\n")

	stop(t, one)
	if code := ann.awaitClose(); code != protocol.CloseServiceRestart {
		t.Errorf("the relay closed with %d", code)
	}
	ben.awaitType(protocol.TypeUserLeft)
	if got := enter(t, two, room).text; got != "typed with Yjs\ntyped on relay 1\n" {
		t.Errorf("who comes later finds %q", got)
	}
	stop(t, api)
}

// stop asks a process to end, which it has to do in time and without an error.
func stop(t *testing.T, p *process.Process) {
	t.Helper()
	checkEnclosed(t, p) // after work as before it
	took, err := p.Stop()
	if err != nil {
		t.Error(err)
	}
	if what := p.Complaint(); what != "" {
		t.Error(what)
	}
	t.Logf("%s ended %v after SIGTERM", p.Name, took.Round(time.Millisecond))
}

// create makes a room, and looks at which version makes it.
func create(t *testing.T, addr string) (room string) {
	t.Helper()
	var health struct{ Version string }
	ask(t, http.MethodGet, "http://"+addr+"/health", &health)
	if health.Version != version {
		t.Errorf("it says that it is %q", health.Version)
	}
	ask(t, http.MethodGet, "http://"+addr+"/readyz", &struct{}{})
	var made struct {
		ID string `json:"room_id"`
	}
	ask(t, http.MethodPost, "http://"+addr+"/rooms", &made)
	return made.ID
}

func ask(t *testing.T, method, url string, answer any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s answers %s", method, url, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		t.Fatal(err)
	}
}

// person is somebody on /ws.
type person struct {
	t    *testing.T
	ws   *websocket.Conn
	text string // that is shown
}

// enter brings somebody into a room, who is shown its text.
func enter(t *testing.T, relay *process.Process, room string) *person {
	t.Helper()
	ws, response, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+relay.Addr+"/ws/"+room, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close() // the dialer has read it
	t.Cleanup(func() { _ = ws.Close() })
	p := &person{t: t, ws: ws}
	p.awaitType(protocol.TypeInit)
	return p
}

func (p *person) write(text string) {
	p.t.Helper()
	if err := p.ws.WriteJSON(map[string]string{"type": protocol.TypeCodeUpdate, "code": text}); err != nil {
		p.t.Fatal(err)
	}
}

// next waits for a message, and returns its type.
func (p *person) next() (kind string, err error) {
	var message struct {
		Type string
		Code *string
	}
	if err := p.ws.SetReadDeadline(time.Now().Add(answerLimit)); err != nil {
		return "", err
	}
	err = p.ws.ReadJSON(&message)
	if err == nil && message.Code != nil && message.Type != protocol.TypeError {
		p.text = *message.Code
	}
	return message.Type, err
}

func (p *person) awaitType(want string) {
	p.t.Helper()
	for kind := ""; kind != want; {
		var err error
		if kind, err = p.next(); err != nil {
			p.t.Fatalf("waiting for %s: %v", want, err)
		}
	}
}

func (p *person) awaitText(want string) {
	p.t.Helper()
	for p.text != want {
		if _, err := p.next(); err != nil {
			p.t.Fatalf("waiting for %q, shown %q: %v", want, p.text, err)
		}
	}
}

// awaitClose waits for the end of the connection, and returns its code.
func (p *person) awaitClose() (code int) {
	p.t.Helper()
	for {
		if _, err := p.next(); err != nil {
			if end, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // ReadJSON does not wrap it
				return end.Code
			}
			p.t.Fatal(err)
		}
	}
}
