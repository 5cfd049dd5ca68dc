package functions

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tutti-live/tutti/shared/apierr"
)

// problem is an error that huma found, as the document that a client reads.
type problem struct{ apierr.Problem }

func (p *problem) Error() string             { return p.Detail }
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) ContentType(string) string { return apierr.ContentType }

// mostDetails is how many mistakes are told: a body may have 100,000 of them.
const mostDetails = 5

// huma asks for its errors here. What cannot be read at all is told with the
// same status as what breaks a rule, as the first service did; and the detail
// is a sentence that says what is wrong and where.
func init() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status == http.StatusBadRequest {
			status = http.StatusUnprocessableEntity
		}
		var parts []string
		for _, err := range errs {
			if len(parts) == mostDetails {
				parts = append(parts, "and more")
				break
			}
			if at, ok := errors.AsType[*huma.ErrorDetail](err); ok {
				parts = append(parts, strings.TrimPrefix(at.Location+": ", ": ")+at.Message)
			}
		}
		if len(parts) > 0 {
			message += ": " + strings.Join(parts, "; ")
		}
		if status >= http.StatusInternalServerError { // never what went wrong in here
			message = "internal error"
		}
		return &problem{apierr.New(apierr.FromStatus(status), "%s", message).Problem()}
	}
}
