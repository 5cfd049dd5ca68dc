// Package wsrelay holds the sockets of a collaborative editor.
//
// A Relay has live rooms by id, for as long as somebody is in them here and a
// little longer. A liveRoom has the room's document and people behind one mutex,
// under which nothing waits: what its sessions do is shown to each other at once,
// and its keepers bring it to the log in Redis, and what happens on other relays
// from there. A session is one socket: the handler's goroutine reads, and one
// writer writes.
//
// The document is a Yjs document (shared/crdt), so that every doubt about what
// Redis or another relay has can be settled by writing it once more: a room that
// Redis lost, or put back to an earlier state, is made whole from any relay that
// holds it. Clients of the JSON protocol know only whole texts; package bridge
// makes edits of them.
//
// Any number of relays share one Redis. While it is away, the people of one
// relay go on working together, and what they do is saved when it is back.
package wsrelay

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

// Relay serves the sockets of one process.
type Relay struct {
	store          rooms
	metrics        *metrics
	log            *slog.Logger
	origins        config.Origins
	requireOrigin  bool
	trustedProxies int
	maxTextBytes   int
	textName       string
	maxConnections int
	maxPerClient   int
	maxPeople      int
	heartbeat      time.Duration
	linger         time.Duration      // how long a room is kept that nobody is in
	misses         *httpserve.Limiter // ids tried by one client that no room has
	checking       chan struct{}      // holds a token for each room that reads its log again

	ctx    context.Context // of all sessions and rooms; ends when they must, saved or not
	cancel context.CancelFunc

	mu          sync.Mutex
	draining    bool
	rooms       map[string]*liveRoom
	connections map[*connection]struct{}
	perClient   map[netip.Addr]int

	busy sync.WaitGroup // connections and rooms; added to under mu, while not draining or for a connection
}

// connection is a client that was let in: its place in the counts, and who writes
// to it.
type connection struct {
	client netip.Addr
	out    *writer // guarded by Relay.mu; nil before there is one, and for a further document of a socket
}

// New makes a relay for the rooms of a store, which must outlive it.
func New(store *room.Store, settings Settings, log *slog.Logger) *Relay {
	return newRelay(store, settings, log)
}

func newRelay(store rooms, settings Settings, log *slog.Logger) *Relay {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Relay{
		store:          store,
		metrics:        newMetrics(),
		log:            log,
		origins:        settings.CORSOrigins,
		requireOrigin:  settings.RequireOrigin,
		trustedProxies: int(settings.TrustedProxies),
		maxTextBytes:   int(settings.MaxTextBytes),
		textName:       string(settings.TextName),
		maxConnections: int(settings.MaxConnections),
		maxPerClient:   int(settings.MaxConnectionsPerClient),
		maxPeople:      int(settings.MaxPeoplePerRoom),
		heartbeat:      settings.heartbeat(),
		linger:         settings.linger(),
		misses:         httpserve.NewLimiter(float64(settings.MissRate), settings.MissRate.Burst(httpserve.MissBurstSeconds)),
		checking:       make(chan struct{}, maxChecking),
		ctx:            ctx,
		cancel:         cancel,
		rooms:          make(map[string]*liveRoom),
		connections:    make(map[*connection]struct{}),
		perClient:      make(map[netip.Addr]int),
	}
	r.metrics.watch("connections", "Connections that are open. With Hocuspocus each further document of one counts.", func() float64 {
		r.mu.Lock()
		defer r.mu.Unlock()
		return float64(len(r.connections))
	})
	r.metrics.watch("rooms", "Rooms that are held in memory.", func() float64 {
		r.mu.Lock()
		defer r.mu.Unlock()
		return float64(len(r.rooms))
	})
	return r
}

// admit counts a client in, or says why it must wait. Every connection that it
// returns is given back by dismiss.
func (r *Relay) admit(client netip.Addr) (*connection, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.draining:
		return nil, apierr.New(apierr.Unavailable, "this instance is stopping").After(retryAfter)
	case len(r.connections) >= r.maxConnections:
		return nil, apierr.New(apierr.Unavailable, "this instance has all the connections it can hold").After(retryAfter)
	case r.perClient[client] >= r.maxPerClient:
		return nil, apierr.New(apierr.RateLimited, "too many connections from one address").After(retryAfter)
	}
	c := &connection{client: client}
	r.connections[c] = struct{}{}
	r.perClient[client]++
	r.busy.Add(1)
	return c, nil
}

