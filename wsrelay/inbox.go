package wsrelay

import (
	"context"
	"sync"

	"github.com/tutti-live/tutti/shared/room"
)

// maxInbox is how many events of a room may wait to be taken in: seconds of the
// busiest room. maxInboxBytes bounds what they carry. Past either they are
// dropped, and the log and who is there are read instead.
const (
	maxInbox      = 10_000
	maxInboxBytes = 8 << 20
)

// inbox holds what was heard of a room until the room takes it in. It lets the
// one goroutine that hears all rooms go on at once, however long a room takes.
type inbox struct {
	wake chan struct{} // holds one token when there is something in it

	mu     sync.Mutex
	events []room.Event
	bytes  int
}

// put never waits.
func (b *inbox) put(e room.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes += weight(e)
	if len(b.events) >= maxInbox || b.bytes > maxInboxBytes {
		b.events, b.bytes = b.events[:0], 0
		e = room.Interrupted{}
	}
	b.events = append(b.events, e)
	signal(b.wake)
}

// weight is how many bytes an event carries, about.
func weight(e room.Event) (bytes int) {
	switch e := e.(type) {
	case room.Appended:
		return len(e.Payload)
	case room.Here:
		return len(e.State)
	case room.Roll:
		for _, p := range e.People {
			bytes += len(p.State)
		}
	}
	return bytes
}

func (b *inbox) takeAll() []room.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	events := b.events
	b.events, b.bytes = nil, 0
	return events
}

// keepHearing takes in what was heard, from the moment that the room is loaded.
func (r *liveRoom) keepHearing(ctx context.Context) {
	for {
		for _, event := range r.inbox.takeAll() {
			r.hear(event)
		}
		select {
		case <-ctx.Done():
			return
		case <-r.inbox.wake:
		}
	}
}
