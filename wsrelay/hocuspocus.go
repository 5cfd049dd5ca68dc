package wsrelay

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
)

const (
	// maxAttached is how many documents one connection may work on. Each but the
	// first counts as a connection.
	maxAttached = 100

	// maxEarly and maxEarlyBytes are what may wait for a document's token, which a
	// client may have to fetch while somebody types.
	maxEarly      = 100
	maxEarlyBytes = 1 << 20

	// maxUnread messages of one document wait while it is busy. Then the others of
	// the connection wait too.
	maxUnread = 8
)

// hocuspocusKeepAlive is yjsKeepAlive of a document that nobody has.
var hocuspocusKeepAlive = append(protocol.DocumentAddress(""), yjsKeepAlive...)

// hocuspocus is a connection of @hocuspocus/provider: one socket for any number of
// documents, each of which is a room. Somebody who works on several is one person
// in each of them. A document that cannot be had, or not any longer, leaves the
// others alone; it can be asked for again with a new token.
type hocuspocus struct {
	relay  *Relay
	client netip.Addr
	text   string // the root type that it takes for the text; "": it did not say
	socket *socket

	attached map[string]*attached // by the names that the client uses; the reader's
	running  sync.WaitGroup       // goroutines of attached documents
}

// attached is a document that a connection works on. It has a goroutine, so that
// none of them waits for the others to be loaded.
type attached struct {
	*hocuspocus
	name     string
	place    *connection   // nil for the first document, which has that of the socket
	messages chan any      // closed by the reader when the client is done with it
	ended    chan struct{} // closed when the goroutine has ended
}

// serve reads until the connection ends.
func (h *hocuspocus) serve(ctx context.Context) {
	defer h.running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		kind, frame, err := h.socket.next(ctx)
		if err != nil {
			h.socket.log.LogAttrs(ctx, slog.LevelDebug, "connection ended", slog.Any("reason", err))
			return
		}
		if kind != websocket.BinaryMessage { // the provider has no text frames
			continue
		}
		name, message, err := protocol.DecodeHocuspocus(frame)
		switch {
		case err != nil: // nobody knows which document it is of
			h.socket.log.InfoContext(ctx, "a Hocuspocus message was refused", slog.Any("error", err))
			h.socket.out.closeLater(protocol.CloseYjsMalformed, "malformed")
			awaitClose(h.socket.conn)
			return
		case message != nil:
			h.deliver(ctx, name, message)
		}
	}
}

// deliver hands a message on to its document.
func (h *hocuspocus) deliver(ctx context.Context, name string, message any) {
	_, begins := message.(protocol.Token)
	_, ends := message.(protocol.Detach)
	a := h.attached[name]
	switch {
	case ends && a != nil:
		close(a.messages)
		delete(h.attached, name)
		return
	case ends:
		return
	case a == nil, begins && a.isOver():
		if a = h.attach(ctx, name); a == nil {
			return
		}
	}
	select {
	case a.messages <- message:
	case <-a.ended: // it was refused: what else the client sends is of no interest
	case <-ctx.Done():
	}
}

func (a *attached) isOver() bool {
	select {
	case <-a.ended:
		return true
	default:
		return false
	}
}

// attach begins the work on a document. It returns nil when there are too many.
func (h *hocuspocus) attach(ctx context.Context, name string) *attached {
	a := &attached{hocuspocus: h, name: name, messages: make(chan any, maxUnread), ended: make(chan struct{})}
	delete(h.attached, name)
	var err error
	switch {
	case len(h.attached) >= maxAttached:
		err = apierr.New(apierr.RateLimited, "more than %d documents on one connection", maxAttached)
	case len(h.attached) > 0:
		a.place, err = h.relay.admit(h.client)
	}
	if err != nil {
		out := h.socket.out.outbox(protocol.DocumentAddress(name))
		out.pushStaying(protocol.EncodeDenied(apierr.From(err).Detail))
		out.end()
		return nil
	}
	h.attached[name] = a
	h.running.Go(func() {
		defer close(a.ended)
		if a.place != nil {
			defer h.relay.dismiss(a.place)
		}
		defer logPanic(h.socket.log, func() { h.socket.out.close(protocol.CloseInternal, "internal error") })
		a.serve(ctx)
	})
	return a
}

// serve lets a person into the document's room, until the client detaches it, it
// is refused or the connection ends.
func (a *attached) serve(ctx context.Context) {
	out := a.socket.out.outbox(protocol.DocumentAddress(a.name))
	defer out.end()
	early, ok := a.awaitToken(ctx, out)
	if !ok {
		return
	}
	live, err := a.relay.find(ctx, a.client, protocol.RoomOfDocument(a.name))
	if err != nil {
		a.refuse(out, err)
		return
	}
	defer a.relay.release(live)
	s := newSession(live, out, newYjsClient(a.text, true))
	if err := live.join(ctx, s); err != nil {
		a.refuse(out, err)
		return
	}
	defer live.leave(s)
	out.pushStaying(protocol.EncodeAllowed())
	for _, message := range early {
		if !s.hearHocuspocus(ctx, message) {
			return
		}
	}
	for {
		message, ok := a.next(ctx)
		if !ok || !s.hearHocuspocus(ctx, message) {
			return
		}
	}
}

// next is the client's next message. It is not ok when there will be none.
func (a *attached) next(ctx context.Context) (message any, ok bool) {
	select {
	case message, ok = <-a.messages:
		return message, ok
	case <-ctx.Done():
		return nil, false
	}
}

// awaitToken returns what the client sent before its token, which is not to be
// answered before: the answer might make it think that it has all of the document.
func (a *attached) awaitToken(ctx context.Context, out *outbox) (early []any, ok bool) {
	for bytes := 0; ; {
		message, ok := a.next(ctx)
		if !ok {
			return nil, false
		}
		switch m := message.(type) {
		case protocol.Token:
			return early, true
		case protocol.SyncUpdate:
			bytes += len(m.Update)
		case protocol.SyncStep1:
			bytes += len(m.Vector)
		case protocol.Awareness:
			bytes += len(m.Update)
		}
		early = append(early, message)
		if bytes > maxEarlyBytes || len(early) > maxEarly {
			out.pushStaying(protocol.EncodeDenied("too much was sent before the token"))
			return nil, false
		}
	}
}

// refuse tells the client that it cannot have a document. When that may soon be
// otherwise it is the connection that is ended, as the provider asks only once on
// each.
func (a *attached) refuse(out *outbox, err error) {
	switch refused := apierr.From(err); refused.Code {
	case apierr.Unavailable, apierr.Internal:
		a.socket.log.Warn("cannot join", slog.Any("error", err))
		a.socket.out.closeLater(refused.CloseCode(), refused.Detail)
	default:
		out.pushStaying(protocol.EncodeDenied(refused.Detail))
	}
}

// hearHocuspocus takes in a message. It is not ok when the document is over for
// this client.
func (s *session) hearHocuspocus(ctx context.Context, message any) (ok bool) {
	err := s.hearYjs(ctx, message)
	if err == nil {
		return true
	}
	s.log.Info("a Hocuspocus message was refused", slog.Any("error", err))
	if !errors.Is(err, crdt.ErrBroken) { // breakLocked says so
		_, reason := yjsRefusal(err)
		s.out.pushStaying(protocol.EncodeDetached(reason))
	}
	return false
}
