package chaos

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// journal knows what everybody typed, and what was acknowledged of it.
type journal struct {
	mu      sync.Mutex
	entries map[marker]*entry
	waiting map[*client][]*receipt // not acknowledged, in the order in which they were sent
	updates int                    // texts that were sent
	last    time.Time              // when

	yjsEdits int // of Yjs clients
}

// entry is what happened to one marker.
type entry struct {
	added   *receipt
	removed *receipt // nil: nobody tried
}

// receipt is one text that was sent, and what is known of it.
type receipt struct {
	client *client // nil: the room as it was made, or a Yjs client
	yjs    *yjsPerson
	n      int       // the n-th text of the client
	acked  time.Time // zero: not yet
}

// change is how a text differs from the one that its writer was shown.
type change struct{ added, removed []marker }

func newJournal() *journal {
	return &journal{entries: make(map[marker]*entry), waiting: make(map[*client][]*receipt)}
}

// founded notes what a room was made with.
func (j *journal) founded(markers []marker) {
	for _, m := range markers {
		j.entries[m] = &entry{added: &receipt{acked: time.Now()}}
	}
}

// sent notes that a client is about to send its n-th text.
func (j *journal) sent(c *client, n int, change change) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := &receipt{client: c, n: n}
	j.waiting[c] = append(j.waiting[c], r)
	for _, m := range change.added {
		j.entries[m] = &entry{added: r}
	}
	for _, m := range change.removed {
		j.entries[m].removed = r
	}
	j.updates++
	j.last = time.Now()
}

// kept notes that a Yjs client is about to make an edit, which it will not forget.
func (j *journal) kept(p *yjsPerson, change change) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := &receipt{yjs: p}
	for _, m := range change.added {
		j.entries[m] = &entry{added: r}
	}
	for _, m := range change.removed {
		j.entries[m].removed = r
	}
	j.wroteLocked()
}

// wrote notes that a Yjs client is about to write something else than text.
func (j *journal) wrote() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.wroteLocked()
}

func (j *journal) wroteLocked() {
	j.yjsEdits++
	j.last = time.Now()
}

// acked notes that the first n texts of a client are in Redis.
func (j *journal) acked(c *client, n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	waiting := j.waiting[c]
	for len(waiting) > 0 && waiting[0].n <= n {
		waiting[0].acked = time.Now()
		waiting = waiting[1:]
	}
	j.waiting[c] = waiting
}

// unacked is how many texts of a client are not acknowledged.
func (j *journal) unacked(c *client) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.waiting[c])
}

// ripe reports whether a marker was acknowledged so long ago, and nobody tried
// to delete it.
func (j *journal) ripe(m marker, age time.Duration) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.entries[m]
	return e != nil && e.removed == nil && !e.added.acked.IsZero() && time.Since(e.added.acked) > age
}

// lastEdit is when the last text was sent.
func (j *journal) lastEdit() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// sentUpdates is how many edits were sent, of whichever protocol.
func (j *journal) sentUpdates() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.updates + j.yjsEdits
}

// standing lists the markers that are acknowledged and that nobody tried to delete.
func (j *journal) standing() []marker {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []marker
	for m, e := range j.entries {
		if !e.added.acked.IsZero() && e.removed == nil {
			all = append(all, m)
		}
	}
	return all
}

// missing lists those of the markers that are not in a text, though nobody tried
// to delete them.
func (j *journal) missing(markers []marker, text string) []string {
	count := readMarkers(text).count
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []string
	for _, m := range markers {
		if count[m] == 0 && j.entries[m].removed == nil {
			all = append(all, m.String())
		}
	}
	return all
}

// tally is a text compared with the journal.
type tally struct {
	acked       int      // edits: lines and deletions
	yjs         int      // edits of Yjs clients
	lost        []marker // that had to be there
	doubled     []marker
	resurrected []marker // that had to be gone
	torn        []string // what nobody wrote
	glued       int
	unsure      []marker // whose connection ended before they were acknowledged
	gone        int      // of them
}

// compare checks a text.
func (j *journal) compare(text string) tally {
	r := readMarkers(text)
	j.mu.Lock()
	defer j.mu.Unlock()
	t := tally{yjs: j.yjsEdits, torn: r.torn, glued: r.glued}
	for m, e := range j.entries {
		there := r.count[m]
		delete(r.count, m)
		t.acked += e.added.edits() + e.removed.edits()
		if !e.added.owed() {
			t.unsure = append(t.unsure, m)
			t.gone += 1 - min(there, 1)
		}
		switch {
		case there > 1:
			t.doubled = append(t.doubled, m)
		case there == 0 && e.added.owed() && e.removed == nil:
			t.lost = append(t.lost, m)
		case there == 1 && e.removed.owed():
			t.resurrected = append(t.resurrected, m)
		}
	}
	for m := range r.count {
		t.torn = append(t.torn, m.String()+", which nobody wrote,")
	}
	for _, list := range [][]marker{t.lost, t.doubled, t.resurrected} {
		slices.SortFunc(list, func(a, b marker) int {
			return cmp.Or(cmp.Compare(a.writer, b.writer), cmp.Compare(a.seq, b.seq))
		})
	}
	return t
}

// owed reports whether what was sent has to be in Redis: it was acknowledged, or
// the connection is still there, or the client has it in its document.
func (r *receipt) owed() bool {
	return r != nil && (r.yjs != nil || !r.acked.IsZero() || r.client.isOpen())
}

// edits counts the receipt if it is acknowledged.
func (r *receipt) edits() int {
	if r == nil || r.acked.IsZero() || r.client == nil {
		return 0
	}
	return 1
}

// describe tells what became of a marker, for a report.
func (j *journal) describe(m marker) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := j.entries[m]
	if e == nil || e.added.client == nil && e.added.yjs == nil {
		return m.String()
	}
	text := m.String() + " " + e.added.describe()
	if e.removed != nil {
		text += ", deleted: " + e.removed.describe()
	}
	return text
}

func (r *receipt) describe() string {
	if r.yjs != nil {
		return "(" + r.yjs.label + ")"
	}
	state := "not acked, connection open"
	if !r.acked.IsZero() {
		state = "acked at " + r.acked.Format(clock)
	} else if !r.client.isOpen() {
		state = "not acked"
	}
	return "(" + r.client.name() + ", " + state + ")"
}

// forget lets go of texts that a closed connection will never see acknowledged.
func (j *journal) forget(c *client) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.waiting, c)
}
