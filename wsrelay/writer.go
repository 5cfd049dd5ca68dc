package wsrelay

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/protocol"
)

// writer sends a client its messages. Anyone may push; one goroutine writes.
type writer struct {
	conn *websocket.Conn
	wake chan struct{} // holds one token when there is something to do

	mu      sync.Mutex
	queue   []*outgoing
	slots   map[string]*outgoing // those of the queue that a newer one replaces
	bytes   int                  // in the queue, the text not counted
	closing *goodbye             // set once: nothing is taken after it
	said    bool                 // the close frame is out: the client's time is running
}

// outgoing is a message that waits.
type outgoing struct {
	frame []byte
	slot  string // "" for a message that must not be replaced
	proof []byte // sent in a ping behind the frame: the pong proves that it was received
}

// goodbye is how a connection ends.
type goodbye struct {
	code   int
	reason string
}

// slotText is the slot of the room's text. There is at most one in a queue and
// the text has a limit of its own, so it does not count against maxQueueBytes.
const slotText = "text"

// slotCursor is the slot of one person's cursor.
func slotCursor(id string) string { return "cursor " + id }

func newWriter(conn *websocket.Conn) *writer {
	return &writer{conn: conn, wake: make(chan struct{}, 1), slots: make(map[string]*outgoing)}
}

// push queues a frame and never waits. A frame with a slot takes the place of
// one with the same slot that has not left yet: of a cursor or a whole text
// only the latest matters. A client that lets too much pile up is told to come
// back later.
func (w *writer) push(frame []byte, slot string) { w.pushProven(frame, slot, nil) }

// pushProven is push for a frame whose receipt is to be proven by a pong with proof.
func (w *writer) pushProven(frame []byte, slot string, proof []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing != nil {
		return
	}
	if waiting := w.slots[slot]; slot != "" && waiting != nil {
		w.bytes += w.weight(slot, len(frame)) - w.weight(slot, len(waiting.frame))
		waiting.frame, waiting.proof = frame, proof
	} else {
		m := &outgoing{frame: frame, slot: slot, proof: proof}
		w.queue = append(w.queue, m)
		w.bytes += w.weight(slot, len(frame))
		if slot != "" {
			w.slots[slot] = m
		}
	}
	if w.bytes > maxQueueBytes {
		w.closeLocked(protocol.CloseTryAgainLater, "this client reads too slowly")
	}
	signal(w.wake)
}

func (w *writer) weight(slot string, length int) int {
	if slot == slotText {
		return 0
	}
	return length
}

// close ends the connection after what is queued. Only the first call counts.
func (w *writer) close(code int, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closeLocked(code, reason)
	signal(w.wake)
}

func (w *writer) closeLocked(code int, reason string) {
	if w.closing == nil {
		w.closing = &goodbye{code, reason}
	}
}

// take returns the next message, or how to end when there is none and none will come.
func (w *writer) take() (*outgoing, *goodbye) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.queue = nil // lets go of the array, which may have been long
		return nil, w.closing
	}
	m := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	w.bytes -= w.weight(m.slot, len(m.frame))
	if m.slot != "" {
		delete(w.slots, m.slot)
	}
	return m, nil
}

// run writes until the connection ends, which it then makes the reader see:
// either by closing it or by leaving the client closeGrace to answer a close
// frame. It also pings, and ends the connection at its age.
func (w *writer) run(stop <-chan struct{}) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	age := time.NewTimer(minAge + rand.N(maxAge-minAge)) //nolint:gosec // spreads load, keeps no secret
	defer age.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ping.C:
			if err := w.control(websocket.PingMessage, nil); err != nil {
				w.abort()
				return
			}
		case <-age.C:
			w.close(protocol.CloseServiceRestart, protocol.RestartReason(rand.N(minRetrySpread))) //nolint:gosec // as above
		case <-w.wake:
			if done := w.drain(); done {
				return
			}
		}
	}
}

// drain writes what is queued and reports whether that was the last.
func (w *writer) drain() (done bool) {
	for {
		m, end := w.take()
		if m == nil {
			if end == nil {
				return false
			}
			w.finish(*end)
			return true
		}
		err := errors.Join(
			w.conn.SetWriteDeadline(time.Now().Add(writeLimit)),
			w.conn.WriteMessage(websocket.TextMessage, m.frame),
		)
		if err == nil && m.proof != nil {
			err = w.control(websocket.PingMessage, m.proof)
		}
		if err != nil {
			w.abort()
			return true
		}
	}
}

// finish sends the close frame and leaves the reader a moment to see the answer.
func (w *writer) finish(end goodbye) {
	err := w.control(websocket.CloseMessage, websocket.FormatCloseMessage(end.code, end.reason))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = true
	if err != nil || w.conn.SetReadDeadline(time.Now().Add(closeGrace)) != nil {
		w.abort()
	}
}

// alive gives a client that was just heard of its time until the next word.
func (w *writer) alive() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.said {
		return nil
	}
	return w.conn.SetReadDeadline(time.Now().Add(silenceLimit))
}

func (w *writer) control(kind int, data []byte) error {
	return w.conn.WriteControl(kind, data, time.Now().Add(writeLimit))
}

// abort makes the reader fail. That the connection may be closed already is
// nothing to report.
func (w *writer) abort() { _ = w.conn.Close() }
