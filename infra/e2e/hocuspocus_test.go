package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
	"github.com/tutti-live/tutti/shared/protocol"
)

// provider speaks to the relay as @hocuspocus/provider does, and as nobody does.
// What the provider itself makes of the answers is tested in package yjs.
type provider struct {
	t      testing.TB
	conn   *websocket.Conn
	frames chan answer // closed when the connection has ended
	ended  error       // why; set before frames is closed
}

// answer is a message of the relay.
type answer struct{ document, kind string }

// Messages of Hocuspocus.
const (
	kindSync, kindAware, kindAuth, kindClose, kindReceived = 0, 1, 2, 7, 8
)

var token = []byte{kindAuth, 0, 0}

func (w *world) provider() *provider {
	w.t.Helper()
	conn, response, err := websocket.DefaultDialer.DialContext(w.t.Context(), w.relay(0)+"/hocuspocus", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close() // it has none
	p := &provider{t: w.t, conn: conn, frames: make(chan answer, 10_000)}
	go p.read()
	w.t.Cleanup(p.cut)
	return p
}

// cut ends the connection without a word, and waits until the reader has seen it.
func (p *provider) cut() {
	_ = p.conn.Close() // it may have ended already
	for range p.frames {
	}
}

func (p *provider) read() {
	defer close(p.frames)
	for {
		_, frame, err := p.conn.ReadMessage()
		if err != nil {
			p.ended = err
			return
		}
		p.frames <- read(frame)
	}
}

func read(frame []byte) answer {
	r := lib0.NewReader(frame)
	name := r.String()
	kind, within := r.Uvarint(), r.Uvarint()
	switch {
	case kind == kindSync && within == 0:
		return answer{name, "step1"}
	case kind == kindSync:
		return answer{name, "update"}
	case kind == kindAware:
		return answer{name, "awareness"}
	case kind == kindAuth && within == 2:
		return answer{name, "allowed"}
	case kind == kindAuth && within == 1:
		return answer{name, "denied: " + r.String()}
	case kind == kindReceived:
		return answer{name, "received"}
	case kind == kindClose:
		return answer{name, "closed"}
	}
	return answer{name, fmt.Sprintf("of type %d", kind)}
}

func (p *provider) send(document string, message []byte) {
	p.t.Helper()
	if err := p.conn.WriteMessage(websocket.BinaryMessage, append(protocol.DocumentAddress(document), message...)); err != nil {
		p.t.Fatal(err)
	}
}

// next waits for the next message that is none of awareness.
func (p *provider) next() answer {
	p.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case a, ok := <-p.frames:
			if !ok {
				p.t.Fatalf("the connection ended: %v", p.ended)
			}
			if a.kind != "awareness" {
				return a
			}
		case <-timeout:
			p.t.Fatal("no message came")
		}
	}
}

func (p *provider) wants(document string, kinds ...string) {
	p.t.Helper()
	for _, kind := range kinds {
		if got := p.next(); got.document != document || !strings.HasPrefix(got.kind, kind) {
			p.t.Fatalf("%q of %q came, not %q of %q", got.kind, got.document, kind, document)
		}
	}
}

func (p *provider) closeCode() int {
	p.t.Helper()
	return closeCode(p.t, p.frames, &p.ended)
}

// typed is a message that types a text.
func typed(t testing.TB, text string) []byte {
	t.Helper()
	doc := crdt.NewDoc()
	if err := doc.Text("code").Insert(0, text); err != nil {
		t.Fatal(err)
	}
	return protocol.EncodeSyncUpdate(doc.EncodeStateAsUpdate(nil))
}

func TestHocuspocus_WhatComesBeforeTheTokenWaitsForIt(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		early, other := w.create(""), w.create("")
		person := w.join(early, 0)
		p := w.provider()
		p.send(early, typed(t, "early"))
		p.send(other, token)
		p.wants(other, "allowed")
		p.send(early, token)
		p.wants(early, "allowed", "received")
		person.untilCode("early")
		p.send(early, protocol.EncodeSyncStep1([]byte{0}))
		p.wants(early, "update", "step1")
	})
}

func TestHocuspocus_TooMuchBeforeTheTokenIsDenied(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		p := w.provider()
		for range 101 {
			p.send(id, typed(t, "early"))
		}
		p.wants(id, "denied")
		p.send(id, token)
		p.wants(id, "allowed")
	})
}

// A page that is closed says goodbye, sends what it has not sent yet, and closes.
func TestHocuspocus_LastWordsAreTakenIn(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for range 10 {
			id := w.create("")
			p := w.provider()
			p.send(id, token)
			p.wants(id, "allowed")
			for range 3 {
				p.send(id, protocol.EncodeAwareness([]byte{0}))
			}
			p.send(id, typed(t, "last"))
			bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			if err := p.conn.WriteMessage(websocket.CloseMessage, bye); err != nil {
				t.Fatal(err)
			}
			scene.Eventually(t, "it is saved", func() bool { return w.logged(id) == "last" })
		}
	})
}

func TestHocuspocus_WhatWaitsForAnotherUpdateIsReceivedWhenItIsSaved(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id, other := w.create(""), w.create("")
		p := w.provider()
		for _, id := range []string{id, other} {
			p.send(id, token)
			p.wants(id, "allowed")
		}
		updates := keystrokes(t, "ab")
		w.redis.Stop()
		p.send(id, updates[1])
		p.send(other, protocol.EncodeSyncStep1([]byte{0}))
		p.wants(other, "update", "step1") // and nothing before
		w.redis.Start()
		p.wants(id, "received")
		p.send(id, updates[0])
		p.wants(id, "update", "received") // whose the update is that has waited is not known any more
		scene.Eventually(t, "both are saved", func() bool { return w.logged(id) == "ab" })
	})
}