func (r *Relay) dismiss(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.connections, c)
	if r.perClient[c.client]--; r.perClient[c.client] == 0 {
		delete(r.perClient, c.client)
	}
	r.busy.Done()
}

// attach gives a connection its writer. While the relay drains, the client is
// asked to leave at once.
func (r *Relay) attach(c *connection, out *writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.out = out
	if r.draining {
		out.close(protocol.CloseServiceRestart, protocol.RestartReason(minRetrySpread))
	}
}

// acquire returns a room with a place in it for one session, which release
// gives back. The first to ask for a room has it loaded; all wait for that.
func (r *Relay) acquire(ctx context.Context, id string) (*liveRoom, error) {
	if !room.ValidID(id) {
		return nil, room.ErrNotFound
	}
	for {
		live, leaving := r.reserve(id)
		if leaving != nil {
			if err := await(ctx, leaving); err != nil {
				return nil, err
			}
			continue
		}
		err := await(ctx, live.loaded)
		if err == nil {
			err = live.loadErr
		}
		if err != nil {
			r.release(live)
			return nil, err
		}
		return live, nil
	}
}

// reserve finds or makes a room. A room that is just being let go of has to be
// gone before it can be followed anew: then its channel is returned instead.
func (r *Relay) reserve(id string) (live *liveRoom, leaving <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	live = r.rooms[id]
	switch {
	case live == nil:
		live = newLiveRoom(r, id)
		r.rooms[id] = live
		r.busy.Go(func() { live.run(r.ctx) })
	case live.closing:
		return nil, live.gone
	}
	live.refs++
	return live, nil
}

func (r *Relay) release(live *liveRoom) {
	r.mu.Lock()
	defer r.mu.Unlock()
	live.refs--
	if live.refs == 0 {
		live.left = time.Now()
		signal(live.idle)
	}
}

// leaving reports whether a room may be let go of soon.
func (r *Relay) leaving(live *liveRoom) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining || live.refs == 0
}

// retire closes a room for good if nobody has been in it for a while or is on the
// way, and all is saved. It reports whether it did.
func (r *Relay) retire(live *liveRoom) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if live.refs > 0 {
		return false
	}
	settled, broken := live.settled()
	live.closing = settled && (r.draining || broken || time.Since(live.left) >= r.linger)
	return live.closing
}

// forget takes a room out of the table.
func (r *Relay) forget(live *liveRoom) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rooms[live.id] == live {
		delete(r.rooms, live.id)
	}
}

// Drain lets nobody in any more, asks everyone to connect elsewhere, and
// returns when all are gone and all is saved, or when ctx ends. The relay is
// of no use after it.
func (r *Relay) Drain(ctx context.Context) {
	r.mu.Lock()
	r.draining = true
	spread := time.Duration(len(r.connections)) * time.Second / reconnectsPerSecond
	spread = min(max(spread, minRetrySpread), maxRetrySpread)
	for c := range r.connections {
		if c.out != nil {
			hint := rand.N(spread) //nolint:gosec // spreads load, keeps no secret
			c.out.close(protocol.CloseServiceRestart, protocol.RestartReason(hint))
		}
	}
	for _, live := range r.rooms {
		signal(live.idle)
	}
	r.mu.Unlock()

	done := make(chan struct{})
	go func() {
		r.busy.Wait()
		close(done)
	}()
	if await(ctx, done) != nil {
		r.log.ErrorContext(ctx, "not all connections and rooms ended in time")
	}
	r.cancel()
	r.closeAll()
	forced, cancel := context.WithTimeout(context.WithoutCancel(ctx), forcedStop)
	defer cancel()
	if await(forced, done) != nil {
		r.log.ErrorContext(ctx, "stopped with work under way")
	}
}

// closeAll cuts the connections that are left.
func (r *Relay) closeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.connections {
		if c.out != nil {
			c.out.abort()
		}
	}
}

// await waits for c to be closed.
func await(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
