package openai_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/openai"
)

func TestProvider_RemembersAnswers(t *testing.T) {
	with(t, nil, always(says("pute(1, 2)")), func(r *rig) {
		r.want("x = com‸\ny\n", "pute(1, 2)")
		r.want("x = com‸\ny\n", "pute(1, 2)")
		r.want("x = comput‸\ny\n", "e(1, 2)")
		r.wantAsked(1)
		r.want("x = com‸\nz\n", "pute(1, 2)")
		r.wantAsked(2)
		_, _ = r.ask("x = comb‸\ny\n") // which is something else
		r.wantAsked(3)
		time.Sleep(10*time.Minute + 1) //nolint:forbidigo // time passes by itself in a bubble
		r.want("x = com‸\ny\n", "pute(1, 2)")
		r.wantAsked(4)
	})
}

func TestProvider_RemembersBlocksThatAreTypedThrough(t *testing.T) {
	with(t, nil, always(says("\n    a = 1\n", "    return a\n")), func(r *rig) {
		r.want("def f():‸\n", "\n    a = 1\n    return a")
		r.want("def f():\n    a = ‸\n", "1\n    return a")
		r.want("def f():\n    a = 1\n    ret‸\n", "urn a")
		r.wantAsked(1)
	})
}

func TestProvider_RemembersThatThereIsNone(t *testing.T) {
	with(t, nil, always(says("\n")), func(r *rig) {
		r.want("x = com‸", "")
		r.want("x = com‸", "")
		r.want("x = com  ‸", "")
		r.wantAsked(1)
		time.Sleep(31 * time.Second) //nolint:forbidigo // time passes by itself in a bubble
		r.want("x = com‸", "")
		r.wantAsked(2)
	})
}

func TestProvider_HalfAnswersAreAskedForAgain(t *testing.T) {
	with(t, nil, always(reply{tokens: []string{"o(1"}, hangAfter: true}), func(r *rig) {
		r.want("x = fo‸", "o(1")
		r.want("x = foo‸", "(1")
		r.wantAsked(1)
		time.Sleep(31 * time.Second) //nolint:forbidigo // time passes by itself in a bubble
		r.want("x = fo‸", "o(1")
		r.wantAsked(2)
	})
}

