package wsrelay

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
	"github.com/tutti-live/tutti/wsrelay/bridge"
)

// Codes of error frames that this package adds to those of the protocol.
const (
	errCodeTooLarge = "too_large" // the text is above the limit of a room
	errCodeNotText  = "not_text"  // a binary frame
)

// session is one person in a room.
type session struct {
	id   string // of the person, new with each connection
	out  *outbox
	room *liveRoom
	log  *slog.Logger
	yjs  *yjsClient // nil for a client of the JSON protocol

	// Guarded by room.mu.
	view       bridge.View
	shows      int64       // the version of the text that it shows, for all that is known
	settle     *time.Timer // sends the text again to a client that may not show it; nil before it is needed
	probe      *time.Timer // asks the client which of several texts it has; nil before it is needed
	probing    bool        // it is set, or the answer has not come
	updates    int64       // counts the texts or updates that it sent
	batched    int64       // how many of them were made when the last entry was
	wantsSaved bool
}

func newSession(r *liveRoom, out *outbox, yjs *yjsClient) *session {
	id := room.NewPersonID()
	return &session{id: id, out: out, yjs: yjs, room: r, log: r.log.With(slog.String("user", id))}
}

// serve lets the person in and reads until the connection ends.
func (s *session) serve(ctx context.Context, k *socket) {
	if err := s.room.join(ctx, s); err != nil {
		refused := apierr.From(err)
		code := refused.CloseCode()
		if s.yjs != nil {
			code = protocol.YjsCloseCode(code)
			k.out.closeLater(code, refused.Detail)
			awaitHello(k.conn)
		}
		k.out.close(code, refused.Detail)
		awaitClose(k.conn)
		return
	}
	defer s.room.leave(s)
	k.onPong = s.hearPong
	err := s.read(ctx, k)
	s.log.LogAttrs(ctx, slog.LevelDebug, "session ended", slog.Any("reason", err))
}

// read takes the client's messages until the connection fails.
func (s *session) read(ctx context.Context, k *socket) error {
	for {
		kind, frame, err := k.next(ctx)
		switch {
		case err != nil:
			return err
		case s.yjs != nil && kind == websocket.BinaryMessage:
			if err := s.handleYjs(ctx, k, frame); err != nil {
				return err
			}
		case s.yjs != nil: // y-websocket has no text frames
		case kind != websocket.TextMessage:
			s.refuse(errCodeNotText, "messages are text frames")
		default:
			s.handle(frame)
		}
	}
}

// hearPong takes in what a pong says about the texts that the client was sent.
// One that answers no ping of ours, which a client may send, says nothing.
func (s *session) hearPong(payload string) {
	if payload == "" {
		return
	}
	n, err := strconv.ParseInt(payload[1:], 10, 64)
	if err != nil {
		return
	}
	switch payload[:1] {
	case pingBefore:
		s.room.due(s, n)
	case pingBehind:
		s.room.prove(s, n)
	case pingAt:
		s.room.answered(s, s.out.started.Add(time.Duration(n)))
	}
}

// decode reads a message of the JSON protocol. It is not ok when that was refused.
func (s *session) decode(frame []byte) (message any, ok bool) {
	message, err := protocol.Decode(frame)
	if refused, is := errors.AsType[*protocol.RefusedError](err); is {
		s.refuse(refused.Code, refused.Message)
	}
	return message, err == nil
}

func (s *session) handle(frame []byte) {
	message, ok := s.decode(frame)
	if !ok {
		return
	}
	switch m := message.(type) {
	case protocol.SetCode:
		s.room.setText(s, m)
	case protocol.MoveCursor:
		s.room.moveCursor(s, m.Line, m.Column)
	case protocol.SetLanguage:
		s.room.setLanguage(s, m.Language)
	case protocol.Hello:
		s.room.hello(s, m.Name, slices.Contains(m.Features, protocol.FeatureSaved))
	}
}

// refuse tells the client that its message was refused. One that goes on being
// refused and does not read why is given up.
func (s *session) refuse(code, message string) {
	if !s.out.push(s.encode(protocol.ErrorFrame{Code: code, Message: message}), "") {
		s.out.close(protocol.CloseTryAgainLater, "this client reads too slowly")
	}
}

// stopLocked ends what a session that left has running.
func (s *session) stopLocked() {
	for _, timer := range []*time.Timer{s.settle, s.probe} {
		if timer != nil {
			timer.Stop()
		}
	}
}
