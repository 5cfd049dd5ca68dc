package autocomplete

import (
	"errors"
	"math"
	"testing"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/httpserve"
)

// ask returns where the answer is to be inserted, and whether there is one.
func ask(t *testing.T, code string, cursor int) (at int, ok bool) {
	t.Helper()
	s := &Service{Requests: httpserve.NewLimiter(math.MaxInt32, math.MaxInt32)}
	answer, err := s.suggest(t.Context(), &input{Body: Request{Code: code, CursorPosition: position(cursor)}})
	if err == nil {
		return answer.Body.InsertPosition, true
	}
	var problem *apierr.Error
	if !errors.As(err, &problem) || problem.Code != apierr.NotFound {
		t.Fatal(err)
	}
	return 0, false
}

func TestService_TakesACursorPastTheEndForTheEnd(t *testing.T) {
	for _, code := range []string{"def ", "é𐐀\ndef "} {
		for _, cursor := range []int{unitCount(code), unitCount(code) + 1, len(code) + 1, 1 << 40} {
			if at, ok := ask(t, code, cursor); !ok || at != cursor {
				t.Errorf("%q at %d: %d, %t", code, cursor, at, ok)
			}
		}
	}
}

func TestService_OffersNothingInsideASurrogatePair(t *testing.T) {
	for _, before := range []string{"def ", "def x", "try", "import", "x ="} {
		if _, ok := ask(t, before+"😀", len(before)); !ok {
			t.Errorf("%q: nothing before the character", before)
		}
		if _, ok := ask(t, before+"😀", len(before)+1); ok {
			t.Errorf("%q: something behind half of it", before)
		}
	}
}
