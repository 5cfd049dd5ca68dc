package httpserve

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
)

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.ParseRequestURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /thing", ok)
	mux.HandleFunc("POST /thing", ok)
	mux.HandleFunc("POST /made", ok)
	mux.HandleFunc("GET /thing/{id}/part", ok)
	mux.HandleFunc("/any", ok)
	return Routes(mux)
}

func TestRoutes_WhatIsNotThereIsAProblem(t *testing.T) {
	for _, path := range []string{"/", "/no", "/thing/", "/thing/1", "/thing//part", "/THING", "/thing%2f1", "/thing/1/part/2", "/made/x", "/%00"} {
		for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW"} {
			r := httptest.NewRequest(method, "/", http.NoBody)
			r.URL = mustURL(t, path)
			got := answer(routes(), r)
			if path == "/thing//part" { // the mux takes the empty step out of it
				if location := got.Header().Get("Location"); got.Code != http.StatusTemporaryRedirect || location != "/thing/part" {
					t.Errorf("%s %s: status %d, to %q", method, path, got.Code, location)
				}
				continue
			}
			wantProblem(t, got, apierr.NotFound)
			if got.Header().Get("Allow") != "" {
				t.Errorf("%s %s allows %q", method, path, got.Header().Get("Allow"))
			}
		}
	}
}

func TestRoutes_AnotherMethodIsAProblemThatSaysWhichAreAllowed(t *testing.T) {
	tests := []struct{ method, path, allow string }{
		{"PUT", "/thing", "GET, HEAD, POST"},
		{"OPTIONS", "/thing", "GET, HEAD, POST"},
		{"BREW", "/thing", "GET, HEAD, POST"},
		{"GET", "/made", "POST"},
		{"HEAD", "/made", "POST"},
		{"POST", "/thing/1/part", "GET, HEAD"},
		{"TRACE", "/thing/1/part", "GET, HEAD"},
	}
	for _, test := range tests {
		got := answer(routes(), httptest.NewRequest(test.method, test.path, http.NoBody))
		wantProblem(t, got, apierr.MethodNotAllowed)
		if allow := got.Header().Values("Allow"); len(allow) != 1 || allow[0] != test.allow {
			t.Errorf("%s %s: Allow %q, want %q", test.method, test.path, allow, test.allow)
		}
		if !strings.Contains(got.Body.String(), test.method) {
			t.Errorf("%s %s: %s", test.method, test.path, got.Body)
		}
	}
}

func TestRoutes_LeavesRoutesAlone(t *testing.T) {
	for _, request := range []string{"GET /thing", "HEAD /thing", "POST /thing", "POST /made", "GET /thing/a%2Fb/part", "HEAD /thing/1/part", "BREW /any"} {
		method, path, _ := strings.Cut(request, " ")
		if got := answer(routes(), httptest.NewRequest(method, path, http.NoBody)); got.Code != http.StatusOK {
			t.Errorf("%s: status %d", request, got.Code)
		}
	}
}

func TestRoutes_HeadAnswersWithoutABody(t *testing.T) {
	server := httptest.NewServer(routes())
	defer server.Close()
	for path, want := range map[string]int{"/thing": 200, "/no": 404, "/made": 405} {
		response, err := server.Client().Head(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != want || response.ContentLength <= 0 {
			t.Errorf("%s: status %d, Content-Length %d", path, response.StatusCode, response.ContentLength)
		}
		_ = response.Body.Close()
	}
}

// listed are the allowed origins of the tests of CORS.
var listed = config.Origins{"http://localhost:3000", "https://editor.example", "https://xn--bcher-kva.example:8443"}

// strangers are not, however much like it they look.
var strangers = []string{
	"null", "NULL", "", " ", "*", "file://", "data:", "about:blank", "chrome-extension://abcdef",
	"http://localhost", "http://localhost:80", "http://localhost:30000", "http://localhost:300", "http://localhost:3000/", "http://localhost:3000.",
	"http://localhost.:3000", "https://localhost:3000", "ws://localhost:3000", "//localhost:3000", "localhost:3000", "HTTP://localhost:3000",
	"http://LOCALHOST:3000", "http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost:3000@evil.example", "http://user@localhost:3000",
	"http://localhost:3000#", "http://localhost:3000?", "http://localhost:3000/path", "http://localhost\\:3000", "http://localhost:03000",
	"http://editor.example", "https://editor.example:443", "https://editor.example.", "https://editor.example/", "https://Editor.example",
	"https://sub.editor.example", "https://editor.example.evil.example", "https://evileditor.example", "https://evil-editor.example",
	"https://editorXexample", "https://editor.example@evil.example", "https://evil.example#https://editor.example", "https://editor.example%00.evil.example",
	"https://editor.example%60.evil.example", "https://editor.example`.evil.example", "https://editor.example_.evil.example", "https://editor.exam",
	"https://bücher.example:8443", "https://xn--bcher-kva.example", "https://XN--BCHER-KVA.example:8443", "https://еditor.example", // a Cyrillic е
	"https://editor.example https://evil.example", "https://evil.example https://editor.example", "https://editor.example,https://evil.example",
	"https://editor.example, https://evil.example", "https://editor.example\thttps://evil.example", " https://editor.example", "https://editor.example ",
	"http://localhost:3000,https://editor.example,https://xn--bcher-kva.example:8443", "https://*.example", "https://editor.example\x00",
}

// corsRequests are a simple request and a preflight.
func corsRequests(origins ...string) map[string]*http.Request {
	simple := get("/thing")
	preflight := httptest.NewRequest(http.MethodOptions, "/thing", http.NoBody)
	preflight.Header.Set("Access-Control-Request-Method", "POST")
	preflight.Header.Set("Access-Control-Request-Headers", "content-type")
	simple.Header["Origin"], preflight.Header["Origin"] = origins, origins
	return map[string]*http.Request{"simple": simple, "preflight": preflight}
}

// wantCORS checks the headers that let a page read an answer.
func wantCORS(t *testing.T, header http.Header, allowed string) {
	t.Helper()
	var want []string
	if allowed != "" {
		want = []string{allowed}
	}
	if got := header.Values("Access-Control-Allow-Origin"); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("Access-Control-Allow-Origin %q, want %q", got, want)
	}
	if !strings.Contains(strings.Join(header.Values("Vary"), ","), "Origin") {
		t.Errorf("Vary %q", header.Values("Vary"))
	}
	for name, values := range header {
		if !strings.HasPrefix(name, "Access-Control-") {
			continue
		}
		if allowed == "" {
			t.Errorf("a stranger is told %s: %q", name, values)
		}
		if strings.Contains(strings.Join(values, ","), "*") {
			t.Errorf("%s is %q", name, values)
		}
	}
}

