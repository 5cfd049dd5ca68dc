package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/shared/protocol"
)

const (
	// connectLimit is how long connecting may take, init included.
	connectLimit = 10 * time.Second

	// sendLimit is how long a text may take to leave: then the relay is stuck
	// and the connection is given up, as a person would reload the page.
	sendLimit = 10 * time.Second
)

// client is one connection of a person. It shows the text that it was sent
// last, or what its person made of it.
type client struct {
	world   *world
	person  string
	relay   *process.Process
	ws      *websocket.Conn
	user    string        // as the relay calls it
	changed chan struct{} // holds one token when something came
	ended   chan struct{} // closed when the connection has ended
	told    *transcript

	mu      sync.Mutex
	shown   string
	version int64 // of the text that came last
	states  bool  // what it sends says which version it was made from
	texts   int   // that were sent
	roster  roster
	refusal string // the first error frame
	left    bool   // its person ended it
	close   error  // how it ended; nil before
}

// frame is any message of the server.
type frame struct {
	Type       string
	Code       string // the text, or the word of an error
	Message    string
	Users      []string
	YourUserID string `json:"your_user_id"`
	UserID     string `json:"user_id"`
	Name       string
	Version    int64
	Updates    int // of saved: how many texts of this connection are in Redis

	Participants []struct{ ID, Name string }
}

// errTurnedAway says that a relay claims that there is no such room, or no
// place in it: a frontend would give up for good.
var errTurnedAway = errors.New("turned away for good")

// dial connects to a relay and waits for init.
func (w *world) dial(ctx context.Context, person string, relay *process.Process) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	before := w.journal.standing()
	dialer := websocket.Dialer{HandshakeTimeout: connectLimit}
	ws, response, err := dialer.DialContext(ctx, "ws://"+relay.Addr+"/ws/"+w.room, nil)
	if response != nil && response.Body != nil {
		_ = response.Body.Close() // it was read by the dialer
	}
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil, fmt.Errorf("%s answered %s", relay.Name, response.Status)
		}
		return nil, err
	}
	c := &client{
		world: w, person: person, relay: relay, ws: ws,
		changed: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	if err := c.begin(); err != nil {
		_ = ws.Close() // it is of no use
		if close, ok := errors.AsType[*websocket.CloseError](err); ok && close.Code >= 4000 && close.Code <= 4099 {
			err = fmt.Errorf("%w by %s: %w", errTurnedAway, relay.Name, err)
		}
		return nil, err
	}
	if missed := w.journal.missing(before, c.shown); w.fault.redisIsFine && len(missed) > 0 {
		w.wrong("%s joined and did not find %s", c.name(), some(missed))
	}
	w.visits.begin(c)
	w.readers.Go(c.read)
	return c, nil
}

// begin waits for init, asks to be told what is saved, and takes its id for a
// name, by which Yjs clients know it.
func (c *client) begin() error {
	if err := c.ws.SetReadDeadline(time.Now().Add(connectLimit)); err != nil {
		return err
	}
	var f frame
	if err := c.ws.ReadJSON(&f); err != nil {
		return err
	}
	if f.Type != protocol.TypeInit {
		c.world.wrong("%s was sent %s before init", c.name(), f.Type)
		return fmt.Errorf("the first message is %s", f.Type)
	}
	c.user, c.shown, c.version = f.YourUserID, f.Code, f.Version
	c.roster.begin(f.Users)
	for _, p := range f.Participants {
		c.roster.here[p.ID] = p.Name
	}
	var err error
	if c.told, err = c.world.transcribe(c); err != nil {
		return err
	}
	c.told.add("<", fmt.Appendf(nil, "init %q", c.shown))
	return errors.Join(
		c.ws.SetReadDeadline(time.Time{}),
		c.write(fmt.Sprintf(`{"type":"hello","features":["saved"],"name":%q}`, c.user)),
	)
}

