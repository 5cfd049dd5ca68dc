package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/protocol"
)

func TestWire_UnknownRoomIsAcceptedAndClosedWith4004(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for _, id := range []string{"aaaaaa", "ABCDEF", "short", "room%0d%0ax", "%7Broom%7D", strings.Repeat("a", 33), "a%2Fb%2Fc%2Fd"} {
			c := dial(t, w.relay(0)+"/ws/"+id)
			if code := c.closeCode(); code != 4004 || !strings.Contains(c.ended.Error(), "Room not found") {
				t.Errorf("room %s: %v", id, c.ended)
			}
		}
		if keys := w.redis.Keys(); len(keys) != 0 {
			t.Errorf("asking for rooms made keys: %v", keys)
		}
	})
}

func TestWire_BadMessagesAreRefusedAndTheConnectionLives(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"code":"safe"}`)
		c, other := w.join(id, 0), w.join(id, 1)
		c.next("user_joined")
		for _, message := range []string{
			``, `{`, `null`, `[]`, `"code_update"`, `{"type":"code_update"}`, `{"type":"code_update","code":null}`,
			`{"type":"code_update","code":7}`, `{"type":"code_update","code":["x"]}`, `{"TYPE":"code_update","code":"x"}`,
			`{"type":"code_update","type":"code_update","code":"x"}`, `{"type":"code_update","code":"\ud800"}`,
			"{\"type\":\"code_update\",\"code\":\"\xc3\"}", `{"type":"code_update","code":"x"}}`, `{"type":"eval","code":"x"}`,
			`{"type":"user_left","user_id":"` + other.id + `"}`, `{"type":"cursor_move","line":-1,"column":1}`,
			`{"type":"cursor_move","line":"1","column":1}`, `{"type":"init","code":"x"}`,
		} {
			c.send(message)
			if f := c.next("error"); f.Code == "" || f.Message == "" {
				t.Errorf("%s: got %+v", message, f)
			}
		}
		if err := c.conn.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"code_update","code":"x"}`)); err != nil {
			t.Fatal(err)
		}
		c.next("error")
		other.settled()
		c.write("safe and sound")
		other.untilCode("safe and sound")
	})
}

func TestWire_TextAboveTheLimitIsRefusedAndTheConnectionLives(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.next("user_joined")
		a.write(strings.Repeat("é", 501))
		if f := a.next("error"); f.Code != "too_large" || !strings.Contains(f.Message, "1002") {
			t.Errorf("got %+v", f)
		}
		a.write(strings.Repeat("é", 500))
		b.untilCode(strings.Repeat("é", 500))
	}, func(s *devstack.Settings) { s.Relay.MaxTextBytes = 1000 })
}

func TestWire_FrameAboveTheLimitEndsOnlyItsConnection(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		_ = a.conn.WriteMessage(websocket.TextMessage, bytes.Repeat([]byte("x"), 8<<20)) // may fail half-way
		if code := a.closeCode(); code != 1009 {
			t.Errorf("closed with %d", code)
		}
		if f := b.until("user_left"); f.UserID != a.id {
			t.Errorf("got %+v", f)
		}
		b.settled()
	})
}

func TestWire_LongestTextTravelsWhole(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		text := strings.Repeat("\"quoted\"\\\t😀\n", 512<<10/16)
		a.write(text)
		b.untilCode(text)
		scene.Eventually(t, "it is saved", func() bool { return w.codeView(id) == text })
		if late := w.join(id, 1); late.init.Code != text {
			t.Errorf("who comes late finds %d bytes", len(late.init.Code))
		}
	})
}

func TestWire_OnlyAllowedOriginsGetIn(t *testing.T) {
	server := func(w *world, origin ...string) int {
		header := http.Header{}
		if len(origin) > 0 {
			header["Origin"] = origin
		}
		return refused(w.t, w.relay(0)+"/ws/"+w.create(""), header).StatusCode
	}
	allow := func(s *devstack.Settings) {
		s.Relay.CORSOrigins = config.Origins{"https://app.example", "http://localhost:3000"}
	}
	everywhere(t, func(t *testing.T, w *world) {
		for _, origin := range []string{"https://app.example", "http://localhost:3000"} {
			if status := server(w, origin); status != http.StatusSwitchingProtocols {
				t.Errorf("origin %s: %d", origin, status)
			}
		}
		if status := server(w); status != http.StatusSwitchingProtocols {
			t.Errorf("a program without an origin: %d", status)
		}
		for _, origin := range [][]string{
			{"null"},
			{""},
			{"*"},
			{"http://app.example"},
			{"https://app.example:443"},
			{"https://app.example."},
			{"https://app.example/"},
			{"https://APP.example"},
			{"https://evil.app.example"},
			{"https://app.example.evil"},
			{"https://evilapp.example"},
			{"https://app.example@evil"},
			{"https://user@app.example"},
			{"http://localhost"},
			{"http://localhost:30000"},
			{"http://127.0.0.1:3000"},
			{"file://"},
			{"https://app.example https://evil"},
			{"https://app.example", "https://evil.example"},
			{"https://app.example, https://evil.example"},
			{"https://аpp.example"},
		} {
			if status := server(w, origin...); status != http.StatusForbidden {
				t.Errorf("origin %q: %d", origin, status)
			}
		}
	}, allow)
	t.Run("required", func(t *testing.T) {
		everywhere(t, func(t *testing.T, w *world) {
			if status := server(w); status != http.StatusForbidden {
				t.Errorf("a program without an origin: %d", status)
			}
		}, allow, func(s *devstack.Settings) { s.Relay.RequireOrigin = true })
	})
}

