package ywebsocket

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// away opens a client that has nowhere to connect to.
func away(t *testing.T) *Client {
	t.Helper()
	c := Open(t.Context(), Options{URL: func() string { return "" }})
	t.Cleanup(c.Leave)
	return c
}

func TestClient_WritesMapsAndArraysThatMerge(t *testing.T) {
	a, b := away(t), away(t)
	exchange := func() {
		for _, pair := range [][2]*Client{{a, b}, {b, a}} {
			if err := pair[1].doc.ApplyUpdate(pair[0].Content().State, remote{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []*Client{a, b} {
		must(t, c.Set("both", "first"))
		must(t, c.Append("x"))
		must(t, c.Append("y"))
	}
	exchange()
	must(t, a.Set("both", "of a"))
	exchange()
	must(t, b.Set("both", "of b"))
	must(t, b.Edit(func(text *crdt.Text) error { return text.Insert(0, "text") }))
	exchange()
	first, second := a.Content(), b.Content()
	if first.Fields["both"] != "of b" || len(first.Fields) != 1 {
		t.Errorf("the map is %q", first.Fields)
	}
	if want := []string{"x", "y", "x", "y"}; !slices.Equal(first.List, want) {
		t.Errorf("the array is %q", first.List)
	}
	if !bytes.Equal(first.State, second.State) || first.Text != "text" {
		t.Errorf("they have %+v and %+v", first, second)
	}
	must(t, crdt.Check(a.doc))
}

// asks is a server that asks each client for all it has, and passes on what it hears.
func asks(heard chan<- any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ws, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		_ = ws.WriteMessage(websocket.BinaryMessage, protocol.EncodeSyncStep1([]byte{0}))
		for {
			_, frame, err := ws.ReadMessage()
			if err != nil {
				return
			}
			message, _, _ := protocol.DecodeYjs(frame)
			heard <- message
		}
	}
}

func TestClient_KeepsItsDocumentOverConnections(t *testing.T) {
	heard := make(chan any, 100)
	server := httptest.NewServer(asks(heard))
	defer server.Close()
	c := Open(t.Context(), Options{URL: func() string { return "ws" + strings.TrimPrefix(server.URL, "http") }, State: "{}"})
	defer c.Leave()
	for range 2 {
		if _, ok := (<-heard).(protocol.SyncStep1); !ok {
			t.Error("it does not ask first")
		}
		if _, ok := (<-heard).(protocol.Awareness); !ok {
			t.Error("it does not say that it is there")
		}
		if _, ok := (<-heard).(protocol.SyncUpdate); !ok {
			t.Error("it does not answer what it was asked")
		}
		must(t, c.Edit(func(text *crdt.Text) error { return text.Insert(0, "typed") }))
		if m, ok := (<-heard).(protocol.SyncUpdate); !ok || !bytes.Contains(m.Update, []byte("typed")) {
			t.Errorf("got %v for an edit", m)
		}
		c.Cut()
	}
	m, _ := (<-heard).(protocol.SyncStep1)
	if vector, err := crdt.DecodeStateVector(m.Vector); err != nil || len(vector) != 1 || vector[c.doc.ClientID()] != uint32(len("typedtyped")) {
		t.Errorf("it comes back with %v, %v", vector, err)
	}
}

func TestClient_BacksOff(t *testing.T) {
	var tries []time.Time
	c := Open(t.Context(), Options{URL: func() string { tries = append(tries, time.Now()); return "" }})
	time.AfterFunc(700*time.Millisecond, c.stop)
	<-c.ended
	if len(tries) != 3 { // at once, after 200 ms and after 400 ms more
		t.Errorf("it tried %d times", len(tries))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
