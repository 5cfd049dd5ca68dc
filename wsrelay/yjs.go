package wsrelay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
)

// yjsClient is what a session of the Yjs protocol has of its own.
type yjsClient struct {
	text   string // the root type that it takes for the text; "": it did not say
	client uint64 // by which it knows itself in awareness; 0: it has not said. Guarded by room.mu
	spoke  bool   // it has said something in awareness. Guarded by room.mu
	nudged bool   // it was told once that the others take it for gone. Guarded by room.mu

	asks *rate.Limiter // questions what it lacks. Owned by whoever reads for it

	// A client of Hocuspocus counts what it sends until it is told that it is kept.
	counts bool
	kept   int64 // how many it was told of. Guarded by room.mu

	talks bool // it said hello, and is sent messages of the room. Guarded by room.mu
	asked bool // it was asked for what the room lacks, and has not answered. Guarded by room.mu

	refused bool // what it sends is of no interest any more. Owned by the reader
}

// A client asks once after it came what it lacks, and some ask now and then. More
// often than asksPerSecond is a burden: each answer means to go through the document.
const (
	asksPerSecond = 1
	askBurst      = 5
)

func newAsks() *rate.Limiter { return rate.NewLimiter(asksPerSecond, askBurst) }

func newYjsClient(text string, counts bool, asks *rate.Limiter) *yjsClient {
	return &yjsClient{text: text, counts: counts, asks: asks}
}

// yjsKeepAlive tells nothing: the clients count messages, and no pings, and
// connect anew after 30 s without one.
var yjsKeepAlive = protocol.EncodeAwareness([]byte{0})

// maxStateFactor is how many times the limit of a text all of a room's document
// may have, in bytes: most of what was deleted leaves a trace.
const maxStateFactor = 8

var errStateTooLarge = errors.New("the document would be too large")

// handleYjs takes the messages of a frame. Each counts as if it came alone.
func (s *session) handleYjs(ctx context.Context, k *socket, frame []byte) error {
	for first := true; len(frame) > 0 && !s.yjs.refused; first = false {
		if !first {
			if err := k.messages.Wait(ctx); err != nil {
				return err
			}
		}
		message, rest, err := protocol.DecodeYjs(frame)
		if err == nil {
			err = s.hearYjs(ctx, message)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.refuseYjs(err)
		}
		frame = rest
	}
	return nil
}

// refuseYjs ends a connection: a client that goes on without what was refused
// would show another document than all others.
func (s *session) refuseYjs(err error) {
	s.log.Info("a Yjs message was refused", slog.Any("error", err))
	s.yjs.refused = true
	s.room.mu.Lock()
	talks := s.yjs.talks
	s.room.mu.Unlock()
	switch code, reason := yjsRefusal(err); {
	case errors.Is(err, crdt.ErrBroken): // breakLocked says so
	case talks:
		s.out.close(code, reason)
	default:
		s.out.closeLater(code, reason)
	}
}

// yjsRefusal is how a client is told why its message was refused.
func yjsRefusal(err error) (code int, reason string) {
	if errors.Is(err, errStateTooLarge) {
		return protocol.CloseYjsTooLarge, err.Error()
	}
	return protocol.CloseYjsMalformed, "malformed, or beyond a limit"
}

// closeLater ends the connection of a client that may be back in a tenth of a
// second, whatever the reason is.
func (w *writer) closeLater(code int, reason string) {
	time.AfterFunc(turnAwayAfter, func() { w.close(code, reason) })
}

// hearYjs takes in a message. It makes a client wait that asks too often.
func (s *session) hearYjs(ctx context.Context, message any) error {
	r := s.room
	switch m := message.(type) {
	case protocol.SyncStep1:
		if err := s.yjs.asks.Wait(ctx); err != nil {
			return err
		}
		return r.answerSync(s, m.Vector)
	case protocol.SyncUpdate:
		return r.applyUpdate(s, m)
	case protocol.Awareness:
		r.hearAwareness(s, m.Update)
	case protocol.QueryAwareness:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.showEveryoneLocked(s)
	case protocol.RoomMessage:
		s.hearRoomMessage(m.Frame)
	}
	return nil
}

// greetYjsLocked asks a client that just came for what it has and the room has
// not, as after a loss, and shows it who is there. What the room has it asks for.
func (r *liveRoom) greetYjsLocked(s *session) {
	if !s.yjs.counts { // it is asked when it asks
		r.askLocked(s)
	}
	r.showEveryoneLocked(s)
}