func TestWire_LimitsOfPeople(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id, other := w.create(""), w.create("")
		for i := range 4 {
			w.join(id, i)
		}
		c := dial(t, w.relay(0)+"/ws/"+id)
		if code := c.closeCode(); code != 4005 {
			t.Errorf("a full room: %v", c.ended)
		}
		scene.Eventually(t, "its place is free again", func() bool {
			response := refused(t, w.relay(0)+"/ws/"+other, nil)
			return response.StatusCode == http.StatusSwitchingProtocols
		})
	}, func(s *devstack.Settings) { s.Relay.MaxPeoplePerRoom = 4 })
}

func TestWire_LimitsOfConnections(t *testing.T) {
	for name, limit := range map[string]struct {
		set    func(*devstack.Settings)
		status int
	}{
		"of an instance": {func(s *devstack.Settings) { s.Relay.MaxConnections = 3 }, http.StatusServiceUnavailable},
		"of a client":    {func(s *devstack.Settings) { s.Relay.MaxConnectionsPerClient = 3 }, http.StatusTooManyRequests},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, func(t *testing.T, w *world) {
				id := w.create("")
				var in []*client
				for range 3 {
					in = append(in, w.join(id, 0))
				}
				response := refused(t, w.relays[0]+"/ws/"+id, nil)
				if response.StatusCode != limit.status || response.Header.Get("Retry-After") == "" {
					t.Errorf("the fourth: %d %v", response.StatusCode, response.Header)
				}
				if got := response.Header.Get("Content-Type"); got != "application/problem+json" {
					t.Errorf("content type is %s", got)
				}
				in[0].leave()
				scene.Eventually(t, "the place is free", func() bool {
					return refused(t, w.relays[0]+"/ws/"+id, nil).StatusCode == http.StatusSwitchingProtocols
				})
			}, limit.set)
		})
	}
}

func TestWire_WhoGuessesIDsIsToldNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		for i := range 5 { // five at once may be tried, and then one in 20 s
			c := dial(t, w.relays[0]+fmt.Sprintf("/ws/guess%d", i))
			if code := c.closeCode(); code != 4004 {
				t.Fatalf("guess %d: %v", i, c.ended)
			}
		}
		response := refused(t, w.relays[0]+"/ws/"+id, nil)
		if response.StatusCode != http.StatusTooManyRequests || response.Header.Get("Retry-After") == "" {
			t.Errorf("a room that there is: %d %v", response.StatusCode, response.Header)
		}
	}, func(s *devstack.Settings) { s.Relay.MissRate = 0.05 })
}

func TestWire_PlainHTTP(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		base := "http" + strings.TrimPrefix(w.relay(0), "ws")
		for _, c := range []struct {
			method, path string
			status       int
		}{
			{http.MethodGet, "/ws/" + id, http.StatusUpgradeRequired},
			{http.MethodPost, "/ws/" + id, http.StatusMethodNotAllowed},
			{http.MethodGet, "/yjs/" + id, http.StatusUpgradeRequired},
			{http.MethodGet, "/ws/", http.StatusNotFound},
			{http.MethodGet, "/nothing", http.StatusNotFound},
			{http.MethodGet, "/health", http.StatusOK},
			{http.MethodGet, "/readyz", http.StatusOK},
		} {
			request, err := http.NewRequestWithContext(t.Context(), c.method, base+c.path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != c.status {
				t.Errorf("%s %s: %d, want %d", c.method, c.path, response.StatusCode, c.status)
			}
			if got := response.Header.Get("Content-Type"); c.status >= 400 && got != "application/problem+json" {
				t.Errorf("%s %s: content type is %s", c.method, c.path, got)
			}
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestWire_NoRoomIDInAnyLog(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.write("secret text")
		b.untilCode("secret text")
		a.send("{")
		a.until("error")
		w.redis.Wipe()
		scene.Eventually(t, "the room is put back", func() bool { return w.codeView(id) == "secret text" })
		a.leave()
		b.leave()
		scene.Eventually(t, "the sessions are logged", func() bool { return strings.Count(w.log.String(), "session ended") == 2 })
		for _, secret := range []string{id, "secret text"} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("%q is in the log", secret)
			}
		}
	})
}

// Questions are answered slowly to who asks often, but not to who has gone.
func TestWire_YjsClientThatAskedForMuchAndLeft_IsGone(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		person := w.join(id, 0)
		conn, response, err := websocket.DefaultDialer.DialContext(t.Context(), w.relay(0)+"/yjs/"+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close() // it has none
		joined := person.until("user_joined")
		const questions = 1000 // a quarter of an hour
		if err := conn.WriteMessage(websocket.BinaryMessage, bytes.Repeat(protocol.EncodeSyncStep1([]byte{0}), questions)); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if left := person.until("user_left"); left.UserID != joined.UserID {
			t.Errorf("%s left, not %s", left.UserID, joined.UserID)
		}
	})
}

func TestWire_SlowReaderHoldsUpNobody(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		writer, reader := w.join(id, 0), w.join(id, 1)
		slow, _, err := websocket.DefaultDialer.Dial(w.relay(0)+"/ws/"+id, nil) // never reads
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		text := strings.Repeat("x", 100<<10)
		for i := range 100 { // 10 MiB: more than any socket buffer holds
			writer.write(fmt.Sprint(i, text))
		}
		reader.untilCode(fmt.Sprint(99, text))
	})
}
