package room

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// pingEvery is how often a connection is probed, and silenceLimit how long
	// it may be silent: one that nobody closed can be dead.
	pingEvery    = 2 * time.Second
	silenceLimit = 5 * time.Second

	// retryPause is how long a server is let alone that could not be reached or
	// did not take a subscription. A room is followed again within seconds of
	// the server's return, and a server that returns is not run down.
	retryPause = 250 * time.Millisecond
)

// tap is one connection to a server, on which rooms are heard. It lives once:
// when it is lost its rooms get another one. The client library could connect
// again by itself, but in a cluster not to the right node, and not with more
// than one slot.
//
// Its run writes and one goroutine reads. What it is told comes through order.
type tap struct {
	addr     string
	follower *follower
	client   *redis.Client
	pubsub   *redis.PubSub
	ctx      context.Context // ends the tap
	end      context.CancelFunc
	orders   chan struct{} // capacity 1: there are some

	mu      sync.Mutex
	waiting []order // not yet sent
	sent    []order // not yet answered: the server answers in order
}

// order is something that a server is told.
type order struct {
	kind    string // what the server answers; see the constants
	channel string
}

// Kinds of orders and, in a cluster, with an s in front.
const (
	join  = "subscribe"
	leave = "unsubscribe"
	ping  = "ping"
)

func newTap(f *follower, addr string) *tap {
	client := f.connect(addr)
	t := &tap{
		addr: addr, follower: f, client: client, pubsub: client.Subscribe(f.ctx),
		orders: make(chan struct{}, 1),
	}
	t.ctx, t.end = context.WithCancel(f.ctx)
	return t
}

// order has the server told something. It does not wait.
func (t *tap) order(kind, channel string) {
	t.mu.Lock()
	t.waiting = append(t.waiting, order{kind, channel})
	t.mu.Unlock()
	poke(t.orders)
}

// poke wakes whoever receives from the channel, unless they are awake.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run is the whole life of a tap.
func (t *tap) run() {
	defer t.end()
	err := t.tell(order{kind: ping}) // which connects
	read := make(chan struct{})
	if err == nil {
		go t.receive(read)
		t.send(read)
	} else {
		close(read)
		t.follower.unreached(t, err)
		t.rest()
	}
	_ = t.pubsub.Close() // ends receive
	<-read
	_ = t.client.Close()
	t.follower.lost(t)
}

// rest lets a server alone for a while.
func (t *tap) rest() {
	pause := time.NewTimer(retryPause)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-t.ctx.Done():
	}
}

// send tells the server what there is to tell, until it cannot, or receive has
// ended, or the tap is to end.
func (t *tap) send(read <-chan struct{}) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-read:
			return
		case <-ticker.C:
			if t.tell(order{kind: ping}) != nil {
				return
			}
		case <-t.orders:
			t.mu.Lock()
			waiting := t.waiting
			t.waiting = nil
			t.mu.Unlock()
			for _, o := range waiting {
				if t.tell(o) != nil {
					return
				}
			}
		}
	}
}

func (t *tap) tell(o order) error {
	ctx, cancel := context.WithTimeout(t.ctx, opTimeout)
	defer cancel()
	t.mu.Lock()
	t.sent = append(t.sent, o)
	t.mu.Unlock()
	switch {
	case o.kind == ping:
		return t.pubsub.Ping(ctx)
	case o.kind == join && t.follower.sharded:
		return t.pubsub.SSubscribe(ctx, o.channel)
	case o.kind == join:
		return t.pubsub.Subscribe(ctx, o.channel)
	case t.follower.sharded:
		return t.pubsub.SUnsubscribe(ctx, o.channel)
	default:
		return t.pubsub.Unsubscribe(ctx, o.channel)
	}
}

// receive hears what the server says until the connection is lost.
func (t *tap) receive(done chan<- struct{}) {
	defer close(done)
	for {
		message, err := t.pubsub.Receive(context.Background())
		switch {
		case err == nil:
			t.hear(message)
		case isReply(err):
			t.refused(err)
		default:
			return
		}
	}
}

func (t *tap) hear(message any) {
	switch m := message.(type) {
	case *redis.Message:
		t.follower.dispatch(m)
	case *redis.Pong:
		t.answered(order{kind: ping})
	case *redis.Subscription:
		switch m.Kind {
		case "subscribe", "ssubscribe":
			t.answered(order{join, m.Channel})
			t.follower.subscribed(m.Channel)
		case "unsubscribe", "sunsubscribe":
			if !t.answered(order{leave, m.Channel}) { // the server has given the slot away
				t.follower.misplaced(t, m.Channel, nil)
			}
		}
	}
}

// answered takes note of an answer, and reports whether one like it was due.
func (t *tap) answered(o order) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sent) == 0 || t.sent[0] != o {
		return false
	}
	t.sent = t.sent[1:]
	return true
}

// refused takes note of an error in place of an answer.
func (t *tap) refused(err error) {
	t.mu.Lock()
	var o order
	if len(t.sent) > 0 {
		o, t.sent = t.sent[0], t.sent[1:]
	}
	t.mu.Unlock()
	if o.kind == join {
		t.follower.misplaced(t, o.channel, err)
	}
}
