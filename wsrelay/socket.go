package wsrelay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/tutti-live/tutti/shared/protocol"
)

// socket is a client's connection as its reader has it. All but out is its own.
type socket struct {
	conn   *websocket.Conn
	out    *writer
	log    *slog.Logger
	limit  int                  // bytes of a frame from the client
	onPong func(payload string) // nil: nobody listens

	controls *rate.Limiter
	messages *rate.Limiter
	bytes    *rate.Limiter
}

// newSocket makes the socket of a connection. keepAlive is what it sends now and
// then; nil for clients of the JSON protocol, for whom a ping does.
func (r *Relay) newSocket(conn *websocket.Conn, keepAlive []byte) *socket {
	kind, limit := websocket.TextMessage, maxFrameBytes
	if keepAlive != nil {
		kind = websocket.BinaryMessage
		// It may have to bring back a document that all others lost.
		limit = min(max(limit, maxStateFactor*r.maxTextBytes), byteBurst)
	}
	return &socket{
		conn:     conn,
		out:      newWriter(conn, kind, keepAlive, r.metrics),
		log:      r.log,
		limit:    limit,
		controls: rate.NewLimiter(controlsPerSecond, controlBurst),
		messages: rate.NewLimiter(messagesPerSecond, messageBurst),
		bytes:    rate.NewLimiter(bytesPerSecond, byteBurst),
	}
}

// serve writes what is pushed while talk reads. It returns when the connection has
// ended and nothing of it is left; cancel is to end what talk may be waiting for
// then.
func (k *socket) serve(cancel, talk func()) {
	stop, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		defer logPanic(k.log, k.out.abort)
		k.out.run(stop)
		time.AfterFunc(closeGrace, cancel)
	}()
	defer func() {
		close(stop)
		<-written
		_ = k.conn.Close() // it has ended: an error would say just that
	}()
	defer logPanic(k.log, func() {
		k.out.close(protocol.CloseInternal, "internal error")
		awaitClose(k.conn)
	})
	k.listen()
	talk()
}

// listen has the connection deal with what is no message.
func (k *socket) listen() {
	k.conn.SetReadLimit(int64(k.limit))
	k.conn.SetPongHandler(func(payload string) error {
		if !k.controls.Allow() {
			return k.tooManyControls()
		}
		if k.onPong != nil {
			k.onPong(payload)
		}
		return k.out.alive()
	})
	pong := k.conn.PingHandler()
	k.conn.SetPingHandler(func(payload string) error {
		if !k.controls.Allow() {
			return k.tooManyControls()
		}
		return errors.Join(pong(payload), k.out.alive())
	})
}

// next is the client's next message. It makes a client wait that sends more than
// its share, and fails when the connection does.
func (k *socket) next(ctx context.Context) (kind int, frame []byte, err error) {
	if err := k.out.alive(); err != nil {
		return 0, nil, err
	}
	kind, frame, err = k.conn.ReadMessage()
	if errors.Is(err, websocket.ErrReadLimit) {
		k.linger()
		return 0, nil, fmt.Errorf("a frame above %d bytes: %w", k.limit, err)
	}
	if err != nil {
		return 0, nil, err
	}
	if err := k.messages.Wait(ctx); err != nil {
		return 0, nil, err
	}
	return kind, frame, k.bytes.WaitN(ctx, len(frame))
}

// tooManyControls ends a connection on which pings and pongs come faster than
// anyone answers ours.
func (k *socket) tooManyControls() error {
	k.out.close(protocol.ClosePolicyViolation, "too many pings and pongs")
	return errors.New("too many pings and pongs")
}

// linger reads on, for a moment, what a client sends that has been refused by a
// close frame (gorilla has sent it, 1009): closing with bytes unread would reset
// the connection, and the client would never see the reason.
func (k *socket) linger() {
	conn := k.conn.NetConn()
	if conn.SetReadDeadline(time.Now().Add(closeGrace)) == nil {
		_, _ = io.CopyN(io.Discard, conn, maxLingerBytes) // it ends with an error, or too late
	}
}

// awaitClose reads until the client has answered the close frame or closeGrace is over.
func awaitClose(conn *websocket.Conn) {
	for {
		if _, _, err := conn.NextReader(); err != nil {
			return
		}
	}
}
