package functions_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/redistest"
)

// call is a request that an operation answers.
type call struct {
	method, path, body string
	status             int
}

// calls are one for each operation, by its id in the API's description.
var calls = map[string]call{
	"create-room":  {"POST", "/rooms", `{"language":"go"}`, 201},
	"room-exists":  {"GET", "/rooms/abcdef/exists", "", 200},
	"autocomplete": {"POST", "/rooms/autocomplete", `{"code":"def ","cursor_position":4}`, 200},
	"health":       {"GET", "/health", "", 200},
	"readyz":       {"GET", "/readyz", "", 200},
}

// documentation is served beside the operations.
var documentation = []call{
	{"GET", "/openapi.json", "", 200},
	{"GET", "/docs", "", 200},
	{"GET", "/redoc", "", 200},
	{"GET", "/docs/assets/swagger-ui.css", "", 200},
}

func TestHandler_ServesOnlyTheFunctionThatIsAskedFor(t *testing.T) {
	own := map[string][]string{
		"CreateRoom":         {"create-room"},
		"RoomExists":         {"room-exists"},
		"Autocomplete":       {"autocomplete"},
		"Health":             {"health", "readyz"},
		functions.Everything: slices.Collect(maps.Keys(calls)),
	}
	server := redistest.Embedded(t)
	for target, operations := range own {
		t.Run(target, func(t *testing.T) {
			r := open(t, server)
			r.serve(target)
			for id, c := range calls {
				got := r.do(c.method, c.path, c.body)
				if !slices.Contains(operations, id) {
					wantProblem(t, got, apierr.NotFound)
				} else if got.status != c.status {
					t.Errorf("%s %s: status %d, %s", c.method, c.path, got.status, got.body)
				}
				for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "OPTIONS"} {
					if !slices.Contains(operations, id) || method == c.method {
						continue
					}
					other := r.do(method, c.path, "")
					wantProblem(t, other, apierr.MethodNotAllowed)
					if allow := other.header.Get("Allow"); !strings.HasPrefix(allow, c.method) {
						t.Errorf("%s %s: Allow %q", method, c.path, allow)
					}
				}
			}
			for _, c := range documentation {
				got := r.do(c.method, c.path, c.body)
				if target == functions.Everything && got.status != c.status {
					t.Errorf("%s: status %d", c.path, got.status)
				} else if target != functions.Everything {
					wantProblem(t, got, apierr.NotFound)
				}
			}
			for _, path := range []string{"/", "/" + target, "/anything/else", "/metrics", "/debug/pprof/"} {
				wantProblem(t, r.do("POST", path, "{}"), apierr.NotFound)
			}
		})
	}
}

func TestHandler_AnUnknownTargetIsABadSetting(t *testing.T) {
	r := open(t, redistest.Embedded(t))
	for _, target := range []string{"", "createroom", "CreateRoom ", "All", "../x"} {
		handler, err := r.api.Handler(target)
		bad, ok := errors.AsType[*config.Error](err)
		if handler != nil || !ok || bad.Variable != "FUNCTION_TARGET" {
			t.Errorf("%q: %v", target, err)
			continue
		}
		for _, name := range []string{"CreateRoom", "RoomExists", "Autocomplete", "Health", "RoomsAPI"} {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%q does not say that there is %s", err, name)
			}
		}
	}
}

func TestHandler_HeadIsGetWithoutABody(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	for _, c := range append(slices.Collect(maps.Values(calls)), documentation...) {
		if c.method != http.MethodGet {
			continue
		}
		if got := r.do(http.MethodHead, c.path, ""); got.status != c.status || got.body != "" {
			t.Errorf("HEAD %s: status %d, %d bytes", c.path, got.status, len(got.body))
		}
	}
}

func TestHandler_WhatAClientAcceptsChangesNothing(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	for _, accept := range []string{"*/*", "application/json", "application/problem+json", "text/html", "application/xml;q=0.9", "application/cbor", "x", ";;", ""} {
		if got := r.do("GET", "/health", "", "Accept", accept); got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("Accept %q: status %d, %s", accept, got.status, got.header.Get("Content-Type"))
		}
		wantProblem(t, r.do("POST", "/rooms", "{", "Accept", accept), apierr.Invalid)
		wantProblem(t, r.do("POST", "/rooms/autocomplete", `{"code":"","cursor_position":0}`, "Accept", accept), apierr.NotFound)
	}
}

