package httpserve

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/shared/apierr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logBuffer is a log that goroutines write and a test reads.
type logBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// records reads the log, of which every line must be one JSON object.
func (b *logBuffer) records(t *testing.T) []map[string]any {
	t.Helper()
	var records []map[string]any
	for line := range strings.Lines(b.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%q is not JSON: %v", line, err)
		}
		records = append(records, record)
	}
	return records
}

// record is the only line of the log.
func (b *logBuffer) record(t *testing.T) map[string]any {
	t.Helper()
	records := b.records(t)
	if len(records) != 1 {
		t.Fatalf("%d lines, want 1:\n%s", len(records), b)
	}
	return records[0]
}

// newLog makes a logger of all levels, and shows what it writes.
func newLog() (*slog.Logger, *logBuffer) {
	buffer := new(logBuffer)
	return NewLogger(buffer, slog.LevelDebug), buffer
}

// answer lets a handler answer a request.
func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder
}

// get makes a request with headers, pairs of name and value.
func get(path string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// wantProblem checks that an answer is a problem document.
func wantProblem(t *testing.T, got *httptest.ResponseRecorder, code apierr.Code) {
	t.Helper()
	var problem apierr.Problem
	if err := json.Unmarshal(got.Body.Bytes(), &problem); err != nil {
		t.Fatalf("%q: %v", got.Body, err)
	}
	want := apierr.New(code, "%s", problem.Detail).Problem()
	if problem != want || got.Code != want.Status || problem.Detail == "" {
		t.Errorf("status %d, problem %+v, want %+v", got.Code, problem, want)
	}
	if contentType := got.Header().Get("Content-Type"); contentType != apierr.ContentType {
		t.Errorf("Content-Type %q", contentType)
	}
}
