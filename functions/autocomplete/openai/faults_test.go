package openai_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/openai"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/endpoint"
)

func TestProvider_TakesWhatCameBeforeAFault(t *testing.T) {
	const huge = "data: "
	for _, test := range []struct {
		name  string
		reply reply
		want  string
		err   error // any of the kind; nil: none
	}{
		{"reset", reply{tokens: []string{"o(1", ", 2)"}, resetAfter: true}, "o(1, 2)", nil},
		{"reset at once", reply{resetAfter: true}, "", endpoint.ErrCut},
		{"error event", reply{tokens: []string{"o(1)"}, errorAfter: true}, "o(1)", nil},
		{"error event at once", reply{errorAfter: true}, "", endpoint.ErrStream},
		{"no end", reply{tokens: []string{"o(1)"}, noEnd: true}, "o(1)", nil},
		{"hang", reply{tokens: []string{"o(1)"}, hangAfter: true}, "o(1)", nil},
		{"hang at once", reply{hangAfter: true}, "", openai.ErrSlow},
		{"too slow", reply{first: time.Minute, tokens: []string{"o(1)"}}, "", openai.ErrSlow},
		{"slow in the end", reply{each: 300 * time.Millisecond, tokens: []string{"o", "(", "1", ")", " + 2"}}, "o(1", nil},
		{"not JSON", reply{header: map[string]string{"Content-Type": "text/event-stream"}, body: "data: {nonsense\n\n"}, "", endpoint.ErrMalformed},
		{"a web page", reply{header: map[string]string{"Content-Type": "text/html"}, body: "<html>Welcome to the hotel</html>"}, "", endpoint.ErrMalformed},
		{"a huge line", reply{header: map[string]string{"Content-Type": "text/event-stream"}, body: huge + strings.Repeat("x", 100_000)}, "", endpoint.ErrTooLarge},
		{"huge comments", reply{header: map[string]string{"Content-Type": "text/event-stream"}, body: strings.Repeat(": "+strings.Repeat("x", 1000)+"\n", 2000)}, "", endpoint.ErrTooLarge},
		{"a huge object", reply{header: map[string]string{"Content-Type": "application/json"}, body: strings.Repeat(" ", 2<<20)}, "", endpoint.ErrTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			with(t, nil, always(test.reply), func(r *rig) {
				got, err := r.ask("x = fo‸")
				if got != test.want || !errors.Is(err, test.err) {
					t.Errorf("%q, %v, want %q, %v", got, err, test.want, test.err)
				}
				r.wantAsked(1)
			})
		})
	}
}

func TestProvider_StatusIsAnErrorAndAskedOnce(t *testing.T) {
	for _, status := range []int{301, 307, 308, 401, 403, 413, 429, 500, 501, 502, 503} {
		one := reply{
			status: status, body: `{"error":{"message":"Incorrect API key provided: ` + secretKey + ` in compute()"}}`,
			header: map[string]string{"Location": "https://elsewhere.example/v1/completions"},
		}
		with(t, nil, always(one), func(r *rig) {
			_, err := r.ask("x = compute(‸")
			if got, is := errors.AsType[*endpoint.StatusError](err); !is || got.Status != status {
				t.Errorf("%d: %v", status, err)
			}
			r.wantAsked(1)
		})
	}
}

