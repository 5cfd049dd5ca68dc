package wsrelay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// socketPair connects a client to a server's end. serve has the server's.
func socketPair(t *testing.T, serve func(conn *websocket.Conn)) (client *websocket.Conn) {
	t.Helper()
	var serving sync.WaitGroup
	serving.Add(1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer serving.Done()
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		serve(conn)
	}))
	client, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = client.Close() // the server may have closed it
		serving.Wait()
		server.Close()
	})
	return client
}

// readAll reads until the connection is closed, and returns the frames and the code.
func readAll(t *testing.T, client *websocket.Conn) (frames []string, code int) {
	t.Helper()
	for {
		_, frame, err := client.ReadMessage()
		if end, ok := errors.AsType[*websocket.CloseError](err); ok {
			return frames, end.Code
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, string(frame))
	}
}

func TestWriter_SendsInOrderAndOnlyTheLatestOfASlot(t *testing.T) {
	client := socketPair(t, func(conn *websocket.Conn) {
		w := newWriter(conn, websocket.TextMessage, nil, newMetrics()).outbox(nil)
		w.push([]byte("init"), "")
		for i := range 100 {
			w.pushText(fmt.Appendf(nil, "text %d", i), int64(i+1))
			w.push(fmt.Appendf(nil, "cursor %d", i), slotCursor("a"))
		}
		w.push([]byte("cursor of b"), slotCursor("b"))
		w.push([]byte("left"), "")
		w.close(protocol.CloseServiceRestart, "")
		w.close(protocol.CloseInternal, "too late")
		w.push([]byte("too late"), "")
		w.run(nil)
		awaitClose(conn)
		_ = conn.Close()
	})
	frames, code := readAll(t, client)
	want := "init|text 99|cursor 99|cursor of b|left"
	if got := strings.Join(frames, "|"); got != want || code != protocol.CloseServiceRestart {
		t.Errorf("got %s and %d, want %s", got, code, want)
	}
}

func TestWriter_SlowReaderStartsOverAndThenIsGivenUp(t *testing.T) {
	w := newWriter(nil, websocket.TextMessage, nil, newMetrics()).outbox(nil)
	small := make([]byte, 1000)
	w.pushText(make([]byte, 3<<20), 1) // the text has a limit of its own
	for range maxQueueBytes / len(small) {
		if !w.push(small, "") {
			t.Fatalf("refused at %d bytes", w.bytes)
		}
	}
	for range 10 { // what is replaced does not pile up
		if !w.push(small[:500], slotCursor("a")) {
			t.Fatalf("refused at %d bytes", w.bytes)
		}
	}
	if w.push(small, "") {
		t.Fatalf("%d bytes are taken", w.bytes)
	}
	w.startOver([]byte("everything"), 2)
	if len(w.queue) != 1 || w.bytes != 0 || w.closing != nil {
		t.Fatalf("%d messages of %d bytes wait, closing %v", len(w.queue), w.bytes, w.closing)
	}
	if w.startOver([]byte("again"), 3); w.closing == nil || w.closing.code != protocol.CloseTryAgainLater {
		t.Errorf("a client that took nothing is closed with %+v", w.closing)
	}
	if m, end := w.take(); m != nil || end == nil {
		t.Errorf("it is sent %v first", m)
	}
	if !w.push(small, "") || w.startOver(small, 4) {
		t.Error("who is being closed is shown everything once more")
	}
}

func TestWriter_CountsBackToZero(t *testing.T) {
	w := newWriter(nil, websocket.TextMessage, nil, newMetrics()).outbox(nil)
	for i := range 10 {
		w.push(make([]byte, i), "")
		w.pushText(make([]byte, 10*i), int64(i+1))
		w.push(make([]byte, 100-i), slotCursor("a"))
	}
	for m, _ := w.take(); m != nil; m, _ = w.take() {
	}
	if w.bytes != 0 || len(w.slots) != 0 || w.queue != nil {
		t.Errorf("left are %d bytes, %d slots", w.bytes, len(w.slots))
	}
}

func TestWriter_TakesFromEachOutboxInTurn(t *testing.T) {
	client := socketPair(t, func(conn *websocket.Conn) {
		w := newWriter(conn, websocket.TextMessage, nil, newMetrics())
		a, b := w.outbox([]byte("a ")), w.outbox([]byte("b "))
		for i := range 3 {
			a.push(fmt.Appendf(nil, "%d", i), "")
		}
		b.push([]byte("0"), "")
		b.end()
		b.push([]byte("too late"), "")
		w.close(protocol.CloseNormal, "")
		w.run(nil)
		awaitClose(conn)
		_ = conn.Close()
	})
	frames, _ := readAll(t, client)
	if got := strings.Join(frames, "|"); got != "b 0|a 0|a 1|a 2" {
		t.Errorf("got %s", got)
	}
}

func TestWriter_WhatMustLeaveStaysWhenAllStartsOver(t *testing.T) {
	o := newWriter(nil, websocket.TextMessage, nil, newMetrics()).outbox(nil)
	o.push([]byte("an edit"), "")
	o.pushStaying([]byte("received"))
	o.startOver([]byte("everything"), 0)
	var got []string
	for m, _ := o.take(); m != nil; m, _ = o.take() {
		got = append(got, string(m.frame))
	}
	if !slices.Equal(got, []string{"everything", "received"}) {
		t.Errorf("what leaves is %q", got)
	}
}

func TestWriter_LetsGoOfOutboxesThatEnded(t *testing.T) {
	w := newWriter(nil, websocket.TextMessage, nil, newMetrics())
	for range 3 {
		w.outbox([]byte("a")).end()
	}
	w.outbox([]byte("b"))
	if w.take(); len(w.outboxes) != 1 {
		t.Errorf("%d outboxes are left", len(w.outboxes))
	}
}

func TestSession_PanicEndsOnlyItsConnection(t *testing.T) {
	client := socketPair(t, func(conn *websocket.Conn) {
		relay := &Relay{log: slog.New(slog.DiscardHandler), metrics: newMetrics()}
		broken := &liveRoom{log: relay.log, relay: relay} // has no store: joining it panics
		k := relay.newSocket(conn, nil)
		k.serve(func() {}, func() { newSession(broken, k.out.outbox(nil), nil).serve(context.Background(), k) })
	})
	if _, code := readAll(t, client); code != protocol.CloseInternal {
		t.Errorf("closed with %d", code)
	}
}

func TestRoom_PanicWhileHearingHarmsNoOther(t *testing.T) {
	broken := newLiveRoom(&Relay{log: slog.New(slog.DiscardHandler)}, "abcdef")
	broken.people = nil // writing to it panics
	broken.hear(room.Here{Person: room.Person{ID: "u1"}})
	if !broken.broken {
		t.Error("the room is still in use")
	}
}
