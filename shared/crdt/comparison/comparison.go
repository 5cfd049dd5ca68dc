package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// A comparison is one run.
type comparison struct {
	ctx context.Context
	settings
	self    string    // this program, to be started as a worker
	workers []*worker // in the order of the columns
	met     int
	unmet   []string
}

// figures are what was measured, by implementation.
type figures map[string]float64

// times returns how many times ours is better than the other.
func (f figures) times(other string) float64 { return f[other] / f[ours] }

// progress tells who waits that something happens, and is no part of the result.
func (c *comparison) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

func (c *comparison) startAll() error {
	for _, name := range []string{ours, yjs, ywasm} {
		w, err := startWorker(c.ctx, name, c.self, c.settings)
		if err != nil {
			return err
		}
		c.workers = append(c.workers, w)
	}
	return nil
}

func (c *comparison) close() {
	for _, w := range c.workers {
		if err := w.close(); err != nil {
			c.progress("%s: %v", w.name, err)
		}
	}
}

// A trial is one worker's part of a comparison of times.
type trial struct {
	*worker
	request
	column  string
	first   answer
	samples []float64
}

// Bounds of a trial: what takes less is repeated within a sample, what takes
// more is sampled less often.
const (
	sampleMS = 15
	slowMS   = 240
	enoughMS = 1_200
	endless  = 4_000
	rounds   = 11
)

// withGoal are the measures that are sampled more often, because they have goals.
var withGoal = []string{"apply", "delta", "load", "encode", "costly"}

// inTurns measures the same with each worker named, in turns. What the workers
// make must be the same.
func (c *comparison) inTurns(measure, trace string, names ...string) ([]*trial, error) {
	var trials []*trial
	var checked answer
	for _, w := range c.workers {
		if !slices.Contains(names, w.name) {
			continue
		}
		r := request{Measure: measure, Trace: trace, Times: 1, Check: true}
		if measure == "delta" && w.name == ours { // its goal is a share of plain apply in the same minute
			trials = append(trials, &trial{worker: w, request: request{Measure: "apply", Trace: trace, Times: 1, Check: true}, column: plain})
		}
		trials = append(trials, &trial{worker: w, request: r, column: w.name})
	}
	for _, t := range trials {
		err := t.warmUp()
		if err != nil {
			return nil, err
		}
		if checked, err = same(checked, t.first, t.name); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", measure, trace, err)
		}
	}
	for round := range rounds {
		for _, t := range trials {
			if err := t.sample(round); err != nil {
				return nil, err
			}
		}
	}
	return trials, nil
}

// millisecondsOf returns the median of each trial.
func millisecondsOf(trials []*trial) figures {
	f := make(figures)
	for _, t := range trials {
		f[t.column] = median(t.samples)
	}
	return f
}

// warmUp measures once to see how long it takes and what comes out, and runs
// what is short until it is compiled well.
func (t *trial) warmUp() error {
	var err error
	if t.first, err = t.ask(t.request); err != nil {
		return err
	}
	t.Check = false
	if t.first.MS >= endless { // once is enough
		t.samples = append(t.samples, t.first.MS)
	}
	for ms, n := t.first.MS, 0; n < 3 && ms < slowMS; n++ {
		if t.Measure != "costly" {
			t.Times = int(sampleMS/max(ms, 0.001)) + 1
		}
		again, err := t.ask(t.request)
		if err != nil {
			return err
		}
		ms = again.MS
	}
	return nil
}

// sample measures, if there are not enough samples for how long it takes.
func (t *trial) sample(round int) error {
	total := 0.0
	for _, ms := range t.samples {
		total += ms * float64(t.Times)
	}
	least, most := 2, rounds/2
	if slices.Contains(withGoal, t.Measure) {
		least, most = 3, rounds
	}
	if total >= endless || round >= most || round >= least && total >= enoughMS {
		return nil
	}
	a, err := t.ask(t.request)
	t.samples = append(t.samples, a.MS)
	return err
}

var errDiffer = errors.New("not the same came out")

// same compares what came out of one worker to what came out of those before.
// ywasm writes the clients of a delete set in an order of its own, so that of
// its documents only the text is compared.
func same(before, a answer, name string) (answer, error) {
	if name == ywasm {
		a.Bytes = before.Bytes
	}
	if before.Bytes != "" && a.Bytes != "" && before.Bytes != a.Bytes || before.Text != "" && a.Text != "" && before.Text != a.Text {
		return before, fmt.Errorf("%w: %s has %+v, and before it was %+v", errDiffer, name, a, before)
	}
	if before.Bytes == "" {
		return a, nil
	}
	return before, nil
}

func median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// goal notes whether a goal is met and returns what a table says of it.
func (c *comparison) goal(met bool, format string, args ...any) string {
	if met {
		c.met++
		return "yes"
	}
	c.unmet = append(c.unmet, fmt.Sprintf(format, args...))
	return "NO"
}

func (c *comparison) summary(took time.Duration) {
	if busy, known := load(); known && busy > float64(runtime.NumCPU()) && !c.thread {
		fmt.Printf("\nThe machine is busy, which hits long runs more than short ones: ARGS=-thread compares better.\n")
	}
	fmt.Printf("\n%d of %d goals are met, in %.0f s.\n", c.met, c.met+len(c.unmet), took.Seconds())
	for _, what := range c.unmet {
		fmt.Printf("  not met: %s\n", what)
	}
}
