package openai

import (
	"sync"
	"time"
)

// When an endpoint is let alone.
const (
	maxFailures   = 5                // in failureWindow: less could be chance
	failureWindow = 30 * time.Second // what is longer ago says nothing of today
	restTime      = 15 * time.Second // then one question finds out whether it is back
	limitedTime   = 5 * time.Second  // after a 429 that does not say how long
	maxRest       = 5 * time.Minute  // of what an endpoint asks for; it may be mistaken
)

// breaker keeps questions from an endpoint that does not answer them.
type breaker struct {
	mu       sync.Mutex
	failures []time.Time // the last ones, oldest first
	until    time.Time   // it is let alone
	trial    bool        // the one question that finds out is being asked
	broken   bool        // it failed, and no answer has come since
}

// enter reports whether a question may be asked, and whether it is to find out if the
// endpoint is back. Who may must call leave.
func (b *breaker) enter() (trial, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Now().Before(b.until) || b.trial {
		return false, false
	}
	b.trial = b.broken
	return b.trial, true
}

// verdict is what a question says about the endpoint.
type verdict int

const (
	unknown verdict = iota // nobody waited for the answer
	good
	bad
)

// leave takes the outcome of a question. It reports whether the endpoint is let
// alone from now on.
func (b *breaker) leave(trial bool, v verdict) (opened bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.trial = b.trial && !trial
	switch v {
	case good:
		b.broken = false
		b.failures = b.failures[:0]
	case bad:
		for len(b.failures) > 0 && (now.Sub(b.failures[0]) > failureWindow || len(b.failures) == maxFailures) {
			b.failures = append(b.failures[:0], b.failures[1:]...)
		}
		b.failures = append(b.failures, now)
		if trial || len(b.failures) == maxFailures {
			b.broken, opened = true, !now.Before(b.until)
			b.until = later(b.until, now.Add(restTime))
		}
	}
	return opened
}

// rest lets the endpoint alone for as long as it asked for.
func (b *breaker) rest(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = later(b.until, time.Now().Add(min(d, maxRest)))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
