package wsrelay

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/protocol"
)

// writer sends a client its messages. Anyone may push into its outboxes; one
// goroutine writes.
type writer struct {
	conn      *websocket.Conn
	kind      int // of its frames: websocket.TextMessage or websocket.BinaryMessage
	keepAlive []byte
	metrics   *metrics
	started   time.Time     // pings tell their time from here on
	wake      chan struct{} // holds one token when there is something to do

	mu       sync.Mutex
	outboxes []*outbox
	turn     int      // the outbox that was taken from last
	asking   bool     // a ping is wanted behind what is queued
	closing  *goodbye // set once: nothing is taken after it
	said     bool     // the close frame is out: the client's time is running
}

// goodbye is how a connection ends.
type goodbye struct {
	code   int
	reason string
	by     time.Time // what is queued gets until then to leave before it
}

// newWriter makes the writer of a connection, which also sends keepAlive now and
// then, if that is not nil.
func newWriter(conn *websocket.Conn, kind int, keepAlive []byte, m *metrics) *writer {
	return &writer{
		conn:      conn,
		kind:      kind,
		keepAlive: keepAlive,
		metrics:   m,
		started:   time.Now(),
		wake:      make(chan struct{}, 1),
	}
}

// outbox returns a new one, whose frames begin with an address.
func (w *writer) outbox(address []byte) *outbox {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outboxes = slices.DeleteFunc(w.outboxes, func(o *outbox) bool { return o.ended && len(o.queue) == 0 })
	if len(w.outboxes) >= maxOutboxes {
		w.closeLocked(protocol.CloseTryAgainLater, "this client reads too slowly")
	}
	o := &outbox{writer: w, address: address, slots: make(map[string]*outgoing)}
	w.outboxes = append(w.outboxes, o)
	return o
}

// probe has the client asked for a sign of life, whose answer tells when that was.
func (w *writer) probe() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking = true
	signal(w.wake)
}

// close ends the connection after what is queued, or after writeLimit. Only the
// first call counts.
func (w *writer) close(code int, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closeLocked(code, reason)
}

func (w *writer) closeLocked(code int, reason string) {
	if w.closing == nil {
		w.closing = &goodbye{code, reason, time.Now().Add(writeLimit)}
		w.metrics.closed(code)
	}
	signal(w.wake)
}

// take returns the next message, of each outbox in turn, or how to end when there
// is none and none will come.
func (w *writer) take() (*outgoing, *goodbye) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing != nil && !time.Now().Before(w.closing.by) {
		w.outboxes = nil
		return nil, w.closing
	}
	for range w.outboxes {
		w.turn = (w.turn + 1) % len(w.outboxes)
		if m := w.outboxes[w.turn].takeLocked(); m != nil {
			return m, nil
		}
	}
	w.outboxes = slices.DeleteFunc(w.outboxes, func(o *outbox) bool { return o.ended })
	return nil, w.closing
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
			if w.keepAlive != nil && w.write(&outgoing{frame: w.keepAlive}) != nil {
				w.abort()
				return
			}
			w.probe()
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
		if m == nil && end != nil {
			w.finish(*end)
			return true
		}
		if m == nil {
			return w.ask() != nil
		}
		if err := w.write(m); err != nil {
			w.abort()
			return true
		}
	}
}

// A text goes out between two pings, whose payload says which it is. The pong to
// the first comes before anything that the client made of the text, for clients
// answer in order; the pong to the second proves that it has received the text.
const (
	pingBefore = "b" // and the text's number
	pingBehind = "e" // and the text's number
	pingAt     = "t" // and the time since the connection started in nanoseconds: it stands for itself
)

// ask sends a ping if one is wanted.
func (w *writer) ask() error {
	w.mu.Lock()
	asking := w.asking
	w.asking = false
	w.mu.Unlock()
	if !asking {
		return nil
	}
	err := w.control(websocket.PingMessage, strconv.AppendInt([]byte(pingAt), int64(time.Since(w.started)), 10))
	if err != nil {
		w.abort()
	}
	return err
}

func (w *writer) write(m *outgoing) error {
	number := strconv.AppendInt(nil, m.number, 10)
	if m.number != 0 {
		if err := w.control(websocket.PingMessage, append([]byte(pingBefore), number...)); err != nil {
			return err
		}
	}
	if err := w.conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	if err := w.writeFrame(m); err != nil {
		return err
	}
	if m.number == 0 {
		return nil
	}
	return w.control(websocket.PingMessage, append([]byte(pingBehind), number...))
}

func (w *writer) writeFrame(m *outgoing) error {
	if m.address == nil {
		return w.conn.WriteMessage(w.kind, m.frame)
	}
	// The frame itself may be on its way to many, of whom each has its own address.
	frame, err := w.conn.NextWriter(w.kind)
	if err != nil {
		return err
	}
	_, err = frame.Write(m.address)
	if err == nil {
		_, err = frame.Write(m.frame)
	}
	return errors.Join(err, frame.Close())
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
