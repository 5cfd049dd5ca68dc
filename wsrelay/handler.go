package wsrelay

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// ioBufferBytes are gorilla's buffers of one connection; most messages are small.
const ioBufferBytes = 1 << 10

// upgrader makes sockets without compression: the limit on what a client
// sends would count the compressed bytes.
var upgrader = websocket.Upgrader{
	HandshakeTimeout: handshakeLimit,
	ReadBufferSize:   ioBufferBytes,
	WriteBufferSize:  ioBufferBytes,
	WriteBufferPool:  new(sync.Pool),
	CheckOrigin:      func(*http.Request) bool { return true }, // checkOrigin has done it
}

// Handler serves:
//
//	GET /ws/{room_id}   the JSON room protocol
//	GET /yjs/{room_id}  y-websocket
//	GET /hocuspocus     @hocuspocus/provider, of any number of rooms
//	GET /health         the process lives
//	GET /readyz         whether it should be sent new clients
func (r *Relay) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/{room_id}", func(w http.ResponseWriter, req *http.Request) { r.serveRoom(w, req, false) })
	mux.HandleFunc("GET /yjs/{room_id}", func(w http.ResponseWriter, req *http.Request) { r.serveRoom(w, req, true) })
	mux.HandleFunc("GET /hocuspocus", r.serveHocuspocus)
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		httpserve.WriteJSON(w, http.StatusOK, httpserve.Alive())
	})
	mux.HandleFunc("GET /readyz", r.serveReady)
	return httpserve.Observe(r.log, r.trustedProxies, httpserve.Routes(mux))
}

// serveRoom lets a client into a room and returns when it is gone. Whatever
// can be refused before the upgrade is: but what a page has to know, such as that
// there is no such room, is told by a close code, because browsers show pages
// nothing else.
func (r *Relay) serveRoom(w http.ResponseWriter, req *http.Request, yjs bool) {
	c, err := r.letIn(w, req)
	if err != nil {
		return
	}
	defer r.dismiss(c)
	var live *liveRoom
	text, err := textWanted(req.URL.Query())
	if err == nil || !yjs {
		live, err = r.find(req.Context(), c.client, req.PathValue("room_id"))
	}
	if refused := apierr.From(err); err != nil && refused.Code != apierr.NotFound && refused.Code != apierr.Invalid {
		r.log.WarnContext(req.Context(), "cannot join", slog.Any("error", err))
		apierr.Write(w, refused)
		return
	}
	if live != nil {
		defer r.release(live)
	}
	conn := r.upgrade(w, req)
	if conn == nil {
		return
	}
	if live == nil {
		r.turnAway(conn, apierr.From(err), yjs)
		return
	}
	var keepAlive []byte
	var client *yjsClient
	if yjs {
		keepAlive, client = yjsKeepAlive, newYjsClient(text, false, newAsks())
	}
	k := r.newSocket(conn, keepAlive)
	s := newSession(live, k.out.outbox(nil), client)
	r.serveSocket(req, c, k, func(ctx context.Context) { s.serve(ctx, k) })
}

// serveHocuspocus serves a connection to any number of rooms and returns when it
// has ended.
func (r *Relay) serveHocuspocus(w http.ResponseWriter, req *http.Request) {
	c, err := r.letIn(w, req)
	if err != nil {
		return
	}
	defer r.dismiss(c)
	text, err := textWanted(req.URL.Query())
	if err != nil {
		apierr.Write(w, err)
		return
	}
	conn := r.upgrade(w, req)
	if conn == nil {
		return
	}
	h := &hocuspocus{
		relay:    r,
		client:   c.client,
		text:     text,
		socket:   r.newSocket(conn, hocuspocusKeepAlive),
		asks:     rate.NewLimiter(asksPerSecond*hocuspocusAsks, askBurst*hocuspocusAsks),
		attached: make(map[string]*attached),
	}
	r.serveSocket(req, c, h.socket, h.serve)
}

// serveSocket talks with a client until the connection ends, at the latest when
// the relay does.
func (r *Relay) serveSocket(req *http.Request, c *connection, k *socket, talk func(context.Context)) {
	r.attach(c, k.out)
	ctx, cancel := context.WithCancel(context.WithoutCancel(req.Context()))
	defer cancel()
	defer context.AfterFunc(r.ctx, cancel)()
	k.serve(cancel, func() { talk(ctx) })
}

