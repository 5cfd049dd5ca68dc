// Command accuracy measures how often the first suggestion for a place in a real file
// is what stands there. A position is a name in code, of at least five characters, of
// which three are typed, or two after a dot. The rest of its line is taken away, and
// in a second column all that follows. The positions come from a seed, which it prints.
//
// The files are those of testdata, or of folders with a folder for each language. The
// last columns are about suggestions that are the rest of a line, and about the time
// for an answer in a document of 100 KiB.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp"
	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/functions/autocomplete/words"
	"github.com/tutti-live/tutti/shared/config"
)

// options of a run.
type options struct {
	folders   string
	languages string
	providers string
	positions int
	seed      uint64
	misses    bool
	typed     typedChars
}

// makers make the providers that can be measured.
var makers = map[string]func() (suggest.Provider, error){
	"words": func() (suggest.Provider, error) { return words.New(), nil },
	"lsp":   openServers,
}

// openServers starts the servers that AUTOCOMPLETE_LSP names. They have more time than
// people would wait, for this machine may be busy; how long it takes is printed.
func openServers() (suggest.Provider, error) {
	var settings lsp.Settings
	if err := config.Load(&settings); err != nil {
		return nil, err
	}
	settings.Budget = lsp.Budget(time.Second)
	rank := func(q *suggest.Query) func(string) float64 { return words.Rank(q).Score }
	return lsp.New(settings, rank, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
}

func main() {
	sandbox.Enter() // when it is started to become a language server
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("accuracy", flag.ContinueOnError)
	flags.StringVar(&o.folders, "corpus", "", "folders with files in a folder for each language, comma separated; the ones in the source when empty")
	flags.StringVar(&o.languages, "languages", "", "the languages to measure, comma separated; all when empty")
	flags.StringVar(&o.providers, "providers", "words", "who is asked, in this order, comma separated")
	flags.IntVar(&o.positions, "positions", 1000, "positions in each language")
	flags.Uint64Var(&o.seed, "seed", 1, "which positions")
	flags.IntVar(&o.typed.name, "typed", 3, "how many characters of a name are typed")
	flags.IntVar(&o.typed.member, "typed-member", 2, "how many are typed after a dot")
	flags.BoolVar(&o.misses, "misses", false, "print what was not right")
	usual := flags.Int("usual", 0, "print this many of the most usual names of each language instead, members with their dot")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	corpus, err := readCorpus(o.folders, o.languages)
	if err != nil {
		return err
	}
	if *usual > 0 {
		return printUsual(out, corpus, *usual)
	}
	chain, err := chainOf(o.providers)
	if err != nil {
		return err
	}
	defer func() {
		for _, p := range chain {
			if p, ok := p.(interface{ Close() }); ok {
				p.Close()
			}
		}
	}()
	if _, err := fmt.Fprintf(out, "providers %s, seed %d\n\n", o.providers, o.seed); err != nil {
		return err
	}
	var t table
	for _, l := range corpus {
		if err := measureLanguage(out, &t, chain, l, &o); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return t.print(out)
}

// measureLanguage adds the row of a language.
func measureLanguage(out io.Writer, t *table, chain []suggest.Provider, l language, o *options) error {
	random := rand.New(rand.NewPCG(o.seed, 0)) //nolint:gosec // it has to be the same again
	held := l.positions(random, o.positions, o.typed)
	if len(held) == 0 {
		return errors.New("no names in its files")
	}
	result, err := measure(chain, held)
	if err != nil {
		return err
	}
	if o.misses {
		if err := result.printMisses(out); err != nil {
			return err
		}
	}
	times, err := latency(chain, l, random, o.typed)
	if err != nil {
		return err
	}
	t.add(l.name, result, times)
	return nil
}

// chainOf returns the providers of a list of names.
func chainOf(names string) ([]suggest.Provider, error) {
	var chain []suggest.Provider
	for name := range strings.SplitSeq(names, ",") {
		maker, ok := makers[name]
		if !ok {
			return nil, fmt.Errorf("there is no provider %q", name)
		}
		provider, err := maker()
		if err != nil {
			return nil, fmt.Errorf("provider %s: %w", name, err)
		}
		chain = append(chain, provider)
	}
	return chain, nil
}
