package apierr

import (
	"encoding/json"
	"maps"
	"net/http"
)

// ContentType is the media type of a problem document (RFC 9457).
const ContentType = "application/problem+json"

// Problem is the document that a client reads.
type Problem struct {
	Title  string `json:"title" doc:"Short name of the HTTP status" example:"Not Found"`
	Status int    `json:"status" doc:"HTTP status" example:"404"`
	Detail string `json:"detail" doc:"What went wrong, for a person"`
	Code   Code   `json:"code" doc:"What went wrong, for a program" example:"not_found"`
}

// Problem returns the document for e, which never holds the cause.
func (e *Error) Problem() Problem {
	status := e.GetStatus()
	return Problem{Title: http.StatusText(status), Status: status, Detail: e.Detail, Code: e.Code}
}

// MarshalJSON writes the problem document.
func (e *Error) MarshalJSON() ([]byte, error) { return json.Marshal(e.Problem()) }

// ContentType makes an HTTP framework that asks answer with ContentType.
func (e *Error) ContentType(string) string { return ContentType }

// Write answers a request with err. What is not an *Error is told as an
// internal error; the caller logs it.
func Write(w http.ResponseWriter, err error) {
	e := From(err)
	body, marshalErr := e.MarshalJSON()
	if marshalErr != nil { // a Problem is strings and a number: this cannot be
		panic(marshalErr)
	}
	header := w.Header()
	maps.Copy(header, e.GetHeaders())
	header.Set("Content-Type", ContentType)
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(e.GetStatus())
	_, _ = w.Write(append(body, '\n')) // the client has gone: nobody is left to tell
}
