// Package chaos breaks Tutti on purpose while people type, and checks that it
// keeps its promises all the same.
//
// Each fault has a world of its own: real processes (a Redis or two, functions,
// relays), a proxy between each of them and Redis, and people in one room who
// type lines that are all different: some speak the JSON protocol, and some are
// Yjs clients, who also write into a map and an array. A round is
//
//	strike     the fault is made and ended, while people type
//	settle     nobody types; within the promised time everybody, whoever joins
//	           anew and the view in Redis show one text, and all Yjs clients have
//	           one document, to the byte
//	resume     people type again, and all settles once more
//
// and at the end of some rounds the journal is compared with the text: no line
// that was acknowledged may be missing, no line may be there twice, no line
// whose deletion was acknowledged may be there at all, and no line may be torn.
// All the while it is watched that each key in Redis has an end, that each
// person joins and leaves once in the eyes of every other, that no connection
// is closed and no message refused without a reason, and that no process ends
// or panics.
//
// An edit is acknowledged when a saved frame on its connection counts it. It is
// owed by Tutti, too, as long as its connection stays open: what somebody typed
// must reach Redis sooner or later. All that a Yjs client ever did is owed, for it
// has it in its document, whichever connections it loses.
//
// Runs are random but for their seed, which decides what is done to whom. When
// exactly it happens is up to the machine.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tutti-live/tutti/infra/process"
)

// Options say what to run.
type Options struct {
	Programs process.Programs // what is tried
	Seed     uint64           // of everything that is left to chance
	Only     []string         // ids of faults, as F7, or F15b for one kind of it; all when empty
	Rounds   int              // of each fault; 0: as many as it asks for
	Short    bool             // once each, with Tutti's times shortened
	Parallel int              // worlds at the same time; 0: one
	Dir      string           // an existing folder that the processes may use
	Log      io.Writer        // is told of each fault that is done; nil: nobody is

	Transcripts string // an existing folder for all that goes over each connection; "": it is not kept
}

// Names lists the faults there are: their ids, and what they are.
func Names() [][2]string {
	var names [][2]string
	for _, f := range faults() {
		names = append(names, [2]string{f.id, f.name})
	}
	return names
}

// Run makes the faults happen and returns what came of each, in their order.
// It fails only if there is nothing to run.
func Run(ctx context.Context, opts Options) ([]Result, error) {
	chosen, err := choose(opts.Only)
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(chosen))
	places := make(chan struct{}, max(opts.Parallel, 1))
	var running sync.WaitGroup
	var logging sync.Mutex
	for i, f := range chosen {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			results[i] = run(ctx, f, opts)
			if opts.Log != nil {
				logging.Lock()
				defer logging.Unlock()
				_, _ = fmt.Fprintln(opts.Log, results[i].line()) // a report that cannot be written stops nothing
			}
		})
	}
	running.Wait()
	return results, ctx.Err()
}

// choose finds the faults that are meant by ids.
func choose(only []string) ([]fault, error) {
	var chosen []fault
	for _, f := range faults() {
		if len(only) == 0 || slices.ContainsFunc(only, f.isMeantBy) {
			chosen = append(chosen, f)
		}
	}
	for _, id := range only {
		if !slices.ContainsFunc(chosen, func(f fault) bool { return f.isMeantBy(id) }) {
			return nil, fmt.Errorf("chaos: there is no fault %q", id)
		}
	}
	return chosen, nil
}

// run tries one fault in a world of its own.
func run(ctx context.Context, f fault, opts Options) Result {
	form := longForm
	if opts.Short {
		form = shortForm
	}
	if f.form != nil {
		form = f.form(form)
	}
	rounds := f.rounds
	if opts.Short {
		rounds = 1
	}
	if opts.Rounds > 0 {
		rounds = opts.Rounds
	}
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(rounds+1)*form.roundLimit, errTooLong)
	defer cancel()
	result := Result{Fault: f.id, Name: f.name, Seed: opts.Seed, Promised: f.promise}
	w, err := newWorld(ctx, f, form, opts)
	if err != nil {
		result.problem("the world did not start: %v", err)
		return result
	}
	for result.Rounds < rounds && w.play(ctx, &result) {
		result.Rounds++
	}
	w.judge(ctx, &result)
	result.Figures = w.absences()
	w.close(&result)
	result.Timeline = w.lines()
	return result
}

var errTooLong = errors.New("it takes too long")

// newRandom returns the source of chance of one part of a run.
func newRandom(seed uint64, part string) *rand.Rand {
	var stream uint64
	for _, b := range []byte(part) {
		stream = stream*31 + uint64(b)
	}
	return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // has to be repeated, and keeps no secret
}

// isMeantBy reports whether an id, as F15 or F15b, means the fault.
func (f fault) isMeantBy(id string) bool {
	return strings.EqualFold(f.id, id) || strings.EqualFold(strings.TrimRight(f.id, "abcdefgh"), id)
}

// pollEvery is how often what nothing announces is looked at.
const pollEvery = 20 * time.Millisecond

// until waits for what nothing announces, or returns what is missing.
func until(ctx context.Context, limit time.Duration, missing func() string) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		what := missing()
		if what == "" {
			return nil
		}
		select {
		case <-ticker.C:
		case <-deadline.C:
			return fmt.Errorf("not within %v: %s", limit, what)
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", context.Cause(ctx), what)
		}
	}
}