// letIn counts a client in, or answers why it must stay out.
func (r *Relay) letIn(w http.ResponseWriter, req *http.Request) (*connection, error) {
	if err := r.checkRequest(req); err != nil {
		w.Header().Set("Upgrade", "websocket")
		apierr.Write(w, err)
		return nil, err
	}
	c, err := r.admit(httpserve.ClientOf(req.Context()))
	if err != nil {
		apierr.Write(w, err)
	}
	return c, err
}

// upgrade makes a socket of a request, or answers why not and returns nil.
func (r *Relay) upgrade(w http.ResponseWriter, req *http.Request) *websocket.Conn {
	conn, err := upgrader.Upgrade(w, req, nil)
	if err != nil { // the upgrader has answered
		r.log.InfoContext(req.Context(), "upgrade failed", slog.Any("error", err))
		return nil
	}
	return conn
}

// find is acquire, but for a client that tries many ids in vain: it is told
// nothing for a while, not even of rooms that there are.
func (r *Relay) find(ctx context.Context, client netip.Addr, id string) (*liveRoom, error) {
	if retry, ok := r.misses.Check(client); !ok {
		return nil, apierr.New(apierr.RateLimited, "too many ids that no room has; wait a moment").After(retry)
	}
	live, err := r.acquire(ctx, id)
	if errors.Is(err, room.ErrNotFound) && room.ValidID(id) {
		r.misses.Charge(client)
	}
	return live, err
}

// turnAway closes a socket with the reason why it is of no use. A Yjs client is
// held a while first, unless it says hello: most released ones take no reason for
// final and come back ten times a second, as they do after any close.
func (r *Relay) turnAway(conn *websocket.Conn, reason *apierr.Error, yjs bool) {
	w := newWriter(conn, websocket.TextMessage, nil, r.metrics)
	code := reason.CloseCode()
	if yjs {
		code = protocol.YjsCloseCode(code)
	}
	r.metrics.closed(code)
	say := sync.OnceFunc(func() { w.finish(goodbye{code: code, reason: reason.Detail}) })
	if yjs {
		held := time.AfterFunc(turnAwayAfter, say)
		defer held.Stop()
		defer context.AfterFunc(r.ctx, w.abort)()
		awaitHello(conn)
	}
	say()
	awaitClose(conn)
	_ = conn.Close() // it has ended: an error would say just that
}

// checkRequest refuses what is no socket, or one of a page that is not allowed.
func (r *Relay) checkRequest(req *http.Request) error {
	if !websocket.IsWebSocketUpgrade(req) {
		return apierr.New(apierr.UpgradeRequired, "this is a WebSocket")
	}
	return r.checkOrigin(req)
}

// checkOrigin lets in pages of the allowed origins, and programs, which send
// no origin, unless the settings say otherwise. A page of any other origin
// could act with the rights of whoever looks at it.
func (r *Relay) checkOrigin(req *http.Request) error {
	origins := req.Header.Values("Origin")
	switch {
	case len(origins) == 0 && !r.requireOrigin:
		return nil
	case len(origins) == 1 && r.origins.Allows(origins[0]):
		return nil
	}
	return apierr.New(apierr.Forbidden, "this origin is not allowed; see CORS_ORIGINS")
}

// serveReady says whether new clients should be sent here. Redis is reported
// but does not count: without it, people in rooms that are held here can still
// come back, and no other instance would do better.
func (r *Relay) serveReady(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	draining, full := r.draining, len(r.connections) >= r.maxConnections
	r.mu.Unlock()
	checks := map[string]string{"redis": "ok", "connections": "ok"}
	if err := r.store.Ping(req.Context()); err != nil {
		checks["redis"] = "does not answer"
	}
	switch {
	case draining:
		checks["connections"] = "stopping"
	case full:
		checks["connections"] = "all taken"
	}
	answer := httpserve.Ready(!draining && !full, checks)
	httpserve.WriteJSON(w, answer.StatusCode(), answer)
}