func TestHandler_OnlyListedOriginsMayReadAnyRoute(t *testing.T) {
	const listed = "https://editor.example"
	r := newRig(t, redistest.Embedded(t), func(s *functions.Settings) { s.CORSOrigins = config.Origins{listed} })
	requests := append(slices.Collect(maps.Values(calls)), documentation...)
	requests = append(requests, call{"GET", "/no", "", 404}, call{"POST", "/rooms", "{", 422})
	for _, c := range requests {
		for _, origin := range []string{listed, "null", "http://localhost:3000", listed + ":443", "https://evil.example"} {
			simple := r.do(c.method, c.path, c.body, "Origin", origin)
			preflight := r.do("OPTIONS", c.path, "", "Origin", origin, "Access-Control-Request-Method", c.method,
				"Access-Control-Request-Headers", "content-type")
			if simple.status != c.status || preflight.status != http.StatusNoContent {
				t.Errorf("%s %s: status %d, preflight %d", c.method, c.path, simple.status, preflight.status)
			}
			for _, got := range []reply{simple, preflight} {
				allowed := got.header.Values("Access-Control-Allow-Origin")
				if origin == listed && !slices.Equal(allowed, []string{listed}) || origin != listed && len(allowed) != 0 {
					t.Errorf("%s %s for %s: Access-Control-Allow-Origin %q", c.method, c.path, origin, allowed)
				}
				if !strings.Contains(strings.Join(got.header.Values("Vary"), ","), "Origin") {
					t.Errorf("%s %s: Vary %q", c.method, c.path, got.header.Values("Vary"))
				}
			}
		}
	}
}

func TestHealth_IsAsClientsKnowIt(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	want := `{"status":"ok","service":"collaborative-code-editor","version":"` + httpserve.Version + `"}` + "\n"
	if got := r.do("GET", "/health", ""); got.body != want {
		t.Errorf("/health: %s, want %s", got.body, want)
	}
	if got := r.do("GET", "/readyz", ""); got.body != `{"status":"ready","checks":{"redis":"ok"}}`+"\n" {
		t.Errorf("/readyz: %s", got.body)
	}
}

// description is what of the API's description the tests look at.
type description struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Responses   map[string]struct {
			Content map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				} `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]struct {
			Required   []string       `json:"required"`
			Properties map[string]any `json:"properties"`
		} `json:"schemas"`
	} `json:"components"`
}

func describe(t *testing.T, r *rig) description {
	t.Helper()
	got := r.do("GET", "/openapi.json", "")
	var d description
	if err := json.Unmarshal([]byte(got.body), &d); err != nil || got.status != http.StatusOK {
		t.Fatalf("status %d, %.200s: %v", got.status, got.body, err)
	}
	return d
}

func TestOpenAPI_DescribesEveryOperationAndEachAnswers(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	d := describe(t, r)
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("OpenAPI %q", d.OpenAPI)
	}
	paths := []string{"/health", "/readyz", "/rooms", "/rooms/autocomplete", "/rooms/{room_id}/exists"}
	if got := slices.Sorted(maps.Keys(d.Paths)); !slices.Equal(got, paths) {
		t.Errorf("paths %q, want %q", got, paths)
	}
	described := 0
	for path, operations := range d.Paths {
		for method, operation := range operations {
			described++
			c, ok := calls[operation.OperationID]
			if !ok || !strings.EqualFold(c.method, method) || strings.Replace(path, "{room_id}", "abcdef", 1) != c.path {
				t.Errorf("%s %s is described as %q", method, path, operation.OperationID)
				continue
			}
			got := r.do(c.method, c.path, c.body)
			answer, ok := operation.Responses[strconv.Itoa(got.status)]
			if _, isJSON := answer.Content["application/json"]; !ok || !isJSON || got.status != c.status {
				t.Errorf("%s %s answers %d, which is not described", method, path, got.status)
			}
		}
	}
	if described != len(calls) {
		t.Errorf("%d operations described, want %d", described, len(calls))
	}
}

func TestOpenAPI_DescribesProblemsAsTheyAre(t *testing.T) {
	problems := map[string][]int{
		"create-room":  {413, 415, 422, 429, 500, 503},
		"room-exists":  {422, 429, 500, 503},
		"autocomplete": {404, 413, 415, 422, 429, 500},
	}
	d := describe(t, newRig(t, redistest.Embedded(t)))
	for _, operations := range d.Paths {
		for _, operation := range operations {
			for _, status := range problems[operation.OperationID] {
				answer := operation.Responses[strconv.Itoa(status)]
				name := strings.TrimPrefix(answer.Content[apierr.ContentType].Schema.Ref, "#/components/schemas/")
				properties := slices.Sorted(maps.Keys(d.Components.Schemas[name].Properties))
				if !slices.Equal(properties, []string{"code", "detail", "status", "title"}) {
					t.Errorf("%s: %d is described as %q with %q", operation.OperationID, status, name, properties)
				}
			}
		}
	}
	for _, operation := range d.Paths["/readyz"] {
		if _, ok := operation.Responses["503"].Content["application/json"]; !ok {
			t.Errorf("/readyz: 503 is described as %+v", operation.Responses["503"])
		}
	}
}

func TestDocs_AnUnknownAssetIsAProblem(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	for _, name := range []string{"", "none.js", "..%2fpages%2fdocs.html", "swagger-ui.css.gz", "%00"} {
		wantProblem(t, r.do("GET", "/docs/assets/"+name, ""), apierr.NotFound)
	}
	wantProblem(t, r.do("POST", "/docs", "{}"), apierr.MethodNotAllowed)
}
