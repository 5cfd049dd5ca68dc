package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/infra/ywebsocket"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
	"github.com/tutti-live/tutti/shared/protocol"
)

// What two people add to the text, and then a third with Yjs.
const (
	secondText = firstText + "// one\n"
	thirdText  = secondText + "// two\n"
	fourthText = thirdText + "// three\n"
)

// socket is a connection that ends with its context.
type socket struct {
	*websocket.Conn
	done func() bool
}

func dial(ctx context.Context, url string) (*socket, error) {
	conn, response, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if response != nil && response.Body != nil {
		_ = response.Body.Close() // it has been read, or there is none
	}
	switch {
	case err != nil && response != nil:
		return nil, fmt.Errorf("%s: %w (status %d)", url, err, response.StatusCode)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return &socket{conn, context.AfterFunc(ctx, func() { _ = conn.Close() })}, nil
}

func (s *socket) end() {
	s.done()
	_ = s.Close() // everything was said
}

// awaitText waits for a message with this text.
func (s *socket) awaitText(text string) error {
	last := ""
	for {
		var m struct{ Type, Code, Message string }
		if err := s.ReadJSON(&m); err != nil {
			return fmt.Errorf("waiting for %q, with %q last: %w", text, last, err)
		}
		switch m.Type {
		case "error":
			return fmt.Errorf("%s: %s", m.Code, m.Message)
		case "init", "code_update":
			last = m.Code
		}
		if last == text {
			return nil
		}
	}
}

func (s *socket) write(text string) error {
	message, err := json.Marshal(map[string]string{"type": "code_update", "code": text})
	if err != nil {
		return err
	}
	return s.WriteMessage(websocket.TextMessage, message)
}

// people has one write and the other see it, both ways. Tried again, they find what
// they wrote the last time.
func (s *site) people(ctx context.Context) error {
	one, err := dial(ctx, s.room.WSURL)
	if err != nil {
		return err
	}
	defer one.end()
	two, err := dial(ctx, s.room.WSURL)
	if err != nil {
		return err
	}
	defer two.end()
	return errors.Join(one.write(secondText), two.awaitText(secondText), two.write(thirdText), one.awaitText(thirdText))
}

// yjs has a y-websocket client find the text, add to it, and a person see that.
func (s *site) yjs(ctx context.Context) error {
	text := ""
	client := ywebsocket.Open(ctx, ywebsocket.Options{URL: func() string { return s.room.YjsURL }})
	defer client.Leave()
	if err := client.AwaitSync(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.room.YjsURL, err)
	}
	err := client.Edit(func(t *crdt.Text) error {
		text = t.String()
		return t.Insert(t.Len(), strings.TrimPrefix(fourthText, thirdText))
	})
	if err == nil && text != thirdText {
		err = fmt.Errorf("it found %q", text)
	}
	if err != nil {
		return err
	}
	person, err := dial(ctx, s.room.WSURL)
	if err != nil {
		return err
	}
	defer person.end()
	return errors.Join(person.awaitText(fourthText), client.Wrong())
}

// The answers of Hocuspocus to a token.
const (
	hocuspocusAuth = 2
	authDenied     = 1
	authAllowed    = 2
)

// ask sends a token for a document and returns the answer to it.
func (s *site) ask(ctx context.Context, document string) (answer uint64, err error) {
	base, _, found := strings.Cut(s.room.WSURL, "/ws/")
	if !found {
		return 0, fmt.Errorf("no /ws/ in %s", s.room.WSURL)
	}
	conn, err := dial(ctx, base+"/hocuspocus")
	if err != nil {
		return 0, err
	}
	defer conn.end()
	token := append(protocol.DocumentAddress(document), hocuspocusAuth, 0, 0)
	if err := conn.WriteMessage(websocket.BinaryMessage, token); err != nil {
		return 0, err
	}
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return 0, err
		}
		r := lib0.NewReader(frame)
		if name, kind := r.String(), r.Uvarint(); name == document && kind == hocuspocusAuth {
			return r.Uvarint(), r.Err()
		}
	}
}

func (s *site) hocuspocusAllows(ctx context.Context) error {
	answer, err := s.ask(ctx, s.room.ID)
	if err == nil && answer != authAllowed {
		err = fmt.Errorf("it answers %d, not %d", answer, authAllowed)
	}
	return err
}

func (s *site) hocuspocusDenies(ctx context.Context) error {
	answer, err := s.ask(ctx, "no-such-room")
	if err == nil && answer != authDenied {
		err = fmt.Errorf("it answers %d, not %d", answer, authDenied)
	}
	return err
}
