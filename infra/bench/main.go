// Command bench measures Tutti as it is deployed: two relays and the functions,
// each a process of its own that is built from this tree, on a redis-server
// that it starts. It prints a table for each topic.
//
// What is compared is measured in turns, so that what else the machine does
// hits all alike; figures are medians of the rounds. Clients run on the same
// machine, so their work is in all times.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/shared/httpserve"
)

// options of a run.
type options struct {
	only    []string // topics; all when empty
	rounds  int
	quick   bool   // everything once and small, to see that it works
	profile string // folder for profiles of the relays; "" when none are wanted
	serve   bool   // be a relay that can be profiled
}

// topic is something that is measured.
type topic struct {
	name  string
	about string
	run   func(ctx context.Context, b *bench) error
}

// topics are all topics, in the order in which they are measured.
func topics() []topic {
	return []topic{
		{"latency", "from an edit to another client that sees it", latency},
		{"saved", "from an edit to the word that it is saved", saved},
		{"cpu", "what an edit takes of the relays' processors and memory", cpu},
		{"redis", "what Redis has to do for an edit, and for an idle room", redisCosts},
		{"memory", "what a relay needs for connections and rooms, and gives back", memory},
		{"join", "time to init in a room with a long text", joins},
		{"bigroom", "ten typists in a long text, and the rooms beside it", bigRoom},
		{"storm", "a relay is killed and all its clients come to the other", storm},
		{"yjslatency", "from an edit to another client that sees it, between protocols", yjsLatency},
		{"yjscrowd", "200 Yjs clients in one room, of whom 20 type and all move cursors", yjsCrowds},
		{"yjsstorm", "a thousand Yjs clients are turned away, a thousand come from a killed relay", yjsStorm},
		{"yjsmemory", "what a relay needs for idle Yjs clients", yjsMemory},
	}
}

func main() { httpserve.Main(run) }

func run(ctx context.Context) (err error) {
	opts, err := parse(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return err
	case opts.serve:
		return serveRelay(ctx)
	}
	b := &bench{options: opts}
	if err := b.printFacts(ctx); err != nil { // before building: that is load too
		return err
	}
	if b.dir, err = os.MkdirTemp("", "tutti-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if b.programs, err = process.Build(ctx, b.dir, false); err != nil {
		return err
	}
	if opts.profile != "" {
		if err := os.MkdirAll(opts.profile, 0o750); err != nil {
			return err
		}
	}
	for _, t := range topics() {
		if len(opts.only) > 0 && !slices.Contains(opts.only, t.name) {
			continue
		}
		if err := b.runTopic(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// parse reads the command line.
func parse(args []string) (options, error) {
	var o options
	var only string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&only, "only", "", "only these topics, separated by commas")
	flags.IntVar(&o.rounds, "rounds", 3, "how often what is timed is repeated")
	flags.BoolVar(&o.quick, "quick", false, "everything once and small, to see that it works; its figures mean little")
	flags.StringVar(&o.profile, "profile", "", "write CPU and allocation profiles of the relays to this folder")
	flags.BoolVar(&o.serve, "serve-relay", false, "be a relay that can be profiled (for -profile)")
	flags.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./infra/bench [flags]; topics:")
		for _, t := range topics() {
			fmt.Fprintf(os.Stderr, "  %-10s %s\n", t.name, t.about)
		}
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	for _, name := range o.only {
		if !slices.ContainsFunc(topics(), func(t topic) bool { return t.name == name }) {
			return o, fmt.Errorf("no topic is called %q", name)
		}
	}
	if o.quick || o.rounds < 1 {
		o.rounds = 1
	}
	return o, nil
}

// bench is a run, and for each topic the Tutti that it measures.
type bench struct {
	options
	dir      string // of the binaries, and of what processes leave behind
	programs process.Programs
	world    *world
}

// runTopic measures one topic on a Tutti of its own.
func (b *bench) runTopic(ctx context.Context, t topic) (err error) {
	fmt.Fprintf(os.Stderr, "%s %s: %s\n", time.Now().Format(time.TimeOnly), t.name, t.about)
	if b.world, err = newWorld(ctx, b); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.world.close()) }()
	share, err := startShare(b.world)
	if err != nil {
		return err
	}
	if err := t.run(ctx, b); err != nil {
		return err
	}
	return share.print()
}

// pick chooses between a whole measurement and a quick one.
func pick[T any](b *bench, whole, quick T) T {
	if b.quick {
		return quick
	}
	return whole
}

// playTime is how long a load is measured in one round, and quickPlay how long it
// is in a quick run.
func (b *bench) playTime() time.Duration { return pick(b, 15*time.Second, quickPlay) }

const quickPlay = time.Second

// warmUp is how long everyone types before what is measured counts.
func (b *bench) warmUp() time.Duration { return pick(b, time.Second, 300*time.Millisecond) }
