package apierr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// codes reads the constants of type Code from the source, so that a new one
// cannot be forgotten here.
func codes(t *testing.T) []Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "apierr.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		literal, isLiteral := spec.Values[0].(*ast.BasicLit)
		if name, named := spec.Type.(*ast.Ident); isLiteral && named && name.Name == "Code" {
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, Code(value))
		}
		return true
	})
	if len(found) < 15 {
		t.Fatalf("found only %d codes in the source: %v", len(found), found)
	}
	return found
}

func TestCodes_AllHaveAStatusAndACloseCode(t *testing.T) {
	all := codes(t)
	for _, code := range all {
		e := New(code, "x")
		if status := e.GetStatus(); status < 400 || status > 599 || http.StatusText(status) == "" {
			t.Errorf("%s: status %d", code, status)
		}
		// RFC 6455, 7.4: 1005, 1006 and 1015 are never sent; 4000 and above are ours.
		if c := e.CloseCode(); (c < 1007 || c > 1014) && (c < 4000 || c > 4099) {
			t.Errorf("%s: close code %d", code, c)
		}
	}
	if len(kinds) != len(all) {
		t.Errorf("%d kinds for %d codes", len(kinds), len(all))
	}
}

func TestFromStatus_GivesACodeWithThatStatus(t *testing.T) {
	for _, code := range codes(t) {
		status := New(code, "x").GetStatus()
		if got := New(FromStatus(status), "x").GetStatus(); got != status {
			t.Errorf("%s: status %d gives %s, which has %d", code, status, FromStatus(status), got)
		}
	}
	tests := []struct {
		status int
		want   Code
	}{
		{400, BadRequest},
		{403, Forbidden},
		{404, NotFound},
		{405, MethodNotAllowed},
		{406, NotAcceptable},
		{408, Timeout},
		{413, TooLarge},
		{415, UnsupportedMedia},
		{422, Invalid},
		{426, UpgradeRequired},
		{429, RateLimited},
		{500, Internal},
		{501, NotImplemented},
		{503, Unavailable}, // never RoomFull, which only a room can say
		{402, BadRequest},
		{499, BadRequest},
		{502, Internal},
		{599, Internal},
		{200, Internal},
		{0, Internal},
		{-1, Internal},
	}
	for _, test := range tests {
		for range 20 { // a map has no order
			if got := FromStatus(test.status); got != test.want {
				t.Fatalf("FromStatus(%d) = %s, want %s", test.status, got, test.want)
			}
		}
	}
}

func TestFrom_FindsTheErrorAmongItsWrappings(t *testing.T) {
	inner := New(NotFound, "Room not found")
	for _, err := range []error{
		inner,
		fmt.Errorf("joining: %w", inner),
		errors.Join(errors.New("first"), fmt.Errorf("second: %w", inner)),
	} {
		if got := From(err); got != inner {
			t.Errorf("From(%v) = %v", err, got)
		}
	}
}

const secret = "dial tcp 10.0.0.7:6379: WRONGPASS"

func TestFrom_HidesTheCauseFromClientsAndTellsTheLog(t *testing.T) {
	cause := errors.New(secret)
	tests := []struct {
		name   string
		err    error
		code   Code
		detail string
	}{
		{"not ours", cause, Internal, "internal error"},
		{"not ours, wrapped", fmt.Errorf("loading: %w", cause), Internal, "internal error"},
		{"ours", Wrap(Unavailable, cause, "try again"), Unavailable, "try again"},
		{"ours, wrapped", fmt.Errorf("loading: %w", Wrap(Unavailable, cause, "try again")), Unavailable, "try again"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := From(test.err)
			if e.Code != test.code || e.Detail != test.detail || !errors.Is(e, cause) {
				t.Errorf("got %s, %q, cause %v", e.Code, e.Detail, e.Cause)
			}
			answer, err := json.Marshal(e)
			if err != nil || strings.Contains(string(answer), "WRONGPASS") {
				t.Errorf("a client reads %s (%v)", answer, err)
			}
			var log bytes.Buffer
			slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", slog.Any("error", e))
			if !strings.Contains(log.String(), secret) || !strings.Contains(log.String(), test.detail) {
				t.Errorf("the log does not have the cause: %s", log.String())
			}
		})
	}
}

func TestGetHeaders_RetryAfterIsWholeSecondsRoundedUp(t *testing.T) {
	tests := []struct {
		retry time.Duration
		want  string
	}{
		{-time.Second, ""},
		{0, ""},
		{1, "1"},
		{time.Millisecond, "1"},
		{time.Second, "1"},
		{time.Second + 1, "2"},
		{90*time.Second - 1, "90"},
		{90 * time.Second, "90"},
		{90*time.Second + 1, "91"},
		{2 * time.Hour, "7200"},
	}
	for _, test := range tests {
		got := New(RateLimited, "x").After(test.retry).GetHeaders()
		if got.Get("Retry-After") != test.want || len(got.Values("Retry-After")) > 1 {
			t.Errorf("%v: Retry-After %q, want %q", test.retry, got["Retry-After"], test.want)
		}
	}
}

func TestGetHeaders_AllowListsTheMethodsInOneLine(t *testing.T) {
	e := New(MethodNotAllowed, "x")
	if got, ok := e.GetHeaders()["Allow"]; ok {
		t.Errorf("without methods: Allow %q", got)
	}
	e.Allowed = []string{http.MethodGet, http.MethodHead}
	if got := e.GetHeaders()["Allow"]; len(got) != 1 || got[0] != "GET, HEAD" {
		t.Errorf("Allow %q", got)
	}
}

func TestWrite_AnswersEveryCodeWithAProblemDocument(t *testing.T) {
	for _, code := range codes(t) {
		recorder := httptest.NewRecorder()
		Write(recorder, New(code, "that %s \"<went>\" wrong\r\n", "é").After(1500*time.Millisecond))
		status := recorder.Code
		want := fmt.Sprintf(`{"title":%q,"status":%d,"detail":"that é \"\u003cwent\u003e\" wrong\r\n","code":%q}`+"\n",
			http.StatusText(status), status, code)
		if got := recorder.Body.String(); got != want {
			t.Errorf("%s: body %s, want %s", code, got, want)
		}
		header := map[string]string{
			"Content-Type":  "application/problem+json",
			"Cache-Control": "no-store",
			"Retry-After":   "2",
		}
		for name, value := range header {
			if got := recorder.Header().Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("%s: %s is %q, want %q", code, name, got, value)
			}
		}
	}
}

func TestWrite_ReplacesWhatAHandlerHadBegunToSay(t *testing.T) {
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "text/html")
	recorder.Header().Set("Cache-Control", "public")
	Write(recorder, errors.New(secret))
	if recorder.Code != http.StatusInternalServerError || strings.Contains(recorder.Body.String(), secret) {
		t.Errorf("status %d, body %s", recorder.Code, recorder.Body)
	}
	if got := recorder.Header(); got.Get("Content-Type") != ContentType || got.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", got)
	}
}