func (c *client) name() string { return c.person + "@" + c.relay.Name }

// read takes in what the relay sends until the connection ends.
func (c *client) read() {
	defer close(c.ended)
	for {
		_, data, err := c.ws.ReadMessage()
		c.told.add("<", data)
		var f frame
		if err == nil {
			err = json.Unmarshal(data, &f)
		}
		if err != nil {
			c.mu.Lock()
			c.close = err
			c.mu.Unlock()
			c.world.visits.end(c)
			_ = c.ws.Close() // it has ended: an error would say just that
			if err := c.told.close(); err != nil {
				c.world.note("%v", err)
			}
			return
		}
		c.take(f)
	}
}

func (c *client) take(f frame) {
	c.mu.Lock()
	switch f.Type {
	case protocol.TypeCodeUpdate:
		c.shown, c.version = f.Code, f.Version
	case protocol.TypeUserJoined:
		c.roster.joined(f.UserID, f.Name)
	case protocol.TypeUserLeft:
		c.roster.left(f.UserID)
	case protocol.TypeError:
		if c.refusal == "" {
			c.refusal = f.Code + ": " + f.Message
		}
	}
	c.mu.Unlock()
	if f.Type == protocol.TypeSaved {
		c.world.journal.acked(c, f.Updates)
	}
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// edit changes the shown text and sends it.
func (c *client) edit(alter func(shown string) (string, change)) error {
	c.mu.Lock()
	text, change := alter(c.shown)
	c.shown = text
	update := codeUpdate{Code: text}
	if c.states {
		base := c.version
		update.BaseVersion = &base
	}
	c.mu.Unlock()
	return c.send(update, change)
}

// codeUpdate is a whole text on its way to the relay.
type codeUpdate struct {
	Type        string `json:"type"`
	Code        string `json:"code"`
	BaseVersion *int64 `json:"base_version,omitempty"`
}

// send sends a whole text. Only the person who owns the client may call it.
func (c *client) send(update codeUpdate, change change) error {
	update.Type = protocol.TypeCodeUpdate
	message, err := json.Marshal(update)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.texts++
	n := c.texts
	c.mu.Unlock()
	c.world.journal.sent(c, n, change)
	return c.write(string(message))
}

func (c *client) moveCursor(line int) error {
	return c.write(fmt.Sprintf(`{"type":"%s","line":%d,"column":1}`, protocol.TypeCursorMove, line))
}

func (c *client) write(message string) error {
	c.told.add(">", []byte(message))
	return errors.Join(
		c.ws.SetWriteDeadline(time.Now().Add(sendLimit)),
		c.ws.WriteMessage(websocket.TextMessage, []byte(message)),
	)
}

func (c *client) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown
}

// show changes the shown text without sending it, as typing does.
func (c *client) show(alter func(shown string) string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown = alter(c.shown)
	return c.shown
}

func (c *client) isOpen() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// leave ends the connection as a browser does, or without a word if the relay
// does not answer.
func (c *client) leave() {
	c.mu.Lock()
	c.left = true
	c.mu.Unlock()
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if c.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second)) == nil {
		limit := time.NewTimer(2 * time.Second)
		defer limit.Stop()
		select {
		case <-c.ended:
		case <-limit.C:
		}
	}
	c.cut()
}

// cut ends the connection without a word.
func (c *client) cut() {
	c.mu.Lock()
	c.left = true
	c.mu.Unlock()
	_ = c.ws.Close() // it may have ended
	<-c.ended
	c.world.journal.forget(c)
}

// closeCode is how the relay ended the connection: 0 if without a word, or not.
func (c *client) closeCode() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return closeCodeOf(c.close)
}

// fault is what the relay did wrong to this connection.
func (c *client) fault() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.refusal != "":
		return c.name() + " was refused: " + c.refusal
	case c.close != nil && !c.left:
		return fmt.Sprintf("%s was closed: %v", c.name(), c.close)
	}
	return ""
}
