package lsp

import (
	"sync"
	"time"
)

const (
	// deathsOfText and deathsOfClient are how many processes a text or a room, and an
	// address, may cost before their questions go to none. Behind one address there
	// may be many people.
	deathsOfText   = 2
	deathsOfClient = 4

	// quarantineTime is for how long, since the last.
	quarantineTime = 10 * time.Minute

	// maxSuspects is how many texts, rooms and addresses are remembered.
	maxSuspects = 1000
)

// A quarantine remembers what processes died of. The zero value is empty.
type quarantine struct {
	mu       sync.Mutex
	suspects map[uint64]suspect
}

// suspect is what some processes died of.
type suspect struct {
	deaths int
	until  time.Time // then it is forgotten
}

// blame notes that a process died with a text.
func (q *quarantine) blame(s subject) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for _, id := range []uint64{s.text, s.room, s.client} {
		if id == 0 {
			continue
		}
		known := q.suspects[id]
		if !now.Before(known.until) {
			known.deaths = 0
		}
		q.makeRoomLocked(now)
		q.suspects[id] = suspect{deaths: known.deaths + 1, until: now.Add(quarantineTime)}
	}
}

// makeRoomLocked forgets what is over, and if that is not enough the oldest.
func (q *quarantine) makeRoomLocked(now time.Time) {
	if q.suspects == nil {
		q.suspects = make(map[uint64]suspect)
	}
	if len(q.suspects) < maxSuspects {
		return
	}
	var oldest uint64
	for id, s := range q.suspects {
		if !now.Before(s.until) {
			delete(q.suspects, id)
		} else if o, found := q.suspects[oldest]; !found || s.until.Before(o.until) {
			oldest = id
		}
	}
	if len(q.suspects) >= maxSuspects {
		delete(q.suspects, oldest)
	}
}

// holds reports whether a text is to be kept from processes.
func (q *quarantine) holds(s subject) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	dangerous := func(id uint64, deaths int) bool {
		known, found := q.suspects[id]
		return id != 0 && found && known.deaths >= deaths && now.Before(known.until)
	}
	return dangerous(s.text, deathsOfText) || dangerous(s.room, deathsOfText) || dangerous(s.client, deathsOfClient)
}
