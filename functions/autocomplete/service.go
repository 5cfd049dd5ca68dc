// Package autocomplete answers over HTTP how a text goes on at the cursor.
package autocomplete

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tutti-live/tutti/functions/autocomplete/patterns"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/httpserve"
)

// maxBodyBytes is the longest body of a request.
const maxBodyBytes = 1 << 20

// provider is asked for all suggestions.
var provider suggest.Provider = patterns.New()

// Service answers requests for suggestions.
type Service struct {
	Requests *httpserve.Limiter // of one client
}

// Request is a text and a place in it.
type Request struct {
	_              struct{} `additionalProperties:"true"`
	Code           string   `json:"code" doc:"The whole text"`
	CursorPosition position `json:"cursor_position" minimum:"0" maximum:"9007199254740991" doc:"Where the cursor is, in UTF-16 code units from the start"`
	Language       language `json:"language,omitzero" doc:"Language of the text; python when it is left out"`
}

// Answer is a suggestion for that place.
type Answer struct {
	Suggestion     string `json:"suggestion" doc:"What to insert"`
	InsertPosition int    `json:"insert_position" doc:"Where to insert it, in UTF-16 code units from the start"`
	TriggerWord    string `json:"trigger_word" doc:"The word that suggested it"`
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
		Description:  "404 when there is no suggestion. Positions are UTF-16 code units, as in every browser editor.",
		Tags:         []string{"autocomplete"},
		Errors:       []int{http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusTooManyRequests},
	}, s.suggest)
}

func (s *Service) suggest(ctx context.Context, in *input) (*output, error) {
	if retry, ok := s.Requests.Allow(httpserve.ClientOf(ctx)); !ok {
		return nil, apierr.New(apierr.RateLimited, "too many requests from one address; wait a moment").After(retry)
	}
	cursor, whole := byteOffset(in.Body.Code, int(in.Body.CursorPosition))
	q := &suggest.Query{
		Language: in.Body.Language.orDefault(), Code: in.Body.Code, Cursor: cursor, Most: 1, Legacy: true,
	}
	var found []suggest.Suggestion
	if whole { // behind half a character stands nothing that could go on
		var err error
		if found, err = provider.Suggest(ctx, q); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 {
		return nil, apierr.New(apierr.NotFound, "No autocomplete suggestion available for current context")
	}
	return &output{Body: Answer{
		Suggestion:     found[0].Insertion(q),
		InsertPosition: int(in.Body.CursorPosition),
		TriggerWord:    found[0].Trigger,
	}}, nil
}
