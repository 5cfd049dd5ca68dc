package autocomplete

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp"
	"github.com/tutti-live/tutti/functions/autocomplete/openai"
	"github.com/tutti-live/tutti/functions/autocomplete/patterns"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/functions/autocomplete/words"
)

// Settings of the suggestions, from the environment.
type Settings struct {
	// Providers are asked in this order, and the first that knows something has its
	// way: patterns, words, lsp, openai.
	Providers ProviderNames `envconfig:"AUTOCOMPLETE_PROVIDERS" default:"patterns,words"`

	LSP
	OpenAI
}

// LSP are the settings of the provider lsp.
type LSP = lsp.Settings

// OpenAI are the settings of the provider openai.
type OpenAI = openai.Settings

// makers make the providers, by name.
var makers = map[string]func(*Settings, *slog.Logger) (suggest.Provider, error){
	"patterns": func(*Settings, *slog.Logger) (suggest.Provider, error) { return patterns.New(), nil },
	"words":    func(*Settings, *slog.Logger) (suggest.Provider, error) { return words.New(), nil },
	"lsp":      func(s *Settings, log *slog.Logger) (suggest.Provider, error) { return lsp.New(s.LSP, byCloseness, log) },
	"openai":   func(s *Settings, log *slog.Logger) (suggest.Provider, error) { return openai.New(s.OpenAI, log) },
}

// byCloseness ranks what language servers know by what the document has near the
// cursor: that is worth more than the choice of the server.
func byCloseness(q *suggest.Query) (score func(word string) float64) { return words.Rank(q).Score }

// ProviderNames are some of the providers, none of them twice; none at all: nothing is
// ever suggested.
type ProviderNames []string

// Decode reads names with commas between them.
func (n *ProviderNames) Decode(value string) error {
	*n = nil
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		switch known := makers[name] != nil; {
		case name == "" && strings.TrimSpace(value) == "":
			return nil
		case !known:
			return fmt.Errorf("%q is none of %s", name, strings.Join(slices.Sorted(maps.Keys(makers)), ", "))
		case slices.Contains(*n, name):
			return fmt.Errorf("%q stands there twice", name)
		}
		*n = append(*n, name)
	}
	return nil
}
