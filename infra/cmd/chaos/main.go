// Command chaos breaks Tutti on purpose while people type, and tells whether it
// kept its promises. See package chaos.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tutti-live/tutti/infra/chaos"
	"github.com/tutti-live/tutti/infra/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

var errFailed = errors.New("not all promises were kept")

func run(ctx context.Context) (err error) {
	opts := chaos.Options{Log: os.Stderr}
	flag.Uint64Var(&opts.Seed, "seed", rand.Uint64(), "of everything that is left to chance") //nolint:gosec // keeps no secret
	only := flag.String("only", "", "faults to try, as F7,F15b; all if empty")
	flag.IntVar(&opts.Rounds, "rounds", 0, "of each fault; 0: as many as it asks for")
	flag.BoolVar(&opts.Short, "short", false, "once each, with Tutti's times shortened")
	flag.IntVar(&opts.Parallel, "parallel", 1, "worlds at the same time")
	flag.StringVar(&opts.Transcripts, "transcripts", "", "folder for all that goes over each connection")
	race := flag.Bool("race", false, "build the programs with the race detector")
	bin := flag.String("bin", "", "folder of programs to try instead of building them")
	list := flag.Bool("list", false, "list the faults and do nothing")
	verbose := flag.Bool("v", false, "tell what was done when")
	flag.Parse()
	if *list {
		for _, name := range chaos.Names() {
			fmt.Printf("%-5s %s\n", name[0], name[1])
		}
		return nil
	}
	if *only != "" {
		opts.Only = strings.Split(*only, ",")
	}
	if opts.Dir, err = os.MkdirTemp("", "tutti-chaos"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(opts.Dir)) }()
	if *bin != "" {
		if *bin, err = filepath.Abs(*bin); err != nil {
			return err
		}
		opts.Programs = process.Built(*bin)
	} else if opts.Programs, err = process.Build(ctx, opts.Dir, *race); err != nil {
		return err
	}
	fmt.Println("seed", opts.Seed)
	results, err := chaos.Run(ctx, opts)
	if err != nil {
		return err
	}
	return report(results, *verbose)
}

func report(results []chaos.Result, verbose bool) error {
	for _, r := range results {
		if verbose || !r.OK() {
			fmt.Println()
			fmt.Print(r.Explain())
		}
	}
	fmt.Println()
	ok, err := chaos.WriteTable(os.Stdout, results)
	for _, r := range results {
		for _, figure := range r.Figures {
			fmt.Printf("%s: %s\n", r.Fault, figure)
		}
	}
	if err == nil && !ok {
		err = errFailed
	}
	return err
}
