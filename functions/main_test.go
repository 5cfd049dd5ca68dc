package functions_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/logtest"
	"github.com/tutti-live/tutti/shared/redistest"
	"github.com/tutti-live/tutti/shared/room"
)

// defaultLog is what packages log that are not given a logger.
var defaultLog logtest.Buffer

func TestMain(m *testing.M) {
	slog.SetDefault(httpserve.NewLogger(&defaultLog, slog.LevelDebug))
	goleak.VerifyTestMain(m)
}

// secretLength is the length of ids that are looked for in logs: shorter ones
// turn up by chance, among the digits of a time.
const secretLength = 12

// rig is the functions, served over HTTP on top of a Redis. When its test ends
// it looks for ids of rooms and pieces of code in the log.
type rig struct {
	t       *testing.T
	store   *room.Store
	api     *functions.API
	url     string
	client  *http.Client
	log     logtest.Buffer
	mu      sync.Mutex
	secrets []string
}

// defaults are the settings of an empty environment.
func defaults(t *testing.T) functions.Settings {
	t.Helper()
	var settings functions.Settings
	if err := config.Load(&settings); err != nil {
		t.Fatal(err)
	}
	return settings
}

// newRig serves everything, with settings that may be changed.
func newRig(t *testing.T, server *redistest.Server, change ...func(*functions.Settings)) *rig {
	t.Helper()
	r := open(t, server, change...)
	r.serve(functions.Everything)
	return r
}

// open makes the functions without serving them.
func open(t *testing.T, server *redistest.Server, change ...func(*functions.Settings)) *rig {
	t.Helper()
	settings := defaults(t)
	settings.RoomCodeLength = secretLength
	for _, c := range change {
		c(&settings)
	}
	settings.URL = server.URL
	store, err := room.Open(settings.URL, settings.Rooms, room.Options{CodeLength: int(settings.RoomCodeLength)})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, store: store}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		r.checkLog()
	})
	if r.api, err = functions.New(store, settings, httpserve.NewLogger(&r.log, slog.LevelDebug)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.api.Close)
	return r
}

// serve serves one target.
func (r *rig) serve(target string) {
	r.t.Helper()
	handler, err := r.api.Handler(target)
	if err != nil {
		r.t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	r.t.Cleanup(server.Close)
	r.url, r.client = server.URL, server.Client()
	r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

// secret says that the log must not have s. It returns s.
func (r *rig) secret(s string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = append(r.secrets, s)
	return s
}

func (r *rig) checkLog() {
	r.t.Helper()
	log := r.log.String() + defaultLog.String()
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			r.t.Errorf("the log has a line that is not JSON: %q", line)
		}
	}
	for _, secret := range r.secrets {
		if strings.Contains(log, secret) {
			r.t.Errorf("the log has %q", secret)
		}
	}
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	took   time.Duration
}

// do sends a request. A body goes as JSON unless headers, pairs of name and
// value, say something else.
func (r *rig) do(method, path, body string, headers ...string) reply {
	r.t.Helper()
	request, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	start := time.Now()
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Errorf("%s %s: %v", method, path, err)
		return reply{}
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Errorf("%s %s: %v", method, path, err)
	}
	return reply{response.StatusCode, response.Header, string(content), time.Since(start)}
}

// stored is what the store has of a room.
func (r *rig) stored(id string) (text, language string) {
	r.t.Helper()
	state, err := r.store.Load(r.t.Context(), id, room.Position{})
	if err != nil {
		r.t.Fatal(err)
	}
	doc := crdt.NewDoc()
	for _, e := range state.Entries {
		if err := doc.Load([]byte(e.Payload), nil); err != nil {
			r.t.Fatal(err)
		}
	}
	return doc.Text("code").String(), state.Meta.Language
}

// create makes a room.
func (r *rig) create(t *testing.T, body string) createdRoom {
	t.Helper()
	got := r.do("POST", "/rooms", body)
	var created createdRoom
	if got.status != http.StatusCreated {
		t.Fatalf("POST /rooms %.200s: status %d, %s", body, got.status, got.body)
	}
	decode(t, got, &created)
	if len(created.RoomID) >= secretLength {
		r.secret(created.RoomID)
	}
	return created
}

// createdRoom is the answer to POST /rooms as clients know it.
type createdRoom struct {
	RoomID    string `json:"room_id"`
	JoinURL   string `json:"join_url"`
	WSURL     string `json:"ws_url"`
	YjsURL    string `json:"yjs_url"`
	ExpiresIn int    `json:"expires_in"`
}

// decode reads a JSON answer, which must have the fields of v and no other.
func decode(t *testing.T, got reply, v any) {
	t.Helper()
	if contentType := got.header.Get("Content-Type"); contentType != "application/json" {
		t.Errorf("Content-Type %q", contentType)
	}
	decoder := json.NewDecoder(strings.NewReader(got.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		t.Errorf("%s: %v", got.body, err)
	}
}

// wantProblem checks that an answer is the problem document of a code, with
// four fields. It returns the detail.
func wantProblem(t *testing.T, got reply, code apierr.Code) string {
	t.Helper()
	var problem apierr.Problem
	decoder := json.NewDecoder(strings.NewReader(got.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&problem); err != nil {
		t.Errorf("status %d, %.200q: %v", got.status, got.body, err)
		return ""
	}
	want := apierr.New(code, "%s", problem.Detail).Problem()
	if problem != want || got.status != want.Status || problem.Detail == "" {
		t.Errorf("status %d, %s, want %s", got.status, got.body, code)
	}
	if contentType := got.header.Get("Content-Type"); contentType != apierr.ContentType {
		t.Errorf("Content-Type %q of %s", contentType, got.body)
	}
	return problem.Detail
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	const patience = 10 * time.Second
	giveUp := time.After(patience)
	for !holds() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-giveUp:
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}
