package httpserve

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/apierr"
)

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

func TestObserve_KeepsASaneRequestIDAndReplacesAnyOther(t *testing.T) {
	tests := []struct {
		name, id string
		kept     bool
	}{
		{"hex", "0af7651916cd43dd8448eb211c80319c", true},
		{"UUID", "5b0e3a3e-8a4d-4d3a-9f52-0c3c6d3e0a11", true},
		{"word", "My_request-7", true},
		{"one character", "x", true},
		{"64 characters", strings.Repeat("x", 64), true},
		{"65 characters", strings.Repeat("x", 65), false},
		{"16 KiB", strings.Repeat("x", 16<<10), false},
		{"none", "", false},
		{"CRLF", "a\r\nSet-Cookie: x", false},
		{"LF in the middle", "a\nb", false},
		{"ANSI", "a\x1b[31mred\x1b[0mb", false},
		{"NUL", "a\x00b", false},
		{"space", "a b", false},
		{"quote", `a"b`, false},
		{"JSON", `{"severity":"ERROR"}`, false},
		{"markup", "<b>", false},
		{"unicode", "réq", false},
		{"not UTF-8", "a\xffb", false},
		{"path", "a/../b", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log, buffer := newLog()
			r := get("/")
			r.Header[RequestIDHeader] = []string{test.id} // a server would refuse some of them
			got := answer(Observe(log, 0, http.HandlerFunc(ok)), r).Header().Values(RequestIDHeader)
			if len(got) != 1 || (got[0] == test.id) != test.kept || !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(got[0]) {
				t.Errorf("%q became %q", test.id, got)
			}
			if logged := onlyRecord(t, buffer)["request_id"]; logged != got[0] {
				t.Errorf("answered %q, logged %v", got[0], logged)
			}
		})
	}
}

func TestObserve_MakesUpAnotherIDEachTime(t *testing.T) {
	log, _ := newLog()
	seen := map[string]bool{}
	for range 1000 {
		seen[answer(Observe(log, 0, http.HandlerFunc(ok)), get("/")).Header().Get(RequestIDHeader)] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d ids for 1000 requests", len(seen))
	}
}

func TestObserve_SetsSecurityHeadersOnEveryAnswer(t *testing.T) {
	log, _ := newLog()
	handlers := map[string]http.HandlerFunc{
		"ok":    ok,
		"error": func(w http.ResponseWriter, _ *http.Request) { apierr.Write(w, apierr.New(apierr.NotFound, "x")) },
		"panic": func(http.ResponseWriter, *http.Request) { panic("x") },
	}
	for name, handler := range handlers {
		header := answer(Observe(log, 0, handler), get("/")).Header()
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", name, header)
		}
	}
}

func TestObserve_APanicIsAnInternalErrorWithItsStackInTheLog(t *testing.T) {
	for _, value := range []any{"room a972ed: \r\n\x1b[31m", errors.New("secret"), 42, any(nil)} {
		log, buffer := newLog()
		got := answer(Observe(log, 0, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(value) })), get("/"))
		wantProblem(t, got, apierr.Internal)
		if body := got.Body.String(); strings.Contains(body, "secret") || strings.Contains(body, "a972ed") {
			t.Errorf("a client reads %s", body)
		}
		records := buffer.Records(t)
		if len(records) != 2 {
			t.Fatalf("%d records, want the panic and the request", len(records))
		}
		stack, _ := records[0]["stack"].(string)
		if records[0]["severity"] != "ERROR" || records[0]["message"] != "panic" || !strings.Contains(stack, "observe_test.go") {
			t.Errorf("the log has %v", records[0])
		}
		if id := got.Header().Get(RequestIDHeader); records[0]["request_id"] != id || records[1]["request_id"] != id {
			t.Errorf("the id %s is not in both lines", id)
		}
		if request, _ := records[1]["httpRequest"].(map[string]any); request["status"] != 500.0 || records[1]["severity"] != "WARNING" {
			t.Errorf("the request was logged as %v", records[1])
		}
	}
}

