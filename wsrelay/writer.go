package wsrelay

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/protocol"
)

// writer sends a client its messages. Anyone may push; one goroutine writes.
type writer struct {
	conn    *websocket.Conn
	kind    int // of its frames: websocket.TextMessage or websocket.BinaryMessage
	metrics *metrics
	started time.Time     // pings tell their time from here on
	wake    chan struct{} // holds one token when there is something to do

	mu      sync.Mutex
	queue   []*outgoing
	slots   map[string]*outgoing // those of the queue that a newer one replaces
	bytes   int                  // in the queue, without the text and a restart
	restart *outgoing            // that is still in the queue; nil: none is
	asking  bool                 // a ping is wanted behind what is queued
	closing *goodbye             // set once: nothing is taken after it
	said    bool                 // the close frame is out: the client's time is running
}

// outgoing is a message that waits.
type outgoing struct {
	frame  []byte
	slot   string // "" for a message that must not be replaced
	whole  bool   // it holds the room's text, or all of the room
	number int64  // of a text, by which its pings are known; 0 for other messages
}

// goodbye is how a connection ends.
type goodbye struct {
	code   int
	reason string
	by     time.Time // what is queued gets until then to leave before it
}

// slotText is the slot of the room's text. There is at most one in a queue and
// the text has a limit of its own, so it does not count against maxQueueBytes.
const slotText = "text"

// slotCursor is the slot of one person's cursor.
func slotCursor(id string) string { return "cursor " + id }

func newWriter(conn *websocket.Conn, kind int, m *metrics) *writer {
	return &writer{
		conn:    conn,
		kind:    kind,
		metrics: m,
		started: time.Now(),
		wake:    make(chan struct{}, 1),
		slots:   make(map[string]*outgoing),
	}
}

// push queues a frame and never waits. A frame with a slot takes the place of
// one with the same slot that has not left yet: of a cursor or a whole text
// only the latest matters. It reports false when too much has piled up: then
// the caller has the client start again, with startOver, or gives it up.
func (w *writer) push(frame []byte, slot string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enqueueLocked(&outgoing{frame: frame, slot: slot})
	return w.bytes <= maxQueueBytes || w.closing != nil
}

// pushText queues the room's text, between two pings that tell what its client
// has received. It returns the number of a text that will not leave: the one that
// it took the place of, or itself when the connection is ending.
func (w *writer) pushText(frame []byte, number int64) (replaced int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing != nil {
		return number
	}
	if waiting := w.slots[slotText]; waiting != nil {
		replaced = waiting.number
	}
	w.enqueueLocked(&outgoing{frame: frame, slot: slotText, number: number, whole: true})
	return replaced
}

// pushWhole queues a frame that holds all of something, in the place of one with
// the same slot that has not left yet. It does not count against maxQueueBytes.
func (w *writer) pushWhole(frame []byte, slot string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enqueueLocked(&outgoing{frame: frame, slot: slot, whole: true})
}

// probe has the client asked for a sign of life, whose answer tells when that was.
func (w *writer) probe() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asking = true
	signal(w.wake)
}

// startOver puts a frame that says everything in the place of all that waits. A
// client that has not even taken the last such frame is told at once to come back
// later. It is not ok when the frame will not leave.
func (w *writer) startOver(frame []byte, number int64) (ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing != nil {
		return false
	}
	if w.restart != nil {
		w.closeLocked(protocol.CloseTryAgainLater, "this client reads too slowly")
		w.closing.by = time.Now()
		return false
	}
	w.queue, w.bytes = nil, 0
	clear(w.slots)
	w.restart = &outgoing{frame: frame, number: number, whole: true}
	w.enqueueLocked(w.restart)
	return true
}

func (w *writer) enqueueLocked(m *outgoing) {
	if w.closing != nil {
		return
	}
	if waiting := w.slots[m.slot]; m.slot != "" && waiting != nil {
		w.bytes += w.weight(m) - w.weight(waiting)
		*waiting = *m
	} else {
		w.queue = append(w.queue, m)
		w.bytes += w.weight(m)
		if m.slot != "" {
			w.slots[m.slot] = m
		}
	}
	w.metrics.queueBytes.Observe(float64(w.bytes))
	signal(w.wake)
}

// weight is what counts of a message against maxQueueBytes: not the room's text,
// of which one waits at most, alone or in the frame that says everything.
func (w *writer) weight(m *outgoing) int {
	if m.whole {
		return 0
	}
	return len(m.frame)
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

// take returns the next message, or how to end when there is none and none will come.
func (w *writer) take() (*outgoing, *goodbye) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 || w.closing != nil && !time.Now().Before(w.closing.by) {
		w.queue = nil // lets go of the array, which may have been long
		return nil, w.closing
	}
	m := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	w.bytes -= w.weight(m)
	if m.slot != "" {
		delete(w.slots, m.slot)
	}
	if m == w.restart {
		w.restart = nil
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
			w.probe()
			if w.kind == websocket.BinaryMessage {
				w.push(yjsKeepAlive, slotKeepAlive)
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
	if err := w.conn.WriteMessage(w.kind, m.frame); err != nil {
		return err
	}
	if m.number == 0 {
		return nil
	}
	return w.control(websocket.PingMessage, append([]byte(pingBehind), number...))
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
