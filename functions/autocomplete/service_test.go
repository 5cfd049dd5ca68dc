package autocomplete

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/httpserve"
)

func newService(t *testing.T, providers ...string) *Service {
	t.Helper()
	s, err := New(Settings{Providers: providers}, httpserve.NewLimiter(math.MaxInt32, math.MaxInt32), prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// ask returns the answer as JSON, and whether there is one.
func (s *Service) ask(t *testing.T, request string) (answer string, ok bool) {
	t.Helper()
	var r Request
	if err := json.Unmarshal([]byte(request), &r); err != nil {
		t.Fatal(err)
	}
	out, err := s.suggest(context.Background(), &input{Body: r})
	if problem, is := errors.AsType[*apierr.Error](err); is && problem.Code == apierr.NotFound {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), true
}

func (s *Service) wants(t *testing.T, request, want string) {
	t.Helper()
	if got, _ := s.ask(t, request); got != want {
		t.Errorf("%s:\ngot  %s\nwant %s", request, got, want)
	}
}

func TestService_TakesACursorPastTheEndForTheEnd(t *testing.T) {
	s := newService(t, "patterns")
	s.wants(t, `{"code":"é𐐀\nimport","cursor_position":1000}`, `{"suggestion":" os","insert_position":1000,"trigger_word":"import"}`)
	s.wants(t, `{"code":"é𐐀\nimport","cursor_position":1000,"max_suggestions":1,"kinds":["identifier"]}`, "")
}

func TestService_OffersNothingInsideASurrogatePair(t *testing.T) {
	s := newService(t, "patterns")
	s.wants(t, `{"code":"try😀","cursor_position":4}`, "")
	if _, ok := s.ask(t, `{"code":"try😀","cursor_position":3}`); !ok {
		t.Error("nothing before the character")
	}
}

func TestService_NewFieldsAreAnsweredInFull(t *testing.T) {
	s := newService(t, "patterns", "words")
	const code = `"code":"éclair = '😀'\néc"`
	s.wants(t, `{`+code+`,"cursor_position":16,"language":"Python","max_suggestions":1}`,
		`{"suggestion":"lair","insert_position":16,"trigger_word":"éc","range":{"start":14,"end":16},"text":"éclair","kind":"identifier","provider":"words"}`)
	s.wants(t, `{`+code+`,"cursor_position":99,"room_id":"a972ed"}`,
		`{"suggestion":"lair","insert_position":16,"trigger_word":"éc","range":{"start":14,"end":16},"text":"éclair","kind":"identifier","provider":"words"}`)
	s.wants(t, `{`+code+`,"cursor_position":16,"kinds":["line","block"]}`, "")
}

func TestService_SeveralSuggestionsToChooseFrom(t *testing.T) {
	s := newService(t, "words")
	answer, ok := s.ask(t, `{"code":"counter = 1\ncountry = 2\ncount","cursor_position":29,"max_suggestions":5}`)
	var got Answer
	if err := json.Unmarshal([]byte(answer), &got); !ok || err != nil {
		t.Fatal(answer, err)
	}
	if len(got.Candidates) < 2 || got.Candidates[0].Text != got.Text || got.Candidates[0].Kind != suggest.Identifier {
		t.Errorf("got %s", answer)
	}
}

func TestService_WholeNumbersHoweverWritten(t *testing.T) {
	s := newService(t, "words")
	for _, most := range []string{"2", "2.0", "2e0"} {
		if _, ok := s.ask(t, `{"code":"counter = 1\ncount","cursor_position":17,"max_suggestions":`+most+`}`); !ok {
			t.Errorf("nothing for %s", most)
		}
	}
}

func TestProviderNames(t *testing.T) {
	for value, want := range map[string]string{
		"patterns":        `["patterns"]`,
		"words, patterns": `["words","patterns"]`,
		"":                "null",
	} {
		var n ProviderNames
		if err := n.Decode(value); err != nil {
			t.Errorf("%q: %v", value, err)
		}
		if got, _ := json.Marshal(n); string(got) != want { //nolint:errchkjson // strings
			t.Errorf("%q: %s", value, got)
		}
	}
	for _, value := range []string{"pattern", "words,words", "words,,patterns", ","} {
		if err := new(ProviderNames).Decode(value); err == nil {
			t.Errorf("%q is accepted", value)
		}
	}
}