func TestObserve_APanicAfterWritingEndsTheConnection(t *testing.T) {
	log, buffer := newLog()
	server := httptest.NewServer(Observe(log, 0, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half an ans")
		_ = http.NewResponseController(w).Flush()
		panic("too late")
	})))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) || string(body) != "half an ans" {
		t.Errorf("read %q, %v", body, err)
	}
	server.Close() // so that all is logged
	if records := buffer.Records(t); len(records) != 2 || records[0]["panic"] != "too late" {
		t.Errorf("logged %s", buffer)
	}
}

func TestObserve_LetsHandlersAbort(t *testing.T) {
	log, buffer := newLog()
	defer func() {
		if value := recover(); value != http.ErrAbortHandler { //nolint:errorlint // net/http compares like this
			t.Errorf("recovered %v", value)
		}
		if record := onlyRecord(t, buffer); record["message"] != "request" {
			t.Errorf("logged %v", record)
		}
	}()
	answer(Observe(log, 0, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })), get("/"))
	t.Error("it was not aborted")
}

const (
	trace      = "4bf92f3577b34da6a3ce929d0e0e4736"
	otherTrace = "105445aa7843bc8bf206b12000100000"
)

func TestObserve_LogsTheTraceOfEitherHeader(t *testing.T) {
	parent := "00-" + trace + "-00f067aa0ba902b7-01"
	tests := []struct {
		name    string
		headers []string
		want    any
	}{
		{"W3C", []string{"Traceparent", parent}, trace},
		{"Cloud", []string{"X-Cloud-Trace-Context", trace + "/123;o=1"}, trace},
		{"Cloud, trace only", []string{"X-Cloud-Trace-Context", trace}, trace},
		{"both: W3C", []string{"X-Cloud-Trace-Context", otherTrace + "/1;o=1", "Traceparent", parent}, trace},
		{"W3C broken: Cloud", []string{"Traceparent", "00-xyz-1-01", "X-Cloud-Trace-Context", otherTrace + "/1"}, otherTrace},
		{"neither", nil, nil},
		{"empty", []string{"Traceparent", "", "X-Cloud-Trace-Context", ""}, nil},
		{"short", []string{"Traceparent", "00-" + trace[1:] + "-00f067aa0ba902b7-01"}, nil},
		{"not hex", []string{"X-Cloud-Trace-Context", strings.Repeat("g", 32) + "/1"}, nil},
		{"a line", []string{"X-Cloud-Trace-Context", trace[:30] + "\r\n/1"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log, buffer := newLog()
			answer(Observe(log, 0, http.HandlerFunc(ok)), get("/", test.headers...))
			if got := onlyRecord(t, buffer)["logging.googleapis.com/trace"]; got != test.want {
				t.Errorf("trace %v, want %v", got, test.want)
			}
		})
	}
}

func TestObserve_LogsTheRouteAndNeverThePath(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rooms/{room_id}/exists", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "12345")
	})
	log, buffer := newLog()
	handler := Observe(log, 0, CORS(nil, Routes(mux)))
	tests := []struct {
		method, path, route string
		status              float64
	}{
		{"GET", "/rooms/a972ed/exists", "GET /rooms/{room_id}/exists", 202},
		{"GET", "/rooms/a972ed/exists?room=a972ed", "GET /rooms/{room_id}/exists", 202},
		{"POST", "/rooms/a972ed/exists", "/", 405},
		{"GET", "/rooms/a972ed", "/", 404},
		{"GET", "/%0d%0a{\"severity\":\"ERROR\"}a972ed", "/", 404},
		{"GET", "//rooms/a972ed/exists", "GET /rooms/{room_id}/exists", 307},
		{"GET", "/x/../rooms/a972ed", "/", 307},
		{"OPTIONS", "/rooms/a972ed/exists", "/", 405},
	}
	for _, test := range tests {
		buffer.Reset()
		r := httptest.NewRequest(test.method, "/", http.NoBody)
		r.URL = mustURL(t, test.path)
		r.Header.Set("Referer", "http://localhost:3000/a972ed")
		r.Header.Set("User-Agent", "a972ed")
		r.RequestURI = test.path
		answer(handler, r)
		record := onlyRecord(t, buffer)
		if strings.Contains(buffer.String(), "a972ed") {
			t.Errorf("the room's id is in the log: %s", buffer)
		}
		request, _ := record["httpRequest"].(map[string]any)
		if request["route"] != test.route || request["status"] != test.status || request["requestMethod"] != test.method {
			t.Errorf("%s %s: logged %v", test.method, test.path, request)
		}
	}
}

