package lsp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/wire"
)

// limits are what a process is given, so that tests need not wait as long.
type limits struct {
	start   time.Duration // to be ready after it was started
	silence time.Duration // to answer a question, wanted or not any more
	idle    time.Duration // with a text open that nobody asks about
	check   time.Duration // between two looks at its memory
	restart time.Duration // before the first new start after a failure, and at least twice that before each further one
	answers int           // before it is replaced
	memory  int64         // in bytes, before it is replaced; 0: three quarters of Settings.Memory
}

// usual are the limits of processes.
var usual = limits{
	start:   30 * time.Second,       // gopls and pyright need one or two, on a machine that does nothing else
	silence: 2 * time.Second,        // one that thinks so long about a text will not be of use
	idle:    2 * time.Minute,        // texts are other people's: they are not kept for long
	check:   10 * time.Second,       // reading /proc costs a few milliseconds
	restart: 500 * time.Millisecond, // it may be the machine
	answers: 5000,                   // servers collect things
}

// maxRestart is the longest wait before a new start.
const maxRestart = time.Minute

var (
	errSilent  = errors.New("it does not answer")
	errRecycle = errors.New("it has done its work")
)

// A worker keeps one process running and gives it questions. Its queue is for all;
// the rest is owned by run.
type worker struct {
	pool     *pool
	queue    *queue
	failures int // of processes in a row that were never ready
}

// run keeps a process running until ctx ends.
func (w *worker) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := w.runOne(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errRecycle) {
			w.pool.log.InfoContext(ctx, "language server is replaced", slog.Any("reason", err))
			continue
		}
		pause := w.pause()
		w.failures++
		w.pool.log.WarnContext(ctx, "language server is started again", slog.Any("error", err), slog.Duration("in", pause))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// pause is how long to wait after a failure: twice as long after each start that fails, and up to half
// as long again, so that not all start at once.
func (w *worker) pause() time.Duration {
	const doublings = 16
	pause := min(w.pool.limits.restart<<min(w.failures, doublings), maxRestart)
	return pause + rand.N(pause/2+1) //nolint:gosec // nobody gains by guessing it
}

// runOne runs one process until it fails or has done its work.
func (w *worker) runOne(ctx context.Context) (err error) {
	started := time.Now()
	starting, cancel := context.WithTimeoutCause(ctx, w.pool.limits.start, errors.New("it is not ready in time"))
	defer cancel()
	s, err := startServer(ctx, starting, &w.pool.command, w.pool.rules)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.warm(starting); err != nil {
		return err
	}
	w.pool.log.InfoContext(ctx, "language server is ready", slog.Duration("after", time.Since(started)))
	w.failures = 0 // texts that it cannot stand are kept from it by others
	w.queue.begin(&readiness{triggers: s.triggers})
	defer w.queue.end()
	return w.serve(ctx, s)
}

// serve gives questions to a process.
func (w *worker) serve(ctx context.Context, s *server) error {
	idle := time.NewTimer(w.pool.limits.idle)
	defer idle.Stop()
	checked := time.Now()
	for {
		select {
		case <-s.conn.Done(): // it died of what it was shown last, not of what waits
			w.pool.quarantine.blame(s.document.subject)
			return s.conn.Err()
		default:
		}
		if j := w.queue.take(); j != nil {
			if err := w.handle(ctx, s, j); err != nil {
				return err
			}
			idle.Reset(w.pool.limits.idle)
			if err := w.worn(s, &checked); err != nil {
				return err
			}
			continue
		}
		select {
		case <-w.queue.wake:
		case <-idle.C:
			if err := s.hide(); err != nil {
				return err
			}
		case <-s.conn.Done():
			w.pool.quarantine.blame(s.document.subject)
			return s.conn.Err()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// worn reports whether a process is to be replaced.
func (w *worker) worn(s *server, checked *time.Time) error {
	if s.answered >= w.pool.limits.answers {
		return fmt.Errorf("%w: %d answers", errRecycle, s.answered)
	}
	if time.Since(*checked) < w.pool.limits.check {
		return nil
	}
	*checked = time.Now()
	memory, err := s.process.Memory()
	if err != nil {
		return err
	}
	if memory > w.pool.limits.memory {
		return fmt.Errorf("%w: it has %d MiB", errRecycle, memory>>20)
	}
	return nil
}

// handle gives a question to a process and waits for the answer, also when nobody else
// does any more: until then it would not answer another. It fails if the process is of
// no further use.
func (w *worker) handle(ctx context.Context, s *server, j *job) error {
	report, err := w.pool.breaker.Allow()
	if err != nil {
		j.finish(outcome{err: errResting})
		return nil //nolint:nilerr // the process has done nothing
	}
	at := s.coder.placeOf(&j.query)
	before := s.document.subject
	response, err := w.exchange(ctx, s, j, &at)
	if err != nil && ctx.Err() == nil {
		if s.overdue && !j.subject.owns(before) {
			w.pool.quarantine.blame(before)
		} else {
			w.pool.quarantine.blame(j.subject)
		}
	}
	s.answered++
	missed := j.ctx.Err()
	s.overdue = errors.Is(missed, context.DeadlineExceeded)
	switch {
	case err != nil:
		report(err)
	case errors.Is(missed, context.Canceled):
		report(nil) // it was not asked to be quick
	default:
		report(missed)
	}
	o := outcome{at: at, result: response.Result, err: err}
	if response.Error != nil {
		o.err = response.Error
	}
	j.finish(o)
	return err
}

// exchange shows the text, asks, and waits for the answer.
func (w *worker) exchange(ctx context.Context, s *server, j *job, at *place) (wire.Response, error) {
	silence := time.NewTimer(w.pool.limits.silence)
	defer silence.Stop()
	if err := s.show(j.subject, fileOf(j.query.Language), s.coder.plain(j.query.Code)); err != nil {
		return wire.Response{}, err
	}
	call, err := s.complete(at, j.trigger)
	if err != nil {
		return wire.Response{}, err
	}
	unwanted := j.ctx.Done()
	for {
		select {
		case response := <-call.Reply:
			return response, nil
		case <-unwanted:
			unwanted = nil
			if err := s.conn.Cancel(call); err != nil {
				return wire.Response{}, err
			}
		case <-silence.C:
			return wire.Response{}, errSilent
		case <-s.conn.Done():
			return wire.Response{}, s.conn.Err()
		case <-ctx.Done():
			return wire.Response{}, ctx.Err()
		}
	}
}
