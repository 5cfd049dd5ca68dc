// Package endpoint asks a model what stands in a gap, over HTTP and in the dialect
// that its server speaks, and reads the answer while it is being written.
package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/fim"
)

// Options say what to ask and where.
type Options struct {
	Base            *url.URL
	Key             string // goes into a header and nowhere else; "": none
	Model           string
	Dialect         Dialect
	Family          fim.Family // Unknown: as the name of the model tells
	ReasoningEffort string     // of chat models that reason; "": the model does not
}

// A Client asks one endpoint. It never asks a second time, and follows no redirects.
type Client struct {
	Options
	family fim.Family
	http   *http.Client

	mu      sync.Mutex
	speaks  Dialect         // the dialect that is spoken
	refused map[string]bool // fields that the endpoint does not take
}

// New makes a client that uses a transport.
func New(options Options, transport http.RoundTripper) *Client {
	c := &Client{Options: options, speaks: options.Dialect, family: options.Family, refused: make(map[string]bool)}
	if c.family == fim.Unknown {
		c.family = fim.FamilyOf(options.Model)
	}
	if c.speaks == Auto {
		c.speaks = guess(options.Base, options.Model)
	}
	c.http = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// known returns what has been found out about the endpoint.
func (c *Client) known() (Dialect, map[string]bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.speaks, maps.Clone(c.refused)
}

// Close closes connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// An Outcome says how an answer ended.
type Outcome struct {
	Cut    bool // it was not over: the model might have said more
	Tokens int  // what it used, prompt included, as the endpoint counts; 0 if it did not say
}

// Limits of an answer.
const (
	maxBody  = 1 << 20  // bytes, of all
	maxLine  = 64 << 10 // bytes; the last one of llama.cpp repeats the prompt
	maxError = 8 << 10  // bytes that are read of an error
)

// Errors of an answer. What it said before remains good.
var (
	ErrMalformed = errors.New("endpoint: the answer is not in the dialect")
	ErrTooLarge  = errors.New("endpoint: the answer is too large")
	ErrStream    = errors.New("endpoint: error in the middle of the answer")
	ErrCut       = errors.New("endpoint: the connection broke in the middle of the answer")
)

// A StatusError is an answer that is no success. It repeats nothing of the body,
// which may show a part of the key.
type StatusError struct {
	Status     int
	RetryAfter time.Duration // how long to wait; 0 if it did not say
	Refused    string        // a field, or "dialect": the next request will do without
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("endpoint: status %d", e.Status)
	if e.Refused != "" {
		text += ", it does not take the " + e.Refused
	}
	return text
}

// Ask sends a request and calls more with each piece of the answer, until it returns
// false, the answer is over, or ctx ends.
func (c *Client) Ask(ctx context.Context, request *Request, more func(text string) bool) (Outcome, error) {
	body, err := request.marshal()
	if err != nil {
		return Outcome{}, err
	}
	ctx, cancel := context.WithCancel(ctx) // which closes the connection of an answer that is not over
	defer cancel()
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, address(c.Base, request.Dialect), bytes.NewReader(body))
	if err != nil {
		return Outcome{}, errors.New("endpoint: the request cannot be made")
	}
	post.GetBody = nil // with it, the transport might send the request again
	post.Header.Set("Content-Type", "application/json")
	post.Header.Set("Accept", "text/event-stream, application/x-ndjson, application/json")
	post.Header.Set("User-Agent", "tutti")
	if c.Key != "" {
		post.Header.Set("Authorization", "Bearer "+c.Key)
	}
	response, err := c.http.Do(post)
	if err != nil {
		return Outcome{}, fmt.Errorf("asking the endpoint: %w", withoutURL(err))
	}
	defer func() { _ = response.Body.Close() }() // nothing is left to be done about it
	if response.StatusCode != http.StatusOK {
		return Outcome{}, c.refusedBy(request, response)
	}
	c.recognise(request, response)
	outcome, err := readAnswer(response, request.Dialect, more)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil && !outcome.Cut {
		drain(response.Body, cancel)
	}
	return outcome, err
}

// withoutURL takes the address out of an error: it is known, and may be private.
func withoutURL(err error) error {
	if at, is := errors.AsType[*url.Error](err); is {
		return at.Err
	}
	return err
}

// Draining lets a connection be used again after an answer that is over.
const (
	drainBytes = 4 << 10
	drainTime  = 20 * time.Millisecond // the end is on its way
)

func drain(body io.Reader, cancel func()) {
	timer := time.AfterFunc(drainTime, cancel)
	defer timer.Stop()
	_, _ = io.CopyN(io.Discard, body, drainBytes) // an error only costs the connection
}

// refusedBy makes an error of an answer, and remembers what it says about requests.
func (c *Client) refusedBy(request *Request, response *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxError)) // half of it tells enough, and so does the status
	failure := &StatusError{Status: response.StatusCode, RetryAfter: retryAfter(response.Header.Get("Retry-After"))}
	refusal := understand(response.StatusCode, body, request.body)
	if c.Dialect == Auto {
		if other := insteadOf(request.Dialect, c.family, refusal); other != "" {
			c.speak(request.Dialect, other)
			failure.Refused = "dialect"
			return failure
		}
	}
	if refusal.field != "" && refusal.field != "suffix" {
		c.mu.Lock()
		c.refused[refusal.field] = true
		c.mu.Unlock()
		failure.Refused = refusal.field
	}
	return failure
}

// speak changes the dialect, unless another answer has done so meanwhile.
func (c *Client) speak(before, other Dialect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.speaks == before {
		c.speaks = other
	}
}

// recognise remembers what an answer tells about the server: llama.cpp takes a
// suffix and does not look at it.
func (c *Client) recognise(request *Request, response *http.Response) {
	if c.Dialect == Auto && request.Dialect == Completions && response.Header.Get("Server") == "llama.cpp" {
		c.speak(Completions, Infill)
	}
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<30)) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}

func isJSON(response *http.Response) bool {
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}