// keystrokes are messages that type a text, each one letter.
func keystrokes(t *testing.T, text string) (messages [][]byte) {
	t.Helper()
	doc := crdt.NewDoc()
	doc.OnUpdate(func(update []byte, _ any, _ []crdt.TextChange) {
		messages = append(messages, protocol.EncodeSyncUpdate(update))
	})
	for i := range text {
		if err := doc.Text("code").Insert(i, text[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return messages
}

// What was typed offline is sent before the answer, and its client does not count it.
func TestHocuspocus_NothingIsReceivedBeforeTheAnswer(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		p := w.provider()
		p.send(id, token)
		p.send(id, protocol.EncodeSyncStep1([]byte{0}))
		p.wants(id, "allowed", "update", "step1")
		typed := keystrokes(t, "abc")
		for _, update := range typed {
			p.send(id, update)
		}
		scene.Eventually(t, "it is saved", func() bool { return w.logged(id) == "abc" })
		p.send(id, protocol.EncodeSyncStep2([]byte{0, 0}))
		p.wants(id, "received", "received", "received", "received")
	})
}

// A document that cannot be entered now is waited for; the others go on.
func TestHocuspocus_RoomThatCannotBeLoadedNowHoldsUpNoOther(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id, other := w.create(""), w.create(`{"code":"there"}`)
		person := w.join(id, 0)
		p := w.provider()
		p.send(id, token)
		p.wants(id, "allowed")
		person.until("user_joined")
		w.redis.Stop()
		p.send(other, token)
		p.send(other, protocol.EncodeSyncStep1([]byte{0}))
		p.send(id, typed(t, "goes on"))
		person.untilCode("goes on")
		w.redis.Start()
		for left := 4; left > 0; { // received; allowed, update, step1
			if a := p.next(); a.document == other || a.kind == "received" {
				left--
			}
		}
	})
}

func TestHocuspocus_AfterADenialOnlyATokenAsksAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		p := w.provider()
		p.send("nowhere", token)
		p.wants("nowhere", "denied: Room not found")
		p.send("nowhere", typed(t, "lost"))
		p.send("nowhere", protocol.EncodeSyncStep1([]byte{0}))
		p.send(id, token)
		p.wants(id, "allowed")
		p.send("nowhere", token)
		p.wants("nowhere", "denied: Room not found")
	})
}

func TestHocuspocus_DetachedDocumentIsLeft(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		person := w.join(id, 1)
		p := w.provider()
		for range 3 {
			p.send(id, token)
			p.wants(id, "allowed")
			joined := person.until("user_joined")
			p.send(id, []byte{kindClose})
			if left := person.until("user_left"); left.UserID != joined.UserID {
				t.Errorf("%s left, not %s", left.UserID, joined.UserID)
			}
		}
	})
}

func TestHocuspocus_DocumentsBeyondTheLimitAreDenied(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		p := w.provider()
		name := func(n int) string { return fmt.Sprintf("%s\x00%d", id, n) }
		var allowed []string
		for n := range 101 {
			p.send(name(n), token)
			if a := p.next(); a.kind == "allowed" {
				allowed = append(allowed, a.document)
			}
		}
		if len(allowed) != 100 || slices.Contains(allowed, name(100)) {
			t.Errorf("%d documents were allowed", len(allowed))
		}
	})
}

func TestHocuspocus_DocumentsCountAsConnections(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		p := w.provider()
		name := func(n int) string { return fmt.Sprintf("%s\x00%d", id, n) }
		for n := range 3 {
			p.send(name(n), token)
			p.wants(name(n), "allowed")
		}
		p.send(name(3), token)
		p.send(name(3), typed(t, "nobody answers this"))
		p.wants(name(3), "denied: too many connections")
		p.send(name(1), []byte{kindClose})
		scene.Eventually(t, "there is a place again", func() bool {
			p.send(name(3), token)
			return p.next().kind == "allowed"
		})
	}, func(s *devstack.Settings) { s.Relay.MaxConnectionsPerClient = config.Count(3) })
}

func TestHocuspocus_WhatNobodyCanReadEndsTheConnection(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		person := w.join(id, 1)
		p := w.provider()
		p.send(id, token)
		p.wants(id, "allowed")
		joined := person.until("user_joined")
		p.send(strings.Repeat("x", 1000), token) // longer than a name may be
		if code := p.closeCode(); code != protocol.CloseYjsMalformed {
			t.Errorf("closed with %d", code)
		}
		if left := person.until("user_left"); left.UserID != joined.UserID {
			t.Errorf("%s left, not %s", left.UserID, joined.UserID)
		}
	})
}

func TestHocuspocus_MalformedUpdateClosesItsDocumentAlone(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id, other := w.create(""), w.create("")
		p := w.provider()
		for _, id := range []string{id, other} {
			p.send(id, token)
			p.wants(id, "allowed")
		}
		p.send(id, protocol.EncodeSyncUpdate([]byte{1, 2, 3}))
		p.wants(id, "closed")
		p.send(other, typed(t, "fine"))
		p.wants(other, "received")
		p.send(id, token)
		p.wants(id, "allowed")
	})
}

func TestHocuspocus_RelayThatStopsAsksToComeBack(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		p := w.provider()
		p.send(id, token)
		p.wants(id, "allowed")
		p.send(id, typed(t, "kept"))
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		w.stack.Drain(ctx)
		if code := p.closeCode(); code != protocol.CloseServiceRestart {
			t.Errorf("closed with %d", code)
		}
		if text := w.logged(id); text != "kept" {
			t.Errorf("saved is %q", text)
		}
	})
}
