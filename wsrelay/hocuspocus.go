package wsrelay

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
)

const (
	// maxAttached is how many documents one connection may work on. Each but the
	// first counts as a connection.
	maxAttached = 100

	// maxEarly and maxEarlyBytes are what may wait for a document to be entered: its
	// token, which a client may have to fetch while somebody types, and Redis.
	maxEarly      = 100
	maxEarlyBytes = 1 << 20

	// hocuspocusAsks is how many times as often as one document those of a connection
	// may ask together: all of them do when it is made.
	hocuspocusAsks = 20

	// tokenWait is how long a token may take.
	tokenWait = 30 * time.Second

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
	asks     *rate.Limiter        // questions of all documents
	running  sync.WaitGroup       // goroutines of attached documents
	open     atomic.Int32         // how many they are
}

// attached is a document that a connection works on. It has a goroutine, so that
// none of them waits for the others to be loaded.
type attached struct {
	*hocuspocus
	name     string
	out      *outbox
	further  bool          // it is not the only one
	messages chan any      // or errors of what could not be read; closed by the reader when the client is done with it
	ended    chan struct{} // closed when the goroutine has ended

	// What came before the document was entered. Owned by the goroutine.
	early      []any
	earlyBytes int
}

// serve reads until the connection ends. What has come by then is still taken in.
func (h *hocuspocus) serve(ctx context.Context) {
	defer h.running.Wait()
	defer func() {
		for _, a := range h.attached {
			close(a.messages)
		}
	}()
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
		case err != nil && name == "": // nobody knows which document it is of
			h.socket.log.InfoContext(ctx, "a Hocuspocus message was refused", slog.Any("error", err))
			h.socket.out.closeLater(protocol.CloseYjsMalformed, "malformed")
			awaitClose(h.socket.conn)
			return
		case err != nil:
			h.deliver(ctx, name, err)
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
		a.out.discard() // the next of that name must not be told what this one was
		close(a.messages)
		delete(h.attached, name)
		return
	case ends:
		return
	case a == nil, begins && a.isOver():
		if a = h.attach(ctx, name, begins); a == nil {
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

// attach begins the work on a document. It returns nil when there are too many, of
// which only a token is told: more may follow it at once.
func (h *hocuspocus) attach(ctx context.Context, name string, begins bool) *attached {
	open := h.open.Load()
	if open >= maxAttached && !begins {
		return nil
	}
	a := &attached{
		hocuspocus: h,
		name:       name,
		out:        h.socket.out.outbox(protocol.DocumentAddress(name)),
		further:    open > 0,
		messages:   make(chan any, maxUnread),
		ended:      make(chan struct{}),
	}
	if open >= maxAttached {
		a.deny(apierr.New(apierr.RateLimited, "more than %d documents on one connection", maxAttached))
		a.out.end()
		return nil
	}
	if len(h.attached) >= 2*maxAttached {
		maps.DeleteFunc(h.attached, func(_ string, a *attached) bool { return a.isOver() })
	}
	h.attached[name] = a
	h.open.Add(1)
	h.running.Go(func() {
		defer close(a.ended)
		defer h.open.Add(-1)
		defer a.out.end()
		defer func() { a.early = nil }() // a denied one stays in the map
		defer logPanic(h.socket.log, func() { h.socket.out.close(protocol.CloseInternal, "internal error") })
		if a.awaitToken(ctx) {
			a.serve(ctx)
		}
	})
	return a
}

// serve has a person in the document's room, until the client detaches it, it is
// refused or the connection ends.
func (a *attached) serve(ctx context.Context) {
	var place *connection
	if a.further {
		if ok := a.insist(ctx, func() (err error) { place, err = a.relay.admit(a.client); return err }); !ok {
			return
		}
		defer a.relay.dismiss(place)
	}
	var live *liveRoom
	find := func() (err error) {
		live, err = a.relay.find(ctx, a.client, protocol.RoomOfDocument(a.name))
		return err
	}
	if ok := a.insist(ctx, find); !ok {
		return
	}
	defer a.relay.release(live)
	s := newSession(live, a.out, newYjsClient(a.text, true, a.asks))
	if err := live.join(ctx, s); err != nil {
		a.deny(err)
		return
	}
	defer live.leave(s)
	a.out.pushStaying(protocol.EncodeAllowed())
	for _, message := range a.early {
		if !s.hearHocuspocus(ctx, message) {
			return
		}
	}
	a.early = nil
	for message := range a.messages {
		if !s.hearHocuspocus(ctx, message) {
			return
		}
	}
}

// awaitToken waits for the client's token. What it sends before is not to be
// answered before: the answer might make it think that it has all of the document.
func (a *attached) awaitToken(ctx context.Context) (ok bool) {
	return a.collect(ctx, tokenWait, func(message any) bool {
		_, ok := message.(protocol.Token)
		return ok
	})
}

// collect keeps what the client sends for later, for some time or until it has sent
// what is waited for. It is not ok when the work on the document is over.
func (a *attached) collect(ctx context.Context, limit time.Duration, last func(message any) bool) (ok bool) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case message, ok := <-a.messages:
			switch {
			case !ok:
				return false
			case last != nil && last(message):
				return true
			case !a.keep(message):
				a.deny(apierr.New(apierr.TooLarge, "too much was sent before the document could be entered"))
				return false
			}
		case <-timer.C:
			return last == nil
		case <-ctx.Done():
			return false
		}
	}
}

// keep keeps a message for later. It is not ok when it is too much.
func (a *attached) keep(message any) (ok bool) {
	switch m := message.(type) {
	case protocol.SyncUpdate:
		a.earlyBytes += len(m.Update)
	case protocol.SyncStep1:
		a.earlyBytes += len(m.Vector)
	case protocol.Awareness:
		a.earlyBytes += len(m.Update)
	}
	a.early = append(a.early, message)
	return a.earlyBytes <= maxEarlyBytes && len(a.early) <= maxEarly
}

// insist tries something until it works, or may never do: then the client, who
// would not ask again, is told so.
func (a *attached) insist(ctx context.Context, try func() error) (ok bool) {
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		err := try()
		switch {
		case err == nil:
			return true
		case apierr.From(err).Code != apierr.Unavailable:
			a.deny(err)
			return false
		case !a.collect(ctx, wait, nil):
			return false
		}
	}
}

// deny tells the client that it cannot have the document. It does not ask again.
func (a *attached) deny(err error) {
	refused := apierr.From(err)
	if refused.Code == apierr.Internal {
		a.socket.log.Error("a document was denied", slog.Any("error", err))
	}
	a.out.pushStaying(protocol.EncodeDenied(refused.Detail))
}

// hearHocuspocus takes in a message, or an error of one that could not be read. It
// is not ok when the document is over for this client.
func (s *session) hearHocuspocus(ctx context.Context, message any) (ok bool) {
	err, _ := message.(error)
	if _, again := message.(protocol.Token); again { // the page has made a new provider, which waits for this
		s.out.pushStaying(protocol.EncodeAllowed())
	}
	if err == nil {
		err = s.hearYjs(ctx, message)
	}
	if err == nil || ctx.Err() != nil {
		return err == nil
	}
	s.log.Info("a Hocuspocus message was refused", slog.Any("error", err))
	if !errors.Is(err, crdt.ErrBroken) { // breakLocked says so
		_, reason := yjsRefusal(err)
		s.out.pushStaying(protocol.EncodeDetached(reason))
	}
	return false
}
