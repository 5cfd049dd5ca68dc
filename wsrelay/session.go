package wsrelay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/wsrelay/bridge"
)

// Codes of error frames that this package adds to those of the protocol.
const (
	errCodeTooLarge = "too_large" // the text is above the limit of a room
	errCodeNotText  = "not_text"  // a binary frame
)

// session is one person's connection to a room.
type session struct {
	id   string // of the person, new with each connection
	conn *websocket.Conn
	out  *writer
	room *liveRoom
	log  *slog.Logger
	yjs  *yjsClient // nil for a client of the JSON protocol

	controls *rate.Limiter // owned by the reader
	messages *rate.Limiter // owned by the reader
	bytes    *rate.Limiter // owned by the reader

	// Guarded by room.mu.
	view       bridge.View
	shows      int64       // the version of the text that it shows, for all that is known
	settle     *time.Timer // sends the text again to a client that may not show it; nil before it is needed
	probe      *time.Timer // asks the client which of several texts it has; nil before it is needed
	probing    bool        // it is set, or the answer has not come
	updates    int64       // counts the texts that it sent
	batched    int64       // how many of them were made when the last entry was
	wantsSaved bool
}

func newSession(id string, conn *websocket.Conn, r *liveRoom, yjs *yjsClient) *session {
	kind := websocket.TextMessage
	if yjs != nil {
		kind = websocket.BinaryMessage
	}
	return &session{
		id:       id,
		conn:     conn,
		yjs:      yjs,
		out:      newWriter(conn, kind, r.relay.metrics),
		room:     r,
		log:      r.log.With(slog.String("user", id)),
		controls: rate.NewLimiter(controlsPerSecond, controlBurst),
		messages: rate.NewLimiter(messagesPerSecond, messageBurst),
		bytes:    rate.NewLimiter(bytesPerSecond, byteBurst),
	}
}

// serve lets the person in and reads until the connection ends. It returns
// when nothing of the session is left: not its writer, not its place in the room.
func (s *session) serve(ctx context.Context) {
	stop, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		defer logPanic(s.log, s.out.abort)
		s.out.run(stop)
	}()
	defer func() {
		close(stop)
		<-written
		_ = s.conn.Close() // it has ended: an error would say just that
	}()
	defer logPanic(s.log, func() {
		s.out.close(protocol.CloseInternal, "internal error")
		awaitClose(s.conn)
	})

	if err := s.room.join(ctx, s); err != nil {
		refused := apierr.From(err)
		if s.yjs != nil {
			s.closeLater(protocol.YjsCloseCode(refused.CloseCode()), refused.Detail)
		} else {
			s.out.close(refused.CloseCode(), refused.Detail)
		}
		awaitClose(s.conn)
		return
	}
	defer s.room.leave(s)
	err := s.read(ctx)
	s.log.LogAttrs(ctx, slog.LevelDebug, "session ended", slog.Any("reason", err))
}

// awaitClose reads until the client has answered the close frame or closeGrace is over.
func awaitClose(conn *websocket.Conn) {
	for {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
	}
}

// read takes the client's messages until the connection fails.
func (s *session) read(ctx context.Context) error {
	limit := maxFrameBytes
	if s.yjs != nil { // it may have to bring back a document that all others lost
		limit = min(max(limit, maxStateFactor*s.room.relay.maxTextBytes), byteBurst)
	}
	s.conn.SetReadLimit(int64(limit))
	s.conn.SetPongHandler(func(proof string) error {
		if !s.controls.Allow() {
			return s.tooManyControls()
		}
		s.hearPong(proof)
		return s.out.alive()
	})
	pong := s.conn.PingHandler()
	s.conn.SetPingHandler(func(payload string) error {
		if !s.controls.Allow() {
			return s.tooManyControls()
		}
		return errors.Join(pong(payload), s.out.alive())
	})
	for {
		if err := s.out.alive(); err != nil {
			return err
		}
		kind, frame, err := s.conn.ReadMessage()
		if errors.Is(err, websocket.ErrReadLimit) {
			s.linger()
			return fmt.Errorf("a frame above %d bytes: %w", limit, err)
		}
		if err != nil {
			return err
		}
		if err := s.pace(ctx, len(frame)); err != nil {
			return err
		}
		switch {
		case s.yjs != nil && kind == websocket.BinaryMessage:
			if err := s.handleYjs(ctx, frame); err != nil {
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

// tooManyControls ends a connection on which pings and pongs come faster than
// anyone answers ours.
func (s *session) tooManyControls() error {
	s.out.close(protocol.ClosePolicyViolation, "too many pings and pongs")
	return errors.New("too many pings and pongs")
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

// linger reads on, for a moment, what a client sends that has been refused by a
// close frame (gorilla has sent it, 1009): closing with bytes unread would reset
// the connection, and the client would never see the reason.
func (s *session) linger() {
	conn := s.conn.NetConn()
	if conn.SetReadDeadline(time.Now().Add(closeGrace)) == nil {
		_, _ = io.CopyN(io.Discard, conn, maxLingerBytes) // it ends with an error, or too late
	}
}

// pace makes a client wait that sends more than its share.
func (s *session) pace(ctx context.Context, size int) error {
	if err := s.messages.Wait(ctx); err != nil {
		return err
	}
	return s.bytes.WaitN(ctx, size)
}

func (s *session) handle(frame []byte) {
	message, err := protocol.Decode(frame)
	if err != nil {
		if refused, ok := errors.AsType[*protocol.RefusedError](err); ok {
			s.refuse(refused.Code, refused.Message)
		}
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
	if !s.out.push(protocol.Encode(protocol.ErrorFrame{Code: code, Message: message}), "") {
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
