package gateway

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/config"
)

// server answers with its name and with the address that the client is said to have.
func server(t *testing.T, name string) config.BaseURL {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, name+" "+r.Header.Get("X-Forwarded-For"))
	})
}

func serve(t *testing.T, handler http.HandlerFunc) config.BaseURL {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return config.BaseURL(s.URL)
}

func newGateway(t *testing.T, functions config.BaseURL, relays ...config.BaseURL) (url string) {
	t.Helper()
	handler, err := New(Settings{FunctionsURL: functions, RelayURLs: relays}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-For", "10.0.0.1") // which anybody can write
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

func TestGateway_SendsEachPathWhereItBelongs(t *testing.T) {
	gateway := newGateway(t, server(t, "functions"), server(t, "relay"))
	for path, want := range map[string]string{
		"/rooms/65b334/exists": "functions 127.0.0.1",
		"/health":              "functions 127.0.0.1",
		"/no/such/path":        "functions 127.0.0.1",
		"/ws/65b334":           "relay 127.0.0.1",
		"/yjs/65b334":          "relay 127.0.0.1",
		"/hocuspocus":          "relay 127.0.0.1",
	} {
		if _, body := get(t, gateway+path); body != want {
			t.Errorf("%s: %q answers, want %q", path, body, want)
		}
	}
	for _, path := range []string{"/", "/65b334"} {
		if _, body := get(t, gateway+path); !strings.Contains(body, "<html") {
			t.Errorf("%s is %q, want the playground", path, body)
		}
	}
}

func TestGateway_SharesSocketsOut_PastRelaysThatTakeNobody(t *testing.T) {
	full := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	gateway := newGateway(t, server(t, "functions"), server(t, "one"), full, "http://127.0.0.1:1", server(t, "two"))
	count := make(map[string]int)
	for range 8 {
		_, body := get(t, gateway+"/ws/65b334")
		count[body]++
	}
	if len(count) != 2 || count["one 127.0.0.1"] != 2 || count["two 127.0.0.1"] != 6 {
		t.Errorf("they answered %v", count)
	}
}

func TestGateway_NobodyThere_SaysSo(t *testing.T) {
	gateway := newGateway(t, "http://127.0.0.1:1", "http://127.0.0.1:1")
	for _, path := range []string{"/rooms", "/ws/65b334"} {
		if status, body := get(t, gateway+path); status != http.StatusServiceUnavailable || !strings.Contains(body, `"unavailable"`) {
			t.Errorf("%s answers %d, %s", path, status, body)
		}
	}
}

func TestGateway_CarriesWebSockets(t *testing.T) {
	echo := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ws, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.Close()
		if kind, data, err := ws.ReadMessage(); err != nil || ws.WriteMessage(kind, data) != nil {
			t.Error("no echo", err)
		}
	})
	gateway := newGateway(t, echo, echo)
	ws, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(gateway, "http")+"/ws/65b334", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close() // the dialer has read it
	defer ws.Close()
	if err := ws.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := ws.ReadMessage(); err != nil || string(data) != "hello" {
		t.Errorf("got %q, %v", data, err)
	}
}
