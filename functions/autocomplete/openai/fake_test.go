package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// reply is what the fake does with a request.
type reply struct {
	status int               // 0: it answers
	header map[string]string // of whatever it does
	body   string            // of an error, or in place of a stream if it has a Content-Type

	tokens []string
	first  time.Duration // until the first token
	each   time.Duration // between two
	finish string        // why it ended; "": "stop"

	crlf, pings, usage bool
	split              bool // each byte is sent by itself, so that characters are cut in two
	noEnd              bool // the stream just ends
	errorAfter         bool // an error is said after the tokens
	resetAfter         bool // the connection breaks after the tokens
	hangAfter          bool // nothing more is said
	whole              bool // it does not stream
}

// asked is a request as the fake got it.
type asked struct {
	path   string
	header http.Header
	body   map[string]any
}

func (a asked) text(field string) string {
	text, _ := a.body[field].(string)
	return text
}

// fake is an endpoint that speaks all dialects, over connections in memory, so that
// it can be used in the bubble of a synctest. It fails the test when a request is not
// as the documentation of its path wants it.
type fake struct {
	t      *testing.T
	script func(n int, a asked) reply // n counts from 0
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}

	mu       sync.Mutex
	requests []asked
	left     []time.Time // when clients were seen to have gone before the end
}