func TestObserve_LogsWhatCloudLoggingReads(t *testing.T) {
	log, buffer := newLog()
	answer(Observe(log, 0, http.HandlerFunc(ok)), get("/"))
	record := onlyRecord(t, buffer)
	request, _ := record["httpRequest"].(map[string]any)
	latency, _ := request["latency"].(string)
	if record["severity"] != "INFO" || record["message"] != "request" || record["time"] == nil ||
		request["responseSize"] != 2.0 || request["status"] != 200.0 || !regexp.MustCompile(`^\d+\.\d{6}s$`).MatchString(latency) {
		t.Errorf("logged %s", buffer)
	}
}

func TestObserve_LogsTheStatusThatWasSent(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    float64
	}{
		{"nothing written", func(http.ResponseWriter, *http.Request) {}, 200},
		{"a body only", ok, 200},
		{"a status only", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, 204},
		{"early hints first", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNotFound)
		}, 404},
	}
	for _, test := range tests {
		log, buffer := newLog()
		answer(Observe(log, 0, test.handler), get("/"))
		request, _ := onlyRecord(t, buffer)["httpRequest"].(map[string]any)
		if request["status"] != test.want {
			t.Errorf("%s: status %v, want %v", test.name, request["status"], test.want)
		}
	}
}

func TestObserve_HandsTheConnectionToAWebSocket(t *testing.T) {
	log, buffer := newLog()
	inner := func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack() //nolint:errcheck // gorilla asks like this
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n\r\nhello")
		_ = rw.Flush()
	}
	handled := make(chan struct{})
	observed := Observe(log, 0, CORS(nil, http.HandlerFunc(inner)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(handled)
		observed.ServeHTTP(w, r)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if said, err := io.ReadAll(bufio.NewReader(conn)); err != nil || !strings.HasSuffix(string(said), "\r\n\r\nhello") {
		t.Errorf("read %q, %v", said, err)
	}
	<-handled // a server does not wait for connections that it gave away
	if request, _ := onlyRecord(t, buffer)["httpRequest"].(map[string]any); request["status"] != 101.0 {
		t.Errorf("logged %v", request)
	}
}

func TestObserve_SaysSoWhenAConnectionCannotBeHandedOver(t *testing.T) {
	log, _ := newLog()
	answer(Observe(log, 0, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, _, err := w.(http.Hijacker).Hijack(); !errors.Is(err, http.ErrNotSupported) { //nolint:errcheck // as above
			t.Errorf("got %v", err)
		}
	})), get("/"))
}

func TestNewLogger_WritesOneLineWhateverIsSaid(t *testing.T) {
	evil := "a\r\n{\"severity\":\"ERROR\"}\x1b[31m\u2028\x00\xff\""
	log, buffer := newLog()
	log.With(slog.String("with", evil)).WithGroup("group").Warn(evil, slog.String("field", evil), slog.Any("error", errors.New(evil)))
	record := onlyRecord(t, buffer)
	if record["severity"] != "WARNING" || strings.ContainsAny(strings.TrimSuffix(buffer.String(), "\n"), "\r\n\x1b\x00") {
		t.Errorf("logged %q", buffer)
	}
}

func TestNewLogger_NamesSeveritiesAsCloudLoggingDoes(t *testing.T) {
	log, buffer := newLog()
	log.Debug("x")
	log.Info("x")
	log.Warn("x")
	log.Error("x")
	var got []string
	for _, record := range buffer.Records(t) {
		severity, _ := record["severity"].(string)
		got = append(got, severity)
	}
	if strings.Join(got, " ") != "DEBUG INFO WARNING ERROR" {
		t.Errorf("severities %v", got)
	}
}
