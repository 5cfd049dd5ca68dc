package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/protocol"
)

// client is somebody with the JSON protocol.
type client struct {
	t      testing.TB
	conn   *websocket.Conn
	frames chan frame // closed when the connection has ended
	ended  error      // why; set before frames is closed
	init   frame
	id     string
}

// frame is any message of the server.
type frame struct {
	Type         string
	Code         string // the text, or the word of an error
	Users        []string
	Cursors      map[string]protocol.Cursor
	YourUserID   string `json:"your_user_id"`
	YourColor    string `json:"your_color"`
	UserID       string `json:"user_id"`
	Version      int64
	Updates      int64
	Language     string
	RoomID       string `json:"room_id"`
	ExpiresIn    int    `json:"expires_in"`
	Participants []protocol.Participant
	Line, Column int
	Color, Name  string
	Message      string
}

// dial opens a socket without waiting for init.
func dial(t testing.TB, url string) *client {
	t.Helper()
	c := connect(t, url)
	go c.readFrames(func(message []byte) []byte { return message })
	t.Cleanup(c.cut)
	return c
}

// connect opens a socket. Nothing is read from it yet.
func connect(t testing.TB, url string) *client {
	t.Helper()
	conn, response, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		status := 0
		if response != nil {
			status = response.StatusCode
		}
		t.Fatalf("connecting: %v (status %d)", err, status)
	}
	return &client{t: t, conn: conn, frames: make(chan frame, 10_000)}
}

// join enters a room by way of the i-th relay.
func (w *world) join(room string, i int) *client {
	w.t.Helper()
	c := dial(w.t, w.relay(i)+"/ws/"+room)
	c.init = c.next("init")
	c.id = c.init.YourUserID
	return c
}

// readFrames reads until the connection ends. open returns the JSON of a message, or
// nil for one that is of no interest.
func (c *client) readFrames(open func(message []byte) []byte) {
	defer close(c.frames)
	for {
		_, data, err := c.conn.ReadMessage()
		if err != nil {
			c.ended = err
			return
		}
		if data = open(data); data == nil {
			continue
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			c.ended = err
			return
		}
		c.frames <- f
	}
}

// cut ends the connection without a word, and waits until the reader has seen it.
func (c *client) cut() {
	_ = c.conn.Close() // it may have ended already
	for range c.frames {
	}
}

// leave closes the connection as a browser does.
func (c *client) leave() {
	c.t.Helper()
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := c.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	if code := c.closeCode(); code != websocket.CloseNormalClosure {
		c.t.Fatalf("the close was answered by %d", code)
	}
}

// closeCode waits for the end of the connection and returns its code.
func (c *client) closeCode() int {
	c.t.Helper()
	return closeCode(c.t, c.frames, &c.ended)
}

// closeCode waits for frames to be closed and returns the code of what is in ended then.
func closeCode[T any](t testing.TB, frames <-chan T, ended *error) int {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case _, ok := <-frames:
			if ok {
				continue
			}
			if end, isClose := errors.AsType[*websocket.CloseError](*ended); isClose {
				return end.Code
			}
			t.Fatalf("the connection ended with %v", *ended)
		case <-timeout:
			t.Fatalf("the connection did not end within %v", patience)
		}
	}
}

func (c *client) send(message string) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(message)); err != nil {
		c.t.Fatal(err)
	}
}

// write sends the whole text.
func (c *client) write(text string) {
	c.t.Helper()
	code, err := json.Marshal(text)
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(`{"type":"code_update","code":` + string(code) + `}`)
}

// next waits for the next message, which must be of this type.
func (c *client) next(kind string) frame {
	c.t.Helper()
	f := c.any()
	if f.Type != kind {
		c.t.Fatalf("got %+v, want %s", f, kind)
	}
	return f
}

// until waits for a message of this type, whatever comes before.
func (c *client) until(kind string) frame {
	c.t.Helper()
	for {
		if f := c.any(); f.Type == kind {
			return f
		}
	}
}

// untilCode waits until it was sent this text.
func (c *client) untilCode(text string) frame {
	c.t.Helper()
	for {
		if f := c.until("code_update"); f.Code == text {
			return f
		}
	}
}

func (c *client) any() frame {
	c.t.Helper()
	select {
	case f, ok := <-c.frames:
		if !ok {
			c.t.Fatalf("the connection has ended: %v", c.ended)
		}
		return f
	case <-time.After(patience):
		c.t.Fatalf("no message within %v", patience)
		return frame{}
	}
}

// settled proves that nothing else was sent to the client: the next message is
// the answer to one that is refused.
func (c *client) settled() {
	c.t.Helper()
	c.send("?")
	if f := c.any(); f.Type != "error" || f.Code != protocol.ErrCodeBadJSON {
		c.t.Fatalf("got %+v, want nothing but the refusal", f)
	}
}

// refused tries to connect, and returns the HTTP status that refuses it.
func refused(t testing.TB, url string, header http.Header) *http.Response {
	t.Helper()
	conn, response, err := websocket.DefaultDialer.Dial(url, header)
	if err == nil {
		_ = conn.Close()
		return &http.Response{StatusCode: http.StatusSwitchingProtocols}
	}
	if response == nil {
		t.Fatal(err)
	}
	return response
}

func sorted(ids ...string) []string {
	slices.Sort(ids)
	return ids
}
