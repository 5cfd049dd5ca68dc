package room

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// An Event is something that happened in a room: one of the types below.
type Event interface{ event() }

type (
	// Appended is a new entry of the log.
	Appended struct{ Entry }

	// Here is a person who is in the room: new, or changed.
	Here struct{ Person }

	// Left is a person who went.
	Left struct{ ID string }

	// Roll is the whole list of people and the head of the log, at this point
	// of the channel: whoever followed without a gap has just the same.
	Roll struct {
		Head   Position
		People []Person
	}

	// Lost says that somebody looked for the room and did not find it: whoever
	// holds it puts it back.
	Lost struct{}

	// Interrupted says that events may have been lost: load the room again.
	Interrupted struct{}
)

func (Appended) event()    {}
func (Here) event()        {}
func (Left) event()        {}
func (Roll) event()        {}
func (Lost) event()        {}
func (Interrupted) event() {}

// eventLost is how Lost is published.
const eventLost = "lost"

const (
	// pingEvery is how often an idle subscription is probed, and silenceLimit
	// how long it may be silent: a connection that nobody closed can be dead.
	// The client library takes two such silences to give it up, which leaves
	// time to be back within 15 s.
	pingEvery    = 2 * time.Second
	silenceLimit = 5 * time.Second

	// inboxSize is how many messages may wait between the socket and the
	// rooms. Rooms never wait, so it only evens out bursts.
	inboxSize = 1024

	// unsubscribeTimeout is short: nothing depends on it.
	unsubscribeTimeout = 250 * time.Millisecond
)

// follower has the one connection of a process on which all its rooms are heard.
type follower struct {
	client *redis.Client
	pubsub *redis.PubSub
	start  sync.Once
	done   chan struct{} // closed when the receiving goroutine has ended

	mu    sync.Mutex
	feeds map[string]*feed // by channel
}

// heardConn fails when nothing comes for silenceLimit. The client library
// pings, but does not look whether an answer comes.
type heardConn struct{ net.Conn }

func (c *heardConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(silenceLimit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// feed is one room's place in the follower.
type feed struct {
	deliver   func(Event)
	confirmed chan struct{} // closed when Redis has confirmed the subscription
	heard     bool          // it has; guarded by follower.mu
}

func newFollower(options *redis.Options) *follower {
	own := *options
	dial := redis.NewDialer(options)
	own.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &heardConn{conn}, nil
	}
	client := redis.NewClient(&own)
	return &follower{
		client: client,
		pubsub: client.Subscribe(context.Background()),
		done:   make(chan struct{}),
		feeds:  make(map[string]*feed),
	}
}

// Follow calls deliver with every event of a room, one after the other, until
// Unfollow. It returns when Redis has confirmed: what happens from then on is
// delivered, or Interrupted is. deliver must not wait for anything, because
// all rooms of the process are heard by one goroutine.
func (s *Store) Follow(ctx context.Context, id string, deliver func(Event)) error {
	return s.follower.follow(ctx, keysOf(id).channel, deliver)
}

// Unfollow ends Follow. An event that is being delivered may still come.
func (s *Store) Unfollow(id string) { s.follower.unfollow(keysOf(id).channel) }

func (f *follower) follow(ctx context.Context, channel string, deliver func(Event)) error {
	f.start.Do(func() { go f.receive() })
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()

	fd := &feed{deliver: deliver, confirmed: make(chan struct{})}
	f.mu.Lock()
	f.feeds[channel] = fd
	f.mu.Unlock()

	err := f.pubsub.Subscribe(ctx, channel)
	if err == nil {
		select {
		case <-fd.confirmed:
			return nil
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	f.unfollow(channel)
	return unavailable(err)
}

func (f *follower) unfollow(channel string) {
	f.mu.Lock()
	delete(f.feeds, channel)
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), unsubscribeTimeout)
	defer cancel()
	// When this fails the connection is broken, and its successor subscribes
	// only to what is followed then.
	_ = f.pubsub.Unsubscribe(ctx, channel)
}

func (f *follower) close() error {
	f.start.Do(func() { close(f.done) })
	err := errors.Join(f.pubsub.Close(), f.client.Close())
	<-f.done
	return err
}

// receive hears all rooms until the connection is closed for good.
func (f *follower) receive() {
	defer close(f.done)
	messages := f.pubsub.ChannelWithSubscriptions(
		redis.WithChannelHealthCheckInterval(pingEvery), redis.WithChannelSize(inboxSize))
	for message := range messages {
		switch m := message.(type) {
		case *redis.Message:
			f.dispatch(m)
		case *redis.Subscription:
			if m.Kind == "subscribe" {
				f.subscribed(m.Channel)
			}
		}
	}
}

// subscribed notes that Redis confirmed a subscription. A second time means
// that the connection was lost in between, and messages with it.
func (f *follower) subscribed(channel string) {
	f.mu.Lock()
	fd := f.feeds[channel]
	again := fd != nil && fd.heard
	if fd != nil && !fd.heard {
		fd.heard = true
		close(fd.confirmed)
	}
	f.mu.Unlock()
	if again {
		fd.deliver(Interrupted{})
	}
}

func (f *follower) dispatch(m *redis.Message) {
	f.mu.Lock()
	fd := f.feeds[m.Channel]
	f.mu.Unlock()
	if fd == nil {
		return
	}
	event, err := parseEvent(m.Payload)
	if err != nil {
		event = Interrupted{} // whatever it was to say stands in the log or comes with the next Roll
	}
	if event != nil {
		fd.deliver(event)
	}
}

// parseEvent reads what the scripts publish: a line of words, then the payload.
// A kind of message that this version does not know gives no event.
func parseEvent(message string) (Event, error) {
	head, payload, _ := strings.Cut(message, "\n")
	words := strings.Split(head, " ")
	switch kind := words[0]; {
	case kind == "entry" && len(words) == 5:
		position, err := parsePosition(words[1], words[3])
		return Appended{Entry{Position: position, Kind: Kind(words[2]), Author: words[4], Payload: payload}}, err
	case kind == "here":
		var p Person
		err := json.Unmarshal([]byte(payload), &p)
		return Here{p}, err
	case kind == eventLost:
		return Lost{}, nil
	case kind == "left":
		return Left{ID: payload}, nil
	case kind == "all" && len(words) == 3:
		position, err := parsePosition(words[1], words[2])
		if err != nil {
			return nil, err
		}
		roll := Roll{Head: position}
		err = json.Unmarshal([]byte(payload), &roll.People)
		return roll, err
	case kind == "entry" || kind == "all":
		return nil, fmt.Errorf("room: a message %q", head)
	}
	return nil, nil //nolint:nilnil // no event and no error: newer relays say more than we know
}
