package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// maxWaiting is how many questions wait for a process. At 20 ms each the last of
// eight is answered within the usual budget.
const maxWaiting = 8

// A job is a question to a server.
type job struct {
	ctx     context.Context //nolint:containedctx // it travels with the question to another goroutine
	query   suggest.Query
	subject subject
	trigger string // the character before the cursor, if it is one that servers wait for
	done    chan outcome
}

// outcome is what became of a question.
type outcome struct {
	at     place
	result json.RawMessage
	err    error
}

func newJob(ctx context.Context, q *suggest.Query, s subject) *job {
	return &job{ctx: ctx, query: *q, subject: s, done: make(chan outcome, 1)}
}

// finish says what became of the question, once.
func (j *job) finish(o outcome) { j.done <- o }

// queue are the questions that wait for a process, of which there are few. It is open
// while the process can answer.
type queue struct {
	wake chan struct{} // has something when there may be something to take

	mu      sync.Mutex
	open    *readiness // nil: closed
	waiting []*job
	busy    bool    // a question was taken and is not done
	shown   subject // whose text the process has open
}

// readiness is what is known of a process that can answer.
type readiness struct{ triggers []string }

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// begin opens the queue.
func (q *queue) begin(r *readiness) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open, q.shown, q.busy = r, subject{}, false
}

// end closes the queue. Nobody waits any more.
func (q *queue) end() {
	q.mu.Lock()
	waiting := q.waiting
	q.open, q.waiting = nil, nil
	q.mu.Unlock()
	for _, j := range waiting {
		j.finish(outcome{err: errStarting})
	}
}

// add puts a question at the end, in place of an older one of the same people.
func (q *queue) add(j *job) error {
	old, err := q.insert(j)
	if old != nil {
		old.finish(outcome{err: errSuperseded})
	}
	if err == nil {
		select {
		case q.wake <- struct{}{}:
		default: // it is awake
		}
	}
	return err
}

func (q *queue) insert(j *job) (old *job, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open == nil {
		return nil, errStarting
	}
	asker := j.subject.asker()
	for i, other := range q.waiting {
		if asker != [2]uint64{} && other.subject.asker() == asker {
			old = other
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			break
		}
	}
	if len(q.waiting) >= maxWaiting {
		return old, errBusy
	}
	q.waiting = append(q.waiting, j)
	return old, nil
}

// take removes the first question that somebody still waits for; nil: there is none.
func (q *queue) take() *job {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy = false
	for len(q.waiting) > 0 {
		j := q.waiting[0]
		q.waiting = q.waiting[1:]
		if err := j.ctx.Err(); err != nil {
			j.finish(outcome{err: fmt.Errorf("waiting for the language server: %w", err)})
			continue
		}
		q.busy, q.shown = true, j.subject
		return j
	}
	return nil
}

// state tells how long a question would wait, as a number of others, and whether the
// process has the text of the same people open. ready is nil if the queue is closed.
func (q *queue) state(s subject) (ready *readiness, load int, affine bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	load = len(q.waiting)
	if q.busy {
		load++
	}
	return q.open, load, s.owns(q.shown)
}
