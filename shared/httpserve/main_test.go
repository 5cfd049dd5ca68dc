package httpserve

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/logtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onlyRecord is the only line of the log.
func onlyRecord(t *testing.T, b *logtest.Buffer) map[string]any {
	t.Helper()
	records := b.Records(t)
	if len(records) != 1 {
		t.Fatalf("%d lines, want 1:\n%s", len(records), b)
	}
	return records[0]
}

// newLog makes a logger of all levels, and shows what it writes.
func newLog() (*slog.Logger, *logtest.Buffer) {
	buffer := new(logtest.Buffer)
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
