package ywebsocket

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
)

const (
	// firstReturn and lastReturn are how long it stays away.
	firstReturn = 100 * time.Millisecond
	lastReturn  = 2500 * time.Millisecond

	// leaveLimit is how long the server may take to answer a goodbye.
	leaveLimit = 2 * time.Second
)

// Options say who a client is.
type Options struct {
	// URL says where the room is, for each attempt anew; "" when there is no
	// server to connect to.
	URL func() string

	// From is the address of this machine that it connects from, as 127.0.1.7; any
	// when empty. Servers count what comes from one address.
	From string

	// Text is the name of the root type that is edited; "code" when empty.
	Text string

	// State is what it says of itself, a JSON object; "" when nothing.
	State string

	// Ignorant clients take no notice of who is there, and so repeat nothing of
	// it: among hundreds, that is most of what a client has to do.
	Ignorant bool

	// OnChange is told of each change of the text, its own ones too, when it is
	// not nil. It must not call the client.
	OnChange func(changes []crdt.TextChange, at time.Time)

	// OnVisit is told of each connection that has ended, when it is not nil.
	OnVisit func(Visit)
}

// Visit is one connection.
type Visit struct {
	URL    string
	Began  time.Time
	Synced time.Time // when it had all that the server had; zero: never
	Ended  time.Time // zero while it lasts
	Left   bool      // the client ended it
	Err    error     // why it ended
}

// Client is somebody in a room, whose document lasts over connections.
type Client struct {
	options Options
	stop    context.CancelFunc
	ended   chan struct{} // closed when it does not come back any more
	bytes   atomic.Int64  // received

	mu     sync.Mutex
	doc    *crdt.Doc
	text   *crdt.Text
	who    presence
	scribe scribe
	link   *link // nil while it is away
	visit  Visit
	synced chan struct{} // closed when it has all that the server had
	wrong  error         // the first thing that a server must not do
}

// Open makes a client with an empty document, which connects and comes back until
// ctx ends, or it leaves.
func Open(ctx context.Context, options Options) *Client {
	if options.Text == "" {
		options.Text = "code"
	}
	ctx, stop := context.WithCancel(ctx)
	c := &Client{options: options, stop: stop, ended: make(chan struct{}), doc: crdt.NewDoc(), synced: make(chan struct{})}
	c.text = c.doc.Text(options.Text)
	c.who = newPresence(c.doc.ClientID(), options.State)
	c.scribe.client = uint64(rand.Uint32()) //nolint:gosec // keeps no secret
	c.doc.OnUpdate(c.edited)
	go c.run(ctx)
	return c
}

// remote marks changes that come from the server.
type remote struct{}

// edited sends what was changed here. It is called by the document, with c.mu held.
func (c *Client) edited(update []byte, origin any, changes []crdt.TextChange) {
	if origin != (remote{}) {
		c.sendLocked(protocol.EncodeSyncUpdate(update))
	}
	if c.options.OnChange != nil && len(changes) > 0 {
		c.options.OnChange(changes, time.Now())
	}
}

// sendLocked sends a message, if the client is connected.
func (c *Client) sendLocked(frame []byte) {
	if c.link != nil {
		c.link.send(frame)
	}
}

func (c *Client) run(ctx context.Context) {
	defer close(c.ended)
	for failures := 0; ctx.Err() == nil; {
		l, err := connect(ctx, c.options.URL(), c.options.From)
		if err == nil {
			failures = 0
			c.stay(ctx, l)
		} else {
			failures++
		}
		if pause.For(ctx, min(firstReturn<<min(failures, 10), lastReturn)) != nil {
			return
		}
	}
}

// stay is a connection from its beginning to its end.
func (c *Client) stay(ctx context.Context, l *link) {
	c.mu.Lock()
	c.link, c.visit = l, Visit{URL: l.url, Began: time.Now()}
	c.sendLocked(protocol.EncodeSyncStep1(c.doc.EncodeStateVector()))
	c.sayLocked(c.who.own())
	c.mu.Unlock()
	stop := context.AfterFunc(ctx, l.abort)
	defer stop()
	var writing sync.WaitGroup
	writing.Go(func() { l.write(c.lookAround) })
	err := l.read(c.hear)
	l.abort()
	writing.Wait()

	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = nil
	c.who.forgetAll()
	c.visit.Ended, c.visit.Err = time.Now(), err
	c.visit.Left = c.visit.Left || ctx.Err() != nil
	if !c.visit.Synced.IsZero() {
		c.synced = make(chan struct{})
	}
	if c.options.OnVisit != nil {
		c.options.OnVisit(c.visit)
	}
}

// hear takes in a frame.
func (c *Client) hear(frame []byte) {
	c.bytes.Add(int64(len(frame)))
	c.mu.Lock()
	defer c.mu.Unlock()
	message, rest, err := protocol.DecodeYjs(frame)
	if err == nil && len(rest) > 0 {
		err = errors.New("two messages in a frame, of which released clients read one")
	}
	switch m := message.(type) {
	case protocol.SyncStep1:
		c.sendLocked(protocol.EncodeSyncStep2(c.doc.EncodeStateAsUpdate(m.Vector)))
	case protocol.SyncUpdate:
		err = errors.Join(err, c.doc.ApplyUpdate(m.Update, remote{}))
		if isStep2(frame) && c.visit.Synced.IsZero() {
			c.visit.Synced = time.Now()
			close(c.synced)
		}
	case protocol.Awareness:
		if !c.options.Ignorant {
			err = errors.Join(err, c.hearPresenceLocked(m.Update))
		}
	}
	if err != nil && c.wrong == nil {
		c.wrong = fmt.Errorf("a message of %d bytes: %w", len(frame), err)
	}
}

// isStep2 tells an answer to step 1 from an edit, which a server takes alike.
func isStep2(frame []byte) bool { return len(frame) > 1 && frame[0] == 0 && frame[1] == 1 }

// Edit changes the text.
func (c *Client) Edit(change func(text *crdt.Text) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doc.Transact(nil, func() error { return change(c.text) })
}

// AwaitSync waits until the client has all that the server had when it came.
func (c *Client) AwaitSync(ctx context.Context) error {
	c.mu.Lock()
	synced := c.synced
	c.mu.Unlock()
	select {
	case <-synced:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Visit is the connection that there is, or the last one.
func (c *Client) Visit() Visit {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.visit
}

// IsHere reports whether the client is connected and has all that the server had.
func (c *Client) IsHere() bool {
	v := c.Visit()
	return !v.Synced.IsZero() && v.Ended.IsZero()
}

// Received is how many bytes came so far.
func (c *Client) Received() int64 { return c.bytes.Load() }

// Wrong is the first thing that a server did and must not do.
func (c *Client) Wrong() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wrong
}

// Cut ends the connection without a word. The client comes back.
func (c *Client) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		c.visit.Left = true
		c.link.abort()
	}
}

// Leave says goodbye, as a page does that is closed, and returns when the client
// is gone for good.
func (c *Client) Leave() {
	c.mu.Lock()
	if c.link != nil {
		c.visit.Left = true
		c.sayLocked(c.who.leave())
		c.link.sayBye()
	}
	l := c.link
	c.mu.Unlock()
	if l != nil {
		limit := time.NewTimer(leaveLimit)
		defer limit.Stop()
		select {
		case <-l.gone:
		case <-limit.C:
		}
	}
	c.stop()
	<-c.ended
}