func newFake(t *testing.T, script func(n int, a asked) reply) *fake {
	f := &fake{t: t, script: script, conns: make(chan net.Conn), closed: make(chan struct{})}
	f.server = &http.Server{Handler: f}
	served := make(chan error, 1)
	go func() { served <- f.server.Serve(f) }()
	t.Cleanup(func() {
		_ = f.server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return f
}

// Accept, Close and Addr make it a net.Listener.
func (f *fake) Accept() (net.Conn, error) {
	select {
	case conn := <-f.conns:
		return conn, nil
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

func (f *fake) Close() error   { close(f.closed); return nil }
func (f *fake) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// transport connects to the fake, whatever the address.
func (f *fake) transport() *http.Transport {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case f.conns <- there:
			return here, nil
		case <-f.closed:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return &http.Transport{DialContext: dial, DialTLSContext: dial}
}

func (f *fake) asked() []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// gone is when clients have left.
func (f *fake) gone() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.left)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := asked{path: r.URL.Path, header: r.Header.Clone()}
	content, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(content, &a.body)
	}
	if err == nil {
		err = a.check(r)
	}
	if err != nil {
		f.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	f.mu.Lock()
	n := len(f.requests)
	f.requests = append(f.requests, a)
	f.mu.Unlock()
	f.reply(w, r, a, f.script(n, a))
}

func (f *fake) reply(w http.ResponseWriter, r *http.Request, a asked, reply reply) {
	s := &stream{fake: f, w: w, r: r, asked: a, reply: reply}
	defer func() {
		if r.Context().Err() != nil {
			f.mu.Lock()
			f.left = append(f.left, time.Now())
			f.mu.Unlock()
		}
	}()
	for name, value := range reply.header {
		w.Header().Set(name, value)
	}
	switch {
	case reply.status != 0:
		w.WriteHeader(reply.status)
		_, _ = io.WriteString(w, reply.body)
	case reply.body != "":
		_, _ = io.WriteString(w, reply.body)
	case reply.whole:
		w.Header().Set("Content-Type", "application/json")
		s.write(s.last(strings.Join(reply.tokens, "")))
	default:
		s.run()
	}
}

// fields has what may be sent to each path, and of what type. Those with an
// exclamation mark must be there.
var fields = map[string]map[string]string{
	"/v1/completions": {
		"model": "string!", "prompt": "string!", "suffix": "string", "max_tokens": "number!", "temperature": "number",
		"stop": "array", "stream": "bool!", "stream_options": "object",
	},
	"/v1/fim/completions": {
		"model": "string!", "prompt": "string!", "suffix": "string", "max_tokens": "number!", "temperature": "number",
		"stop": "array", "stream": "bool!",
	},
	"/v1/chat/completions": {
		"model": "string!", "messages": "array!", "max_tokens": "number", "max_completion_tokens": "number", "temperature": "number",
		"reasoning_effort": "string", "stream": "bool!", "stream_options": "object",
	},
	"/api/generate": {
		"model": "string!", "prompt": "string!", "suffix": "string", "options": "object!", "raw": "bool", "stream": "bool!",
	},
	"/infill": {
		"model": "string", "input_prefix": "string!", "input_suffix": "string!", "prompt": "string!", "n_predict": "number!",
		"temperature": "number", "stop": "array", "stream": "bool!", "cache_prompt": "bool",
	},
}

// check says what is wrong with a request.
func (a asked) check(r *http.Request) error {
	known := fields[strings.Replace(a.path, "/beta/", "/v1/", 1)]
	switch {
	case known == nil:
		return errors.New("no such path")
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.ContentLength <= 0:
		return errors.New("not a POST of JSON with its length")
	}
	for name, kind := range known {
		if _, has := a.body[name]; !has && strings.HasSuffix(kind, "!") {
			return fmt.Errorf("%s is missing", name)
		}
	}
	for name, value := range a.body {
		if want := strings.TrimSuffix(known[name], "!"); want == "" || kindOf(value) != want {
			return fmt.Errorf("%s is a %q, wanted %q", name, kindOf(value), want)
		}
	}
	stops, _ := a.body["stop"].([]any)
	if options, ok := a.body["options"].(map[string]any); ok {
		stops, _ = options["stop"].([]any)
	}
	if len(stops) > 4 || a.body["stream"] != true {
		return fmt.Errorf("stop has %d texts, stream is %v", len(stops), a.body["stream"])
	}
	if a.body["raw"] == true && a.body["suffix"] != nil {
		return errors.New("raw with a suffix")
	}
	return nil
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return ""
}

// stream is an answer in the dialect of the path it was asked on.
type stream struct {
	fake  *fake
	w     http.ResponseWriter
	r     *http.Request
	asked asked
	reply reply
	said  int
}

func (s *stream) run() {
	s.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	if s.asked.path == "/api/generate" {
		s.w.Header().Set("Content-Type", "application/x-ndjson")
	}
	s.flush() // headers come at once
	wait := s.reply.first
	for _, token := range s.reply.tokens {
		if s.reply.pings {
			s.ping()
		}
		if !s.sleep(wait) {
			return
		}
		wait = s.reply.each
		s.write(s.event(s.piece(token)))
		s.said++
	}
	switch {
	case s.reply.hangAfter:
		<-s.r.Context().Done()
	case s.reply.resetAfter:
		panic(http.ErrAbortHandler)
	case s.reply.errorAfter:
		s.write(s.event(`{"error":{"message":"CUDA out of memory","code":500}}`))
	case !s.reply.noEnd:
		s.end()
	}
}

// sleep waits, and reports whether the client is still there.
func (s *stream) sleep(d time.Duration) bool {
	select {
	case <-s.r.Context().Done():
		return false
	case <-time.After(d):
		return s.r.Context().Err() == nil
	}
}

func (s *stream) ping() {
	if s.asked.path != "/api/generate" {
		s.write(": ping\n\n")
		s.write("event: ping\ndata:\n\n")
	}
}

// event frames a piece of JSON.
func (s *stream) event(data string) string {
	if s.asked.path == "/api/generate" {
		return data + "\n"
	}
	return "data: " + data + "\n\n"
}

func object(format string, args ...any) string {
	for i := range args {
		if text, is := args[i].(string); is {
			quoted, err := json.Marshal(text)
			if err != nil {
				panic(err)
			}
			args[i] = string(quoted)
		}
	}
	return fmt.Sprintf(format, args...)
}

// piece is a token in the dialect.
func (s *stream) piece(token string) string {
	switch s.asked.path {
	case "/v1/chat/completions", "/v1/fim/completions":
		if s.said == 0 && s.reply.usage {
			return object(`{"choices":[{"index":0,"delta":{"role":"assistant","content":%s},"finish_reason":null}],"usage":null}`, token)
		}
		return object(`{"choices":[{"index":0,"delta":{"content":%s},"finish_reason":null}]}`, token)
	case "/api/generate":
		return object(`{"model":"m","response":%s,"done":false}`, token)
	case "/infill":
		return object(`{"content":%s,"stop":false}`, token)
	}
	return object(`{"object":"text_completion","choices":[{"index":0,"text":%s,"finish_reason":null}]}`, token)
}

// last is a chunk that ends an answer, with text.
func (s *stream) last(text string) string {
	finish := s.reply.finish
	if finish == "" {
		finish = "stop"
	}
	switch s.asked.path {
	case "/v1/chat/completions", "/v1/fim/completions":
		if s.reply.whole {
			return object(`{"choices":[{"message":{"role":"assistant","content":%s},"finish_reason":%s}]}`, text, finish)
		}
		return object(`{"choices":[{"index":0,"delta":{"content":null},"finish_reason":%s}]}`, finish)
	case "/api/generate":
		return object(`{"response":%s,"done":true,"done_reason":%s,"prompt_eval_count":70,"eval_count":7}`, text, finish)
	case "/infill":
		kind := map[string]string{"stop": "eos", "length": "limit"}[finish]
		return object(`{"content":%s,"stop":true,"stop_type":%s,"tokens_evaluated":70,"tokens_predicted":7,"prompt":%s}`, text, kind, strings.Repeat("p", 20_000))
	}
	return object(`{"choices":[{"index":0,"text":%s,"finish_reason":%s}]}`, text, finish)
}

func (s *stream) end() {
	s.write(s.event(s.last("")))
	if s.asked.path == "/api/generate" || s.asked.path == "/infill" {
		return
	}
	if s.reply.usage {
		s.write(s.event(`{"choices":[],"usage":{"prompt_tokens":70,"completion_tokens":7,"total_tokens":77}}`))
	}
	s.write(s.event("[DONE]"))
}

func (s *stream) write(text string) {
	if s.reply.crlf {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	size := len(text)
	if s.reply.split {
		size = 1
	}
	for part := range slices.Chunk([]byte(text), max(size, 1)) {
		_, _ = s.w.Write(part) // the client may be gone
		s.flush()
	}
}

func (s *stream) flush() { _ = http.NewResponseController(s.w).Flush() }
