package chaos

import (
	"fmt"
	"slices"
	"time"

	"github.com/tutti-live/tutti/infra/ywebsocket"
)

// absences tells how long people were without a connection that had a relay lose
// theirs, and what became of what they typed into it last.
func (w *world) absences() []string {
	if !w.fault.breaksConnections {
		return nil
	}
	var free, bound, yjs []time.Duration
	for _, p := range w.people {
		if p.style == watching {
			bound = append(bound, w.visits.away(p.label)...)
		} else {
			free = append(free, w.visits.away(p.label)...)
		}
	}
	for _, p := range w.yjsPeople {
		yjs = append(yjs, away(append(p.past(), p.client.Visit()))...)
	}
	t := w.journal.compare(w.journalText())
	return []string{
		"without a connection, people who go to any relay: " + spread(free),
		"without a connection, Yjs clients: " + spread(yjs),
		"without a connection, people who wait for a relay in one place: " + spread(bound),
		fmt.Sprintf("lines whose connection ended before they were acknowledged: %d, of which %d are not in the text", len(t.unsure), t.gone),
	}
}

// away lists how long a person had no connection, from the end of each to when the
// next one was of use.
func (v *visits) away(person string) []time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []time.Duration
	var ended time.Time
	for _, visit := range v.all {
		if visit.client.person != person {
			continue
		}
		if !ended.IsZero() {
			all = append(all, visit.began.Sub(ended))
		}
		ended = visit.ended
	}
	return all
}

// away is the same of a Yjs client: a connection is of use when it is synced.
func away(visits []ywebsocket.Visit) []time.Duration {
	var all []time.Duration
	var ended time.Time
	for _, visit := range visits {
		if visit.Synced.IsZero() {
			continue
		}
		if !ended.IsZero() {
			all = append(all, visit.Synced.Sub(ended))
		}
		ended = visit.Ended
	}
	return all
}

// spread says how times are spread.
func spread(times []time.Duration) string {
	if len(times) == 0 {
		return "never"
	}
	slices.Sort(times)
	round := func(i int) time.Duration { return times[i].Round(time.Millisecond) }
	return fmt.Sprintf("%d times, median %v, 95 of 100 below %v, longest %v",
		len(times), round(len(times)/2), round(len(times)*95/100), round(len(times)-1))
}
