// Command comparison measures shared/crdt next to yjs and ywasm: the same
// recorded sessions, in the same run, in turns, so that what else the machine
// does hits all alike. It prints tables and whether the goals are met.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
	"github.com/tutti-live/tutti/shared/httpserve"
)

// Settings of a run, the same for the workers.
type settings struct {
	traces string // folder of the recorded sessions
	node   string // folder of bench.mjs and node_modules
	made   string // folder of what this run makes
	only   []string
	slow   bool
	thread bool // whether times are those that the main thread ran, not those of the clock
}

func main() { httpserve.Main(run) }

func run(ctx context.Context) error {
	var s settings
	worker := flag.Bool("worker", false, "answer the comparison, as bench.mjs does")
	only := flag.String("sessions", "", "only these recorded sessions, separated by commas")
	flag.StringVar(&s.traces, "traces", "shared/crdt/testdata/traces", "folder of the recorded sessions")
	flag.StringVar(&s.node, "node", "shared/crdt/testdata/yjs", "folder of bench.mjs and its node_modules")
	flag.StringVar(&s.made, "made", "", "folder of made data (only with -worker)")
	flag.BoolVar(&s.slow, "slow", false, "also what takes yjs and ywasm minutes")
	flag.BoolVar(&s.thread, "thread", false, "compare how long the main threads ran, not wall times: for a busy machine with Linux")
	flag.Parse()
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	if *worker {
		return answerAll(s, os.Stdin, os.Stdout)
	}
	return compare(ctx, s)
}

// compare runs everything and prints it.
func compare(ctx context.Context, s settings) (err error) {
	if err := checkNode(s.node); err != nil {
		return err
	}
	if s.made, err = os.MkdirTemp("", "bench-crdt-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.made)) }()
	if err := prepare(s); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := &comparison{ctx: ctx, settings: s, self: self}
	defer c.close()
	start := time.Now()
	for _, section := range []func(*comparison) error{
		(*comparison).hello, (*comparison).sessions, (*comparison).costly, (*comparison).memory, (*comparison).rooms,
	} {
		if err := section(c); err != nil {
			return err
		}
	}
	c.summary(time.Since(start))
	return nil
}

var errNode = errors.New("the comparison needs Node 20 or later with npm (nodejs.org)")

// checkNode says what is missing before anything is measured.
func checkNode(dir string) error {
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("%w: %w", errNode, err)
	}
	for _, name := range []string{"yjs", "ywasm"} {
		if _, err := os.Stat(filepath.Join(dir, "node_modules", name)); err != nil {
			return fmt.Errorf("%s is not installed: run npm ci in %s: %w", name, dir, err)
		}
	}
	return nil
}

// sessionNames returns the names to run on.
func (s settings) sessionNames() []string {
	all := append(append([]string(nil), workload.Sequential...), workload.Concurrent...)
	if s.only == nil {
		return all
	}
	return s.only
}

// hello prints what is compared where.
func (c *comparison) hello() error {
	if err := c.startAll(); err != nil {
		return err
	}
	fmt.Printf("%s on %s/%s with %d CPUs", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if busy, known := load(); known {
		fmt.Printf(" under a load of %.1f", busy)
	}
	for _, w := range c.workers[1:] {
		a, err := w.ask(request{Measure: "hello"})
		if err != nil {
			return err
		}
		fmt.Printf("; %s", a.Version)
	}
	kind := "Wall times"
	if c.thread {
		kind = "Times that the main thread ran"
	}
	fmt.Printf(".\n%s, each the median of runs in turns after a warm-up; garbage collection counts.\n", kind)
	return nil
}

// load says how busy the machine was in the last minute, where the system tells.
func load() (tasks float64, known bool) {
	data, err := os.ReadFile("/proc/loadavg") // Linux only
	if err != nil {
		return 0, false
	}
	_, err = fmt.Sscan(string(data), &tasks)
	return tasks, err == nil
}