func TestProvider_AnswersBeforeItsTimeIsUp(t *testing.T) {
	slow := reply{tokens: []string{"o(1)"}, hangAfter: true}
	with(t, nil, always(slow), func(r *rig) {
		if d := took(func() { r.want("x = fo‸", "o(1)") }); d != 780*time.Millisecond {
			t.Errorf("with the budget it took %v", d)
		}
		synctest.Wait()
		if gone := r.fake.gone(); len(gone) != 1 || !gone[0].Equal(time.Now()) {
			t.Errorf("the endpoint was left at %v, now is %v", gone, time.Now())
		}
		ctx, cancel := context.WithTimeout(r.t.Context(), 400*time.Millisecond)
		defer cancel()
		d := took(func() {
			if got, err := r.query(ctx, at("y = fo‸")); got != "o(1)" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
		if d != 390*time.Millisecond {
			t.Errorf("with a deadline it took %v", d)
		}
	})
}

func TestProvider_LeavingReachesTheEndpointAtOnce(t *testing.T) {
	with(t, nil, always(reply{tokens: []string{"o(1)"}, hangAfter: true}), func(r *rig) {
		ctx, cancel := context.WithCancel(r.t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		d := took(func() {
			if got, err := r.query(ctx, at("x = fo‸")); got != "" || !errors.Is(err, context.Canceled) {
				t.Errorf("%q, %v", got, err)
			}
		})
		synctest.Wait()
		if gone := r.fake.gone(); d != 100*time.Millisecond || len(gone) != 1 || !gone[0].Equal(time.Now()) {
			t.Errorf("it took %v; the endpoint was left at %v, now is %v", d, gone, time.Now())
		}
	})
}

func TestProvider_StopsWhatItNeedsNoMoreOf(t *testing.T) {
	forever := make([]string, 10_000)
	for i := range forever {
		forever[i] = "\n    compute()"
	}
	with(t, func(s *openai.Settings) { s.OpenAIBudget = 1e10 }, always(reply{tokens: forever, each: 10 * time.Millisecond}), func(r *rig) {
		d := took(func() { r.want("def f():‸\n", strings.Repeat("\n    compute()", 2)) })
		synctest.Wait()
		if d > 100*time.Millisecond || len(r.fake.gone()) != 1 {
			t.Errorf("it was stopped after %v, %d times", d, len(r.fake.gone()))
		}
		if d := took(func() { r.want("a = f()\nx = ‸\n", "") }); d > 100*time.Millisecond {
			t.Errorf("the end of the line was seen after %v", d)
		}
	})
	for i := range forever {
		forever[i] = string(rune('a'+i*i%26)) + string(rune('a'+i*7%26)) + string(rune('a'+i*i*i%25))
	}
	with(t, func(s *openai.Settings) { s.OpenAIBudget = 1e10 }, always(reply{tokens: forever, each: time.Millisecond}), func(r *rig) {
		d := took(func() {
			if got, err := r.ask("x = ‸"); len(got) > 8*64+3 || err != nil {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
		if d > 200*time.Millisecond {
			t.Errorf("a line without end was stopped after %v", d)
		}
	})
}

func TestProvider_LetsAFailingEndpointAlone(t *testing.T) {
	broken := true
	with(t, nil, func(int, asked) reply {
		if broken {
			return reply{status: 500}
		}
		return says("o(1)")
	}, func(r *rig) {
		ask := func() error { _, err := r.ask("x = fo‸"); return err }
		for range 5 {
			if err := ask(); err == nil || errors.Is(err, openai.ErrResting) {
				t.Errorf("%v", err)
			}
			time.Sleep(time.Second) //nolint:forbidigo // time passes by itself in a bubble
		}
		if err := ask(); !errors.Is(err, openai.ErrResting) {
			t.Errorf("after five failures: %v", err)
		}
		r.wantAsked(5)
		time.Sleep(time.Minute) //nolint:forbidigo // time passes by itself in a bubble
		if err := ask(); errors.Is(err, openai.ErrResting) {
			t.Error("nobody finds out whether it is back")
		}
		if err := ask(); !errors.Is(err, openai.ErrResting) {
			t.Errorf("after a trial that failed: %v", err)
		}
		broken = false
		time.Sleep(15 * time.Second) //nolint:forbidigo // time passes by itself in a bubble
		r.want("x = fo‸", "o(1)")
		r.want("y = fo‸", "o(1)")
		r.wantAsked(8)
		if n := strings.Count(r.log.String(), "let alone"); n != 2 {
			t.Errorf("the log says so %d times", n)
		}
	})
}

func TestProvider_FailuresLongAgoDoNotCount(t *testing.T) {
	with(t, nil, always(reply{status: 500}), func(r *rig) {
		for range 12 {
			if _, err := r.ask("x = fo‸"); errors.Is(err, openai.ErrResting) {
				t.Fatal("it is let alone")
			}
			time.Sleep(8 * time.Second) //nolint:forbidigo // time passes by itself in a bubble
		}
	})
}

func TestProvider_HonoursRetryAfter(t *testing.T) {
	for value, pause := range map[string]time.Duration{
		"60": time.Minute, "": 5 * time.Second, "nonsense": 5 * time.Second, "86400": 5 * time.Minute, "-1": 5 * time.Second,
		"Sat, 01 Jan 2000 00:00:30 GMT": 30 * time.Second, // a bubble begins with that year
	} {
		with(t, nil, always(reply{status: 429, header: map[string]string{"Retry-After": value}}), func(r *rig) {
			_, _ = r.ask("x = fo‸")
			time.Sleep(pause - time.Second) //nolint:forbidigo // time passes by itself in a bubble
			if _, err := r.ask("x = fo‸"); !errors.Is(err, openai.ErrResting) {
				t.Errorf("%q: before the time: %v", value, err)
			}
			time.Sleep(time.Second) //nolint:forbidigo // time passes by itself in a bubble
			if _, err := r.ask("x = fo‸"); errors.Is(err, openai.ErrResting) {
				t.Errorf("%q: after the time: %v", value, err)
			}
			r.wantAsked(2)
		})
	}
}
