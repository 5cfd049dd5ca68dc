package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// fake is a provider that does as it is told.
type fake struct {
	name   string
	budget time.Duration
	says   []string // insertions
	kind   suggest.Kind
	do     func(ctx context.Context) error
	asked  int
}

func (f *fake) Name() string          { return f.name }
func (f *fake) Budget() time.Duration { return f.budget }

func (f *fake) Suggest(ctx context.Context, q *suggest.Query) (all []suggest.Suggestion, err error) {
	f.asked++
	if f.do != nil {
		err = f.do(ctx)
	}
	for _, text := range f.says {
		all = append(all, suggest.Suggestion{Start: q.Cursor, End: q.Cursor, Text: text, Kind: f.kind})
	}
	return all, err
}

func after(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rig is a chain, and what it logs and counts.
type rig struct {
	t     *testing.T
	chain *Chain
	log   bytes.Buffer
}

func newRig(t *testing.T, providers ...suggest.Provider) *rig {
	t.Helper()
	r := &rig{t: t}
	r.chain = New(providers, prometheus.NewRegistry(), slog.New(slog.NewTextHandler(&r.log, nil)))
	return r
}

// wants asks for so many suggestions, and wants these, each as provider:insertion.
func (r *rig) wants(most int, want string, kinds ...suggest.Kind) {
	r.t.Helper()
	q := &suggest.Query{Language: "go", Code: "x", Cursor: 1, Most: most}
	var got []string
	for _, f := range r.chain.Suggest(r.t.Context(), q, kinds) {
		got = append(got, f.Provider+":"+f.Insertion(q))
	}
	if strings.Join(got, " ") != want {
		r.t.Errorf("got %q, want %q", strings.Join(got, " "), want)
	}
}

// counted wants that a provider was asked once, with this result.
func (r *rig) counted(provider, result string) {
	r.t.Helper()
	if got := testutil.ToFloat64(r.chain.metrics.answers.WithLabelValues(provider, result)); got != 1 {
		r.t.Errorf("%s %s was counted %v times", provider, result, got)
	}
}

func TestChain_FirstInOrderWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &fake{name: "a"}, &fake{name: "b", says: []string{"1", "2"}}
		slow := &fake{name: "slow", budget: time.Second, says: []string{"3"}}
		r := newRig(t, a, b, slow)
		r.wants(1, "b:1")
		r.counted("a", "nothing")
		r.counted("b", "suggested")
		if slow.asked != 0 {
			t.Error("one that costs something was asked though nobody needed it")
		}
	})
}

func TestChain_WhoCostsSomethingIsNotAskedBeforeThoseWhoAnswerHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := &fake{name: "silent", budget: time.Second, do: after(time.Millisecond)}
		dear := &fake{name: "dear", budget: time.Second, says: []string{"2"}, do: after(time.Millisecond)}
		r := newRig(t, silent, &fake{name: "here", says: []string{"1"}}, dear)
		r.wants(1, "here:1")
		if dear.asked > 0 {
			t.Error("it was asked")
		}
		r.wants(2, "here:1 dear:2")
	})
}

func TestChain_WhoCannotBeAskedNowIsNoFault(t *testing.T) {
	busy := &fake{name: "busy", do: func(context.Context) error { return fmt.Errorf("%w: busy", suggest.ErrUnavailable) }}
	r := newRig(t, busy, &fake{name: "here", says: []string{"1"}})
	r.wants(1, "here:1")
	r.counted("busy", "unavailable")
	if r.log.Len() > 0 {
		t.Errorf("it is logged for each request: %s", &r.log)
	}
}

func TestChain_SlowOnesArePreferredWithinTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &fake{name: "slow", budget: 100 * time.Millisecond, says: []string{"1"}, do: after(90 * time.Millisecond)}
		late := &fake{name: "late", budget: 50 * time.Millisecond, says: []string{"2"}, do: after(60 * time.Millisecond)}
		r := newRig(t, late, slow, &fake{name: "here", says: []string{"3"}})
		start := time.Now()
		r.wants(1, "late:2") // partial answers count
		r.wants(2, "late:2 slow:1")
		if took := time.Since(start); took != 50*time.Millisecond+90*time.Millisecond {
			t.Errorf("it took %v: they do not work at the same time", took)
		}
	})
}

func TestChain_WhoIsLateOrFailsIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := &fake{name: "stuck", budget: 50 * time.Millisecond, says: []string{"1"}, do: func(context.Context) error {
			<-release // looks at nothing
			return nil
		}}
		late := &fake{name: "late", budget: 50 * time.Millisecond, do: after(time.Second)}
		broken := &fake{name: "broken", budget: time.Second, do: func(context.Context) error { return errors.New("no connection") }}
		mad := &fake{name: "mad", do: func(context.Context) error { panic("ouch") }}
		unfit := &fake{name: "unfit", says: []string{""}}
		r := newRig(t, stuck, late, broken, mad, unfit, &fake{name: "here", says: []string{"3"}})
		start := time.Now()
		r.wants(1, "here:3")
		if took := time.Since(start); took != 50*time.Millisecond+grace {
			t.Errorf("it took %v", took)
		}
		for provider, result := range map[string]string{
			"stuck": "late", "late": "late", "broken": "failed", "mad": "failed", "unfit": "unfit", "here": "suggested",
		} {
			r.counted(provider, result)
		}
		for _, want := range []string{"no connection", "ouch", "inserts nothing"} {
			if !strings.Contains(r.log.String(), want) {
				t.Errorf("the log does not say %q: %s", want, &r.log)
			}
		}
		close(release)
	})
}

func TestChain_GathersWhatIsNewAndWanted(t *testing.T) {
	r := newRig(t,
		&fake{name: "a", says: []string{"1", "2", "1"}, kind: suggest.Identifier},
		&fake{name: "b", says: []string{"2", "3", "4", "5"}, kind: suggest.Line},
	)
	r.wants(4, "a:1 a:2 b:3 b:4")
	r.wants(3, "b:2 b:3 b:4", suggest.Line, suggest.Block)
}

func TestChain_NobodyIsAskedForAClientThatHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &fake{name: "slow", budget: time.Minute, do: after(time.Hour)}
		here := &fake{name: "here", says: []string{"1"}}
		r := newRig(t, slow, here)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := r.chain.Suggest(ctx, &suggest.Query{Code: "x", Cursor: 1, Most: 1}, nil); len(got) > 0 {
			t.Errorf("got %v", got)
		}
		if here.asked > 0 {
			t.Error("it was asked")
		}
	})
}
