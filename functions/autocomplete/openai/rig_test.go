package openai_test

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/functions/autocomplete/openai"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/logtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secretKey is looked for in all logs and errors.
const secretKey = "sk-test-0123456789abcdef"

// rig is a provider and the fake that it asks, in a bubble.
type rig struct {
	*openai.Provider
	t    *testing.T
	fake *fake
	log  *logtest.Buffer
}

// defaults are the settings of an environment with a URL, a key and a model.
func defaults(t *testing.T) openai.Settings {
	t.Helper()
	t.Setenv("AUTOCOMPLETE_OPENAI_URL", "https://model.example/v1")
	t.Setenv("AUTOCOMPLETE_OPENAI_KEY", secretKey)
	t.Setenv("AUTOCOMPLETE_OPENAI_MODEL", "a-model")
	var settings openai.Settings
	if err := config.Load(&settings); err != nil {
		t.Fatal(err)
	}
	return settings
}

// with runs a test in a bubble in which time passes by itself.
func with(t *testing.T, change func(*openai.Settings), script func(n int, a asked) reply, test func(r *rig)) {
	t.Helper()
	settings := defaults(t)
	if change != nil {
		change(&settings)
	}
	synctest.Test(t, func(t *testing.T) { // whose t is that of the rig
		r := &rig{t: t, fake: newFake(t, script), log: new(logtest.Buffer)}
		p, err := openai.Open(settings, slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})), r.fake.transport())
		if err != nil {
			t.Fatal(err)
		}
		r.Provider = p
		defer func() {
			p.Close()
			if log := r.log.String(); strings.Contains(log, secretKey) || strings.Contains(log, "compute") {
				t.Errorf("the log shows too much: %s", log)
			}
		}()
		test(r)
	})
}

// always makes a script of one reply.
func always(one reply) func(int, asked) reply { return func(int, asked) reply { return one } }

// says is an answer of tokens.
func says(tokens ...string) reply { return reply{tokens: tokens} }

// at makes a query of a text in Python with ‸ where the cursor is.
func at(text string) *suggest.Query {
	before, after, found := strings.Cut(text, "‸")
	if !found {
		panic("no cursor in " + text)
	}
	return &suggest.Query{
		Language: "python", Code: before + after, Cursor: len(before), Most: 1, Client: netip.MustParseAddr("192.0.2.1"),
	}
}

// ask asks for a suggestion in Python and returns what it inserts.
func (r *rig) ask(text string) (string, error) {
	return r.query(r.t.Context(), at(text))
}

func (r *rig) query(ctx context.Context, q *suggest.Query) (string, error) {
	r.t.Helper()
	list, err := r.Suggest(ctx, q)
	if err != nil && strings.Contains(err.Error(), secretKey) {
		r.t.Errorf("the error shows the key: %v", err)
	}
	if len(list) == 0 {
		return "", err
	}
	if len(list) > 1 || err != nil {
		r.t.Errorf("%d suggestions with %v", len(list), err)
	}
	if err := list[0].Check(q); err != nil {
		r.t.Error(err)
	}
	if want := map[bool]suggest.Kind{true: suggest.Block, false: suggest.Line}[strings.Contains(list[0].Text, "\n")]; list[0].Kind != want {
		r.t.Errorf("%q is of kind %s", list[0].Text, list[0].Kind)
	}
	return list[0].Insertion(q), nil
}

// want asks, and checks what is inserted.
func (r *rig) want(text, want string) {
	r.t.Helper()
	got, err := r.ask(text)
	if got != want || err != nil {
		r.t.Errorf("%q: %q, %v, want %q", text, got, err, want)
	}
}

// wantAsked checks how many requests the endpoint got.
func (r *rig) wantAsked(n int) {
	r.t.Helper()
	if got := len(r.fake.asked()); got != n {
		r.t.Errorf("the endpoint was asked %d times, want %d", got, n)
	}
}

// took is how long something takes.
func took(do func()) time.Duration {
	start := time.Now()
	do()
	return time.Since(start)
}