func TestProvider_EqualQuestionsAreOne(t *testing.T) {
	with(t, nil, always(reply{first: 300 * time.Millisecond, tokens: []string{"o(1)"}}), func(r *rig) {
		var all sync.WaitGroup
		ctx, leave := context.WithTimeout(r.t.Context(), 100*time.Millisecond)
		defer leave()
		for i := range 10 {
			q := at("x = fo‸")
			q.Client = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
			all.Go(func() {
				if i == 0 { // who asked first goes, and the others still get their answer
					if _, err := r.query(ctx, q); err == nil {
						t.Error("an answer before there was one")
					}
					return
				}
				if got, err := r.query(r.t.Context(), q); got != "o(1)" || err != nil {
					t.Errorf("%q, %v", got, err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		r.wantAsked(1)
	})
}

func TestProvider_NewestQuestionsOfAClientWin(t *testing.T) {
	with(t, nil, always(reply{first: 300 * time.Millisecond, tokens: []string{"o(1)"}}), func(r *rig) {
		errs := make([]error, 4)
		var all sync.WaitGroup
		for i, text := range []string{"x = fo‸", "y = fo‸", "z = fo‸", "a = fo‸"} {
			all.Go(func() { _, errs[i] = r.ask(text) })
			synctest.Wait()
		}
		all.Wait()
		for i, err := range errs {
			if superseded := errors.Is(err, openai.ErrSuperseded); superseded != (i < 2) || !superseded && err != nil {
				t.Errorf("question %d: %v", i, err)
			}
		}
		if n := len(r.fake.gone()); n != 2 {
			t.Errorf("the endpoint was left %d times", n)
		}
	})
}

func TestProvider_AsksOnlySoMuchAtOnce(t *testing.T) {
	with(t, func(s *openai.Settings) { s.OpenAIConcurrency = 3 }, always(reply{hangAfter: true}), func(r *rig) {
		var all sync.WaitGroup
		for i := range 4 {
			q := at("x = fo" + strings.Repeat("o", i) + "‸")
			q.Client = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
			all.Go(func() {
				if _, err := r.query(r.t.Context(), q); errors.Is(err, openai.ErrBusy) != (i == 3) {
					t.Errorf("question %d: %v", i, err)
				}
			})
			synctest.Wait()
		}
		all.Wait()
		r.wantAsked(3)
	})
}

func TestProvider_BoundsWhatItCosts(t *testing.T) {
	spend := func(r *rig) (asked int) {
		for i := range 100 {
			_, err := r.ask("x" + strings.Repeat("x", i) + " = fo‸\n")
			if errors.Is(err, openai.ErrTokens) {
				return i
			}
			if err != nil {
				r.t.Fatal(err)
			}
		}
		return 100
	}
	few := func(s *openai.Settings) { s.OpenAIClientTokensPerMinute = 1000 }
	with(t, few, always(reply{tokens: []string{"o(1)"}, usage: true}), func(r *rig) {
		// Each costs 77 as the endpoint says, and more must be left than it is thought to cost.
		if n := spend(r); n < 11 || n > 12 {
			t.Errorf("%d questions for 1000 tokens", n)
		}
		other := at("other = fo‸")
		other.Client = netip.MustParseAddr("2001:db8::1")
		if _, err := r.query(r.t.Context(), other); err != nil {
			t.Errorf("another client: %v", err)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // time passes by itself in a bubble
		r.want("again = fo‸", "o(1)")
	})
	with(t, few, always(says("o(1)")), func(r *rig) {
		if n := spend(r); n < 20 || n > 60 { // by our own estimate
			t.Errorf("%d questions without usage", n)
		}
	})
	with(t, func(s *openai.Settings) { s.OpenAITokensPerMinute = 200 }, always(reply{tokens: []string{"o(1)"}, usage: true}), func(r *rig) {
		if n := spend(r); n != 2 {
			t.Errorf("%d questions for 200 tokens of all", n)
		}
	})
}

func TestProvider_SendsNoSecrets(t *testing.T) {
	with(t, nil, always(says("o(1)")), func(r *rig) {
		r.want("key = '-----BEGIN "+"PRIVATE KEY-----\nMIIE'\nx = fo‸", "")
		r.wantAsked(0)
		if log := r.log.String(); !strings.Contains(log, "private key") || strings.Contains(log, "MIIE") {
			t.Errorf("the log is %s", log)
		}
	})
}

func TestProvider_KeepsLineEnds(t *testing.T) {
	with(t, nil, always(says("\n    a = 1\n    return a")), func(r *rig) {
		r.want("import os\r\ndef f():‸\r\n", "\r\n    a = 1\r\n    return a")
		r.want("import os\r\ndef g():\r‸\n", "")
		r.wantAsked(1)
	})
}

func TestProvider_CloseEndsQuestions(t *testing.T) {
	with(t, nil, always(reply{hangAfter: true}), func(r *rig) {
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := r.ask("x = fo‸"); !errors.Is(err, openai.ErrClosed) {
				t.Errorf("%v", err)
			}
		})
		synctest.Wait()
		if d := took(r.Close); d != 0 {
			t.Errorf("it took %v", d)
		}
		all.Wait()
		if _, err := r.ask("y = fo‸"); !errors.Is(err, openai.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

// Many clients ask, leave and are answered in all ways at once. What is inserted must
// fit (which query checks), and nothing may be left behind.
func TestProvider_Storm(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var mu sync.Mutex
	draw := func(n int) int { mu.Lock(); defer mu.Unlock(); return random.IntN(n) }
	script := func(int, asked) reply {
		one := reply{
			tokens: []string{"o", "(1", ")\n", "    y()\n", "```", "<|endoftext|>"}[:draw(7)],
			first:  time.Duration(draw(300)) * time.Millisecond, each: time.Duration(draw(200)) * time.Millisecond,
			crlf: draw(2) == 0, pings: draw(2) == 0, usage: draw(2) == 0, errorAfter: draw(9) == 0, resetAfter: draw(9) == 0, noEnd: draw(9) == 0,
		}
		if draw(9) == 0 {
			one.status = []int{400, 429, 500, 503}[draw(4)]
		}
		return one
	}
	with(t, nil, script, func(r *rig) {
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				for range 25 {
					q := at(strings.Repeat("line = 1\n", draw(5)) + []string{"x = fo‸\n", "def f():‸\n", "if x:\n    ‸\n"}[draw(3)])
					q.Client = netip.AddrFrom4([4]byte{192, 0, 2, byte(draw(8))})
					ctx, cancel := context.WithTimeout(r.t.Context(), time.Duration(1+draw(1000))*time.Millisecond)
					_, _ = r.query(ctx, q)
					cancel()
					time.Sleep(time.Duration(draw(20_000)) * time.Millisecond) //nolint:forbidigo // time passes by itself in a bubble
				}
			})
		}
		all.Wait()
		if n := len(r.fake.asked()); n < 20 {
			t.Errorf("only %d questions came through", n)
		}
	})
}
