// Package autocomplete answers how a text may go on at the cursor: it reads
// requests and writes answers, and has a chain of providers suggest.
package autocomplete

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tutti-live/tutti/functions/autocomplete/chain"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/httpserve"
)

const (
	// maxBodyBytes is the longest body of a request.
	maxBodyBytes = 1 << 20

	// budget is how long an answer may take in all: later, people have typed on.
	budget = 2 * time.Second
)

// Service answers requests for suggestions.
type Service struct {
	chain    *chain.Chain
	requests *httpserve.Limiter // of one client
	closers  []interface{ Close() }
}

// New makes a service that asks the providers of the settings, and counts in the
// registry how they do. The limiter is for the requests of one client. Close it.
func New(settings Settings, requests *httpserve.Limiter, registry prometheus.Registerer, log *slog.Logger) (*Service, error) {
	s := &Service{requests: requests}
	var providers []suggest.Provider
	for _, name := range settings.Providers {
		p, err := makers[name](&settings, log)
		if err != nil {
			s.Close()
			return nil, err
		}
		providers = append(providers, p)
		if closer, ok := p.(interface{ Close() }); ok {
			s.closers = append(s.closers, closer)
		}
	}
	s.chain = chain.New(providers, registry, log)
	return s, nil
}

// Close ends what the providers have running.
func (s *Service) Close() {
	for _, p := range s.closers {
		p.Close()
	}
}

// Request is a text and a place in it. Whoever sends one of the optional fields
// behind the language gets an answer with all fields.
type Request struct {
	_              struct{}        `additionalProperties:"true"`
	Code           string          `json:"code" doc:"The whole text"`
	CursorPosition position        `json:"cursor_position" minimum:"0" maximum:"9007199254740991" doc:"Where the cursor is, in UTF-16 code units from the start"`
	Language       language        `json:"language,omitzero" doc:"Language of the text; python when it is left out"`
	MaxSuggestions *position       `json:"max_suggestions,omitempty" minimum:"1" maximum:"5" doc:"How many suggestions to choose from are of use; 1 when it is left out"`
	Kinds          *[]suggest.Kind `json:"kinds,omitempty" enum:"snippet,identifier,line,block" maxItems:"4" doc:"Which kinds of suggestions are of use; all when it is left out"`
	RoomID         *string         `json:"room_id,omitempty" maxLength:"64" doc:"The room that the text is of: what is ready for it answers faster"`
}

// Answer is the best suggestion for that place.
type Answer struct {
	Candidate

	Candidates []Candidate `json:"candidates,omitempty" doc:"All suggestions, the best first, if more than one was asked for"`
}

// Candidate is a suggestion.
type Candidate struct {
	Suggestion     string `json:"suggestion" doc:"What to insert"`
	InsertPosition int    `json:"insert_position" doc:"Where to insert it, in UTF-16 code units from the start"`
	TriggerWord    string `json:"trigger_word" doc:"The word that suggested it"`

	Range    *Range       `json:"range,omitempty" doc:"What text may stand in place of, which says the same as inserting"`
	Text     string       `json:"text,omitempty" doc:"What may stand in place of range"`
	Kind     suggest.Kind `json:"kind,omitempty" doc:"snippet, identifier, line or block"`
	Provider string       `json:"provider,omitempty" doc:"Who suggested it"`
}

// Range is a part of a line, in UTF-16 code units from the start of the text.
type Range struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

type input struct{ Body Request }

type output struct{ Body Answer }

// Register adds POST /rooms/autocomplete.
func (s *Service) Register(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID:  "autocomplete",
		Method:       http.MethodPost,
		Path:         "/rooms/autocomplete",
		MaxBodyBytes: maxBodyBytes + 1, // huma refuses from this length on
		Summary:      "Suggest how the text goes on at the cursor",
		Description: "404 when there is no suggestion. Positions are UTF-16 code units, as in every browser editor. " +
			"A request with max_suggestions, kinds or room_id is answered with range, text, kind and provider too, " +
			"and by what suits the place: without them, the patterns of Python answer as they always did, " +
			"and the others only where these say nothing.",
		Tags:   []string{"autocomplete"},
		Errors: []int{http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusTooManyRequests},
	}, s.suggest)
}

func (s *Service) suggest(ctx context.Context, in *input) (*output, error) {
	client := httpserve.ClientOf(ctx)
	if retry, ok := s.requests.Allow(client); !ok {
		return nil, apierr.New(apierr.RateLimited, "too many requests from one address; wait a moment").After(retry)
	}
	r := &in.Body
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	var found []chain.Found
	q, ok := r.query()
	if ok {
		q.Client = client
		found = s.chain.Suggest(ctx, q, r.kinds())
	}
	if len(found) == 0 {
		return nil, apierr.New(apierr.NotFound, "No autocomplete suggestion available for current context")
	}
	return &output{Body: r.answer(q, found)}, nil
}

// query is what the providers are asked. It is not ok when the cursor is within a
// character: nothing can be inserted there.
func (r *Request) query() (q *suggest.Query, ok bool) {
	cursor, ok := byteOffset(r.Code, int(r.CursorPosition))
	q = &suggest.Query{
		Language: r.Language.orDefault(),
		Code:     r.Code,
		Cursor:   cursor,
		Most:     1,
		Legacy:   r.MaxSuggestions == nil && r.Kinds == nil && r.RoomID == nil,
	}
	if !q.Legacy {
		q.Language = strings.ToLower(q.Language)
	}
	if r.MaxSuggestions != nil {
		q.Most = int(*r.MaxSuggestions)
	}
	if r.RoomID != nil {
		q.Room = *r.RoomID
	}
	return q, ok
}

func (r *Request) kinds() []suggest.Kind {
	if r.Kinds == nil {
		return nil
	}
	return *r.Kinds
}

func (r *Request) answer(q *suggest.Query, found []chain.Found) (a Answer) {
	cursor := int(r.CursorPosition)
	if q.Legacy { // the position as it was given, past the end too
		f := &found[0]
		a.Candidate = Candidate{Suggestion: f.Insertion(q), InsertPosition: cursor, TriggerWord: f.Trigger}
		return a
	}
	if q.Cursor == len(q.Code) {
		cursor = units(q.Code)
	}
	all := make([]Candidate, len(found))
	for i := range found {
		f := &found[i]
		all[i] = Candidate{
			Suggestion:     f.Insertion(q),
			InsertPosition: cursor,
			TriggerWord:    f.Trigger,
			Range:          &Range{cursor - units(q.Code[f.Start:q.Cursor]), cursor + units(q.Code[q.Cursor:f.End])},
			Text:           f.Text,
			Kind:           f.Kind,
			Provider:       f.Provider,
		}
	}
	a.Candidate = all[0]
	if r.MaxSuggestions != nil && *r.MaxSuggestions > 1 {
		a.Candidates = all
	}
	return a
}
