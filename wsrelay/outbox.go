package wsrelay

import (
	"slices"
	"time"

	"github.com/tutti-live/tutti/shared/protocol"
)

// outbox is what waits for a client of one room: a connection has one, or with
// Hocuspocus one for each document.
type outbox struct {
	*writer
	address []byte // before each frame: says which document it is of

	// Guarded by writer.mu.
	queue   []*outgoing
	slots   map[string]*outgoing // those of the queue that a newer one replaces
	bytes   int                  // in the queue, without the text and a restart
	restart *outgoing            // that is still in the queue; nil: none is
	ended   bool                 // nothing more is taken
}

// outgoing is a message that waits.
type outgoing struct {
	address []byte // of its outbox
	frame   []byte
	slot    string // "" for a message that must not be replaced
	whole   bool   // it holds the room's text, or all of the room
	stays   bool   // when all starts over
	number  int64  // of a text, by which its pings are known; 0 for other messages
}

// slotText is the slot of the room's text. There is at most one in a queue and
// the text has a limit of its own, so it does not count against maxQueueBytes.
const slotText = "text"

// slotCursor is the slot of one person's cursor.
func slotCursor(id string) string { return "cursor " + id }

// push queues a frame and never waits. A frame with a slot takes the place of
// one with the same slot that has not left yet: of a cursor or a whole text
// only the latest matters. It reports false when too much has piled up: then
// the caller has the client start again, with startOver, or gives it up.
func (o *outbox) push(frame []byte, slot string) bool {
	return o.add(&outgoing{frame: frame, slot: slot})
}

// pushStaying queues a frame that must leave even if the client starts over.
func (o *outbox) pushStaying(frame []byte) bool {
	return o.add(&outgoing{frame: frame, stays: true})
}

func (o *outbox) add(m *outgoing) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.enqueueLocked(m)
	return o.bytes <= maxQueueBytes || o.closing != nil
}

// pushText queues the room's text, between two pings that tell what its client
// has received. It returns the number of a text that will not leave: the one that
// it took the place of, or itself when the connection is ending.
func (o *outbox) pushText(frame []byte, number int64) (replaced int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing != nil {
		return number
	}
	if waiting := o.slots[slotText]; waiting != nil {
		replaced = waiting.number
	}
	o.enqueueLocked(&outgoing{frame: frame, slot: slotText, number: number, whole: true})
	return replaced
}

// pushWhole queues a frame that holds all of something, in the place of one with
// the same slot that has not left yet. It does not count against maxQueueBytes.
func (o *outbox) pushWhole(frame []byte, slot string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.enqueueLocked(&outgoing{frame: frame, slot: slot, whole: true})
}

// startOver puts a frame that says everything in the place of all that waits. A
// client that has not even taken the last such frame is told at once to come back
// later. It is not ok when the frame will not leave.
func (o *outbox) startOver(frame []byte, number int64) (ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing != nil {
		return false
	}
	if o.restart != nil {
		o.closeLocked(protocol.CloseTryAgainLater, "this client reads too slowly")
		o.closing.by = time.Now()
		return false
	}
	staying := slices.DeleteFunc(o.queue, func(m *outgoing) bool { return !m.stays })
	o.queue, o.bytes = nil, 0
	clear(o.slots)
	o.restart = &outgoing{frame: frame, number: number, whole: true}
	o.enqueueLocked(o.restart)
	for _, m := range staying {
		o.enqueueLocked(m)
	}
	return true
}

// end lets what is queued leave and takes nothing more.
func (o *outbox) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
}

// discard lets nothing of what is queued leave, and takes nothing more.
func (o *outbox) discard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue, o.bytes, o.restart, o.ended = nil, 0, nil, true
	clear(o.slots)
}

func (o *outbox) enqueueLocked(m *outgoing) {
	if o.closing != nil || o.ended {
		return
	}
	m.address = o.address
	if waiting := o.slots[m.slot]; m.slot != "" && waiting != nil {
		o.bytes += m.weight() - waiting.weight()
		*waiting = *m
	} else {
		o.queue = append(o.queue, m)
		o.bytes += m.weight()
		if m.slot != "" {
			o.slots[m.slot] = m
		}
	}
	o.metrics.queueBytes.Observe(float64(o.bytes))
	signal(o.wake)
}

// takeLocked takes the first message out; nil when there is none.
func (o *outbox) takeLocked() *outgoing {
	if len(o.queue) == 0 {
		o.queue = nil // lets go of the array, which may have been long
		return nil
	}
	m := o.queue[0]
	o.queue[0] = nil
	o.queue = o.queue[1:]
	o.bytes -= m.weight()
	if m.slot != "" {
		delete(o.slots, m.slot)
	}
	if m == o.restart {
		o.restart = nil
	}
	return m
}

// weight is what counts of a message against maxQueueBytes: not the room's text,
// of which one waits at most, alone or in the frame that says everything.
func (m *outgoing) weight() int {
	if m.whole {
		return 0
	}
	return len(m.frame)
}