func TestCORS_OnlyListedOriginsMayRead(t *testing.T) {
	handler := CORS(listed, routes())
	for _, origin := range listed {
		for kind, r := range corsRequests(origin) {
			t.Run(kind+" "+origin, func(t *testing.T) {
				got := answer(handler, r)
				wantCORS(t, got.Header(), origin)
				if got.Code >= 300 || got.Header().Get("Access-Control-Allow-Credentials") != "true" {
					t.Errorf("status %d, %v", got.Code, got.Header())
				}
			})
		}
	}
	if len(strangers) < 50 {
		t.Errorf("only %d strangers", len(strangers))
	}
	for _, origin := range strangers {
		for kind, r := range corsRequests(origin) {
			t.Run(kind+" "+origin, func(t *testing.T) { wantCORS(t, answer(handler, r).Header(), "") })
		}
	}
}

func TestCORS_TwoOriginsAreNobodys(t *testing.T) {
	handler := CORS(listed, routes())
	for _, origins := range [][]string{
		{"https://editor.example", "https://evil.example"},
		{"https://evil.example", "https://editor.example"},
		{"https://editor.example", "https://editor.example"},
		{"", "https://editor.example"},
	} {
		for kind, r := range corsRequests(origins...) {
			t.Run(kind+" "+strings.Join(origins, " and "), func(t *testing.T) { wantCORS(t, answer(handler, r).Header(), "") })
		}
	}
}

func TestCORS_AnEmptyListAllowsNobody(t *testing.T) {
	for _, origins := range []config.Origins{nil, {}} {
		handler := CORS(origins, routes())
		for _, origin := range append(strangers, listed...) {
			for _, r := range corsRequests(origin) {
				wantCORS(t, answer(handler, r).Header(), "")
			}
		}
	}
}

func TestCORS_PagesMayReadProblemsToo(t *testing.T) {
	handler := CORS(listed, routes())
	for _, request := range []string{"GET /no", "PUT /thing", "GET /made"} {
		method, path, _ := strings.Cut(request, " ")
		r := httptest.NewRequest(method, path, http.NoBody)
		r.Header.Set("Origin", listed[0])
		header := answer(handler, r).Header()
		if allowed := header.Get("Access-Control-Allow-Origin"); (allowed == listed[0]) != (method != "PUT") {
			t.Errorf("%s: Access-Control-Allow-Origin %q", request, allowed)
		}
		if exposed := header.Get("Access-Control-Expose-Headers"); method == "GET" && !strings.Contains(exposed, "Retry-After") {
			t.Errorf("%s: a page cannot read Retry-After: %q", request, exposed)
		}
	}
}

func TestCORS_OnlyMethodsThatThereAre(t *testing.T) {
	handler := CORS(listed, routes())
	for method, allowed := range map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": false, "PATCH": false, "DELETE": false, "TRACE": false} {
		r := corsRequests(listed[0])["preflight"]
		r.Header.Set("Access-Control-Request-Method", method)
		if got := answer(handler, r).Header().Get("Access-Control-Allow-Origin"); (got != "") != allowed {
			t.Errorf("%s: Access-Control-Allow-Origin %q", method, got)
		}
	}
}
