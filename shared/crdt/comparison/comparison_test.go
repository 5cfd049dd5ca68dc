package main

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

const someSession = "sveltecomponent" // the smallest of one author

// startOurs answers requests as the worker process of shared/crdt does.
func startOurs(t *testing.T) (*worker, settings) {
	t.Helper()
	s := settings{traces: "../testdata/traces", made: t.TempDir(), only: []string{someSession}}
	if err := prepare(s); err != nil {
		t.Fatal(err)
	}
	requests, in := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := answerAll(s, requests, out)
		done <- err
		out.CloseWithError(err)
	}()
	t.Cleanup(func() {
		in.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &worker{name: ours, requests: in, answers: bufio.NewReader(answers)}, s
}

func TestWorker_AnswersEveryRequest(t *testing.T) {
	w, s := startOurs(t)
	for _, measure := range slices.Sorted(maps.Keys(measures)) {
		a, err := w.ask(request{Measure: measure, Trace: someSession, Times: 2, Check: true})
		if err != nil || a.MS <= 0 {
			t.Errorf("%s: %+v, %v", measure, a, err)
		}
	}
	for i, c := range workload.CostlyCases() {
		a, err := w.ask(request{Measure: "costly", Trace: costlyName(i), Check: true})
		if err != nil || a.MS <= 0 || (a.Refused != "") != c.Refused {
			t.Errorf("%s: %+v, %v", c.Name, a, err)
		}
	}
	state := source{File: filepath.Join(s.traces, someSession+".v1.gz")}
	for _, updates := range []source{state, {File: filepath.Join(s.made, "string"), Framed: true}} {
		a, err := w.ask(request{Measure: "memory", Updates: updates, Times: 3})
		if err != nil || a.Heap <= 0 {
			t.Errorf("memory: %+v, %v", a, err)
		}
	}
	if _, err := w.ask(request{Measure: "nothing", Trace: someSession}); err == nil {
		t.Error("an unknown measure was measured")
	}
}

func TestPlans_NameOnlyWhatIsMeasured(t *testing.T) {
	for _, slow := range []bool{false, true} {
		c := &comparison{settings: settings{slow: slow}}
		for _, name := range c.sessionNames() {
			for _, p := range c.plans(name) {
				if measures[p.measure] == nil || p.with[0] != ours {
					t.Errorf("%s: %+v", name, p)
				}
			}
		}
	}
}

func TestRequest_IsWhatBenchMjsReads(t *testing.T) {
	line, err := json.Marshal(request{Measure: "apply", Trace: "x", Times: 2})
	if want := `{"measure":"apply","trace":"x","times":2}`; err != nil || string(line) != want {
		t.Errorf("it is %s, %v, want %s", line, err, want)
	}
}

func TestTable_AlignsColumns(t *testing.T) {
	table := newTable("Title", "session", "go", "yjs")
	table.add("a", number(1234567, true), number(0, false))
	table.add("longer name", number(1.234, true), number(0.0567, true))
	want := `
Title

| session     |        go |   yjs |
|-------------|----------:|------:|
| a           | 1,234,567 |     – |
| longer name |      1.23 | 0.057 |
`
	if got := table.String(); got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
}

func TestMedian(t *testing.T) {
	if a, b := median([]float64{3, 1, 2}), median([]float64{4, 1, 2, 3}); a != 2 || b != 2.5 {
		t.Errorf("it is %v and %v", a, b)
	}
}