// askLocked asks a client for what it has and the room has not.
func (r *liveRoom) askLocked(s *session) {
	question := protocol.EncodeSyncStep1(r.doc.doc.EncodeStateVector())
	s.yjs.asked = true
	if s.yjs.counts {
		r.sendStayingLocked(s, question)
	} else {
		r.sendLocked(s, question, "")
	}
}

// tellKeptLocked tells a client that counts how many of its updates are kept. When
// it has asked, it begins to count anew and sends what it did offline, uncounted;
// so nothing is said before it has answered in turn, for the answer has all of that.
func (r *liveRoom) tellKeptLocked(s *session, updates int64) {
	for !s.yjs.asked && s.yjs.kept < updates {
		s.yjs.kept++
		r.sendStayingLocked(s, receivedFrame)
	}
}

var receivedFrame = protocol.EncodeReceived()

// sendStayingLocked is sendLocked for what a client must not miss.
func (r *liveRoom) sendStayingLocked(s *session, frame []byte) {
	if !s.out.pushStaying(frame) {
		r.restartYjsLocked(s)
	}
}

// restartYjsLocked sends a client that reads too slowly all of the room in place
// of all that waits.
func (r *liveRoom) restartYjsLocked(s *session) {
	if s.out.startOver(r.firstSyncLocked(), 0) {
		r.greetYjsLocked(s)
		r.welcomeLocked(s)
	}
}

// answerSync sends a client what a document lacks that has a state vector.
func (r *liveRoom) answerSync(s *session, vector []byte) error {
	if _, err := crdt.DecodeStateVector(vector); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.out.pushWhole(r.syncLocked(vector), slotText)
	if s.yjs.counts { // it began to count anew with this, and counts the answer
		s.yjs.kept = s.updates
		r.askLocked(s)
	}
	return nil
}

// syncLocked answers a question: who has little or nothing is sent all of the
// document, for that is one frame for all of them.
func (r *liveRoom) syncLocked(vector []byte) []byte {
	if empty := len(vector) == 1; empty {
		return r.firstSyncLocked()
	}
	lacking := protocol.EncodeSyncStep2(r.doc.doc.EncodeStateAsUpdate(vector))
	if all := r.firstSyncLocked; len(lacking) > sharedFrom && 2*len(lacking) > len(all()) {
		return all()
	}
	return lacking
}

// sharedFrom is from how many bytes on it matters that a frame is one for all.
const sharedFrom = 16 << 10

// firstSyncLocked is all of the document, for those who have nothing: one frame
// for all of them.
func (r *liveRoom) firstSyncLocked() []byte {
	if at := r.doc.changes + r.doc.doc.Waits(); r.firstSyncAt != at { // what waits is in it too
		r.firstSync, r.firstSyncAt = protocol.EncodeSyncStep2(r.doc.state()), at
	}
	return r.firstSync
}

// applyUpdate brings in what a client did, and shows it to the others.
func (r *liveRoom) applyUpdate(s *session, m protocol.SyncUpdate) error {
	update := m.Update
	r.mu.Lock()
	defer r.mu.Unlock()
	inserts := len(update) > 0 && update[0] != 0 // what only deletes is always welcome
	if inserts && (r.doc.text.Len() > r.relay.maxTextBytes || r.doc.isFull(len(update), maxStateFactor*r.relay.maxTextBytes)) {
		return errStateTooLarge
	}
	before := r.doc.version()
	switch err := r.doc.update(m.Update, m.Answer, s); {
	case errors.Is(err, crdt.ErrPendingFull): // what it refers to did not arrive
		r.askLocked(s)
		if s.yjs.talks { // it counts the answer as well
			s.updates++
		}
		return nil // the answer has it
	case errors.Is(err, crdt.ErrBroken):
		r.breakLocked(err)
		return err
	case err != nil:
		return fmt.Errorf("an update: %w", err)
	}
	r.relayLocked()
	s.updates++
	s.yjs.asked = s.yjs.asked && !m.Answer
	if len(r.doc.unsaved) > 0 {
		signal(r.saveWake)
	}
	if r.savedLocked() { // it changed nothing
		r.tellSavedLocked(s, r.doc.version(), s.updates)
	}
	if r.doc.version() != before {
		r.flushLocked()
	}
	return nil
}

// relayLocked sends Yjs clients here the changes of the document that they were
// not told yet: each but its author.
func (r *liveRoom) relayLocked() {
	untold := r.doc.untold
	r.doc.untold = nil
	for _, e := range untold {
		r.broadcastYjsLocked(protocol.EncodeSyncUpdate(e.update), e.from)
	}
}
