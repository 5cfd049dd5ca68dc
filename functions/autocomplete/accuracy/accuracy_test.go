package main

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/functions/autocomplete/words"
)

// Shares of names that are right, in per cent: a few points below what is reached.
const (
	floorOfEach        = 64
	floorOfAll         = 73
	floorBeforeOfAll   = 64 // with nothing after the cursor
	floorOfLinesNames  = 80 // of lines, the name that they begin with
	positionsInEach    = 400
	positionsWorthMuch = 150 // fewer say too little about one language
)

func TestWords_AreRightAsOftenAsTheyWere(t *testing.T) {
	corpus, err := readCorpus("", "")
	if err != nil {
		t.Fatal(err)
	}
	var all result
	for _, l := range corpus {
		held := l.positions(rand.New(rand.NewPCG(1, 0)), positionsInEach, typedChars{name: 3, member: 2})
		r, err := measure([]suggest.Provider{words.New()}, held)
		if err != nil {
			t.Fatal(err)
		}
		if r.positions < positionsWorthMuch {
			t.Errorf("%s has only %d positions", l.name, r.positions)
		}
		if got := share(r.names, r.positions); got < floorOfEach {
			t.Errorf("%s: %.1f %% of names are right", l.name, got)
		}
		all.positions += r.positions
		all.names += r.names
		all.namesBefore += r.namesBefore
		all.lines += r.lines
		all.linesNames += r.linesNames
	}
	if got := share(all.names, all.positions); got < floorOfAll {
		t.Errorf("%.1f %% of names are right", got)
	}
	if got := share(all.namesBefore, all.positions); got < floorBeforeOfAll {
		t.Errorf("%.1f %% of names are right when nothing follows", got)
	}
	if got := share(all.linesNames, all.lines); got < floorOfLinesNames {
		t.Errorf("%.1f %% of lines begin with the right name", got)
	}
}

func TestRun_PrintsATableAndRefusesWhatItDoesNotKnow(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-languages", "sql", "-positions", "20"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"seed 1", "name right", "sql", "average"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
	for _, args := range [][]string{{"-providers", "nobody"}, {"-corpus", "/nonexistent"}, {"-languages", "klingon"}} {
		if run(args, &out) == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

func TestPosition_OnlyTheWholeNameIsRight(t *testing.T) {
	p := position{language: "go", text: "x.Handler()", start: 2, end: 9, typed: 2}
	for text, want := range map[string]bool{
		"Handler": true, "Handler(x)": true, "Handlers": false, "Handle": false, "Hand ler": false, "": false,
	} {
		if got := p.isName(suggest.Suggestion{Start: 2, End: 4, Text: text}); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
	if !p.isName(suggest.Suggestion{Start: 0, End: 4, Text: "x.Handler"}) {
		t.Error("a suggestion that begins further left is not right")
	}
	if !p.isName(suggest.Suggestion{Start: 4, End: 4, Text: "ndler"}) {
		t.Error("a suggestion that begins at the cursor is not right")
	}
}
