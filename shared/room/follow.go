package room

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// follower hears the rooms of a process, on one connection to each server that
// has some of them. A room whose connection is lost gets another one, to where
// the directory says that the room then is, and is told that it may have missed
// something.
type follower struct {
	connect   func(addr string) *redis.Client // makes a client for one connection
	directory directory
	sharded   bool            // channels belong to the nodes of a cluster
	ctx       context.Context // ends all goroutines
	end       context.CancelFunc
	running   sync.WaitGroup
	now       chan struct{} // capacity 1: there are feeds without a tap
	later     chan struct{} // capacity 1: the same, but it was tried a moment ago

	mu    sync.Mutex
	begun bool
	ended bool
	feeds map[string]*feed // by channel
	taps  map[string]*tap  // by address
}

// feed is one room's place in the follower.
type feed struct {
	channel   string
	deliver   func(Event)
	confirmed chan struct{} // closed when Redis has confirmed the subscription
	failed    chan error    // capacity 1: why Redis cannot be asked to

	// These three are guarded by follower.mu.
	tap     *tap  // nil: none yet, or lost
	heard   bool  // confirmed is closed
	refusal error // what a server last said against it

	delivering sync.Mutex // a room is told one thing after the other, also while it changes taps
}

func newFollower(connect func(addr string) *redis.Client, d directory, sharded bool) *follower {
	f := &follower{
		connect:   connect,
		directory: d,
		sharded:   sharded,
		now:       make(chan struct{}, 1),
		later:     make(chan struct{}, 1),
		feeds:     make(map[string]*feed),
		taps:      make(map[string]*tap),
	}
	f.ctx, f.end = context.WithCancel(context.Background())
	return f
}

// Follow calls deliver with every event of a room, one after the other, until
// Unfollow. It returns when Redis has confirmed: what happens from then on is
// delivered, or Interrupted is. deliver must not wait for anything, because
// many rooms are heard by one goroutine.
func (s *Store) Follow(ctx context.Context, id string, deliver func(Event)) error {
	limited, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	addr, err := s.serverOf(ctx, limited, id)
	if err == nil && s.breakers.resting(addr) {
		err = errResting
	}
	if err == nil {
		err = s.follower.follow(limited, s.keys(id).channel, deliver)
	}
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// Unfollow ends Follow. An event that is being delivered may still come.
func (s *Store) Unfollow(id string) { s.follower.unfollow(s.keys(id).channel) }

func (f *follower) follow(ctx context.Context, channel string, deliver func(Event)) error {
	fd := &feed{channel: channel, deliver: deliver, confirmed: make(chan struct{}), failed: make(chan error, 1)}
	f.mu.Lock()
	if f.ended {
		f.mu.Unlock()
		return redis.ErrClosed
	}
	f.release(channel)
	f.feeds[channel] = fd
	if !f.begun {
		f.begun = true
		f.running.Go(f.keep)
	}
	f.mu.Unlock()
	poke(f.now)

	var err error
	select {
	case <-fd.confirmed:
		return nil
	case err = <-fd.failed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.feeds[channel] == fd {
		f.release(channel)
	}
	return errors.Join(err, fd.refusal)
}

func (f *follower) unfollow(channel string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.release(channel)
}

// release ends the feed of a channel, if there is one. The caller holds mu.
func (f *follower) release(channel string) {
	if fd := f.feeds[channel]; fd != nil && fd.tap != nil {
		fd.tap.order(leave, channel)
	}
	delete(f.feeds, channel)
}

func (f *follower) close() error {
	f.mu.Lock()
	f.ended = true
	f.mu.Unlock()
	f.end()
	f.running.Wait()
	return f.directory.Close()
}

// keep sees to it that each feed has a tap where its room is.
func (f *follower) keep() {
	check := time.NewTicker(pingEvery)
	defer check.Stop()
	var pause <-chan time.Time // nil: nobody waits for its end
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-f.now:
			f.settle(false)
		case <-f.later:
			if pause == nil {
				pause = time.After(retryPause)
			}
		case <-pause:
			pause = nil
			f.settle(false)
		case <-check.C:
			f.endIdle()
			f.settle(true)
		}
	}
}

// endIdle ends taps that nobody needs.
func (f *follower) endIdle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	needed := make(map[*tap]bool)
	for _, fd := range f.feeds {
		needed[fd.tap] = true
	}
	for addr, t := range f.taps {
		if !needed[t] {
			delete(f.taps, addr)
			t.end()
		}
	}
}

// settle gives a tap to each feed that has none. When it checks, it also gives
// another one to those whose rooms are elsewhere by now.
func (f *follower) settle(check bool) {
	f.mu.Lock()
	var feeds []*feed
	for _, fd := range f.feeds {
		if check || fd.tap == nil {
			feeds = append(feeds, fd)
		}
	}
	f.mu.Unlock()
	if len(feeds) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(f.ctx, opTimeout)
	defer cancel()
	find, err := f.directory.look(ctx)
	if err != nil {
		find = func(string) (string, error) { return "", err }
	}
	for _, fd := range feeds {
		if addr, err := find(fd.channel); err == nil {
			f.assign(fd, addr)
		} else {
			fd.fail(err)
			poke(f.later)
		}
	}
}

// assign gives a feed a tap at an address, if it does not have one.
func (f *follower) assign(fd *feed, addr string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended || f.feeds[fd.channel] != fd || fd.tap != nil && fd.tap.addr == addr {
		return
	}
	if fd.tap != nil {
		fd.tap.order(leave, fd.channel)
	}
	t := f.taps[addr]
	if t == nil {
		t = newTap(f, addr)
		f.taps[addr] = t
		f.running.Go(t.run)
	}
	fd.tap = t
	t.order(join, fd.channel)
}

// unreached is called by a tap that could not connect. It tells those who wait
// for a first confirmation that there will be none; the others wait on.
func (f *follower) unreached(t *tap, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fd := range f.feeds {
		if fd.tap == t {
			fd.fail(err)
		}
	}
}

// lost is called by a tap that has ended.
func (f *follower) lost(t *tap) {
	if f.ctx.Err() == nil {
		f.directory.doubt()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.taps[t.addr] == t {
		delete(f.taps, t.addr)
	}
	for _, fd := range f.feeds {
		if fd.tap == t {
			fd.tap = nil
		}
	}
	poke(f.now)
}

// misplaced is called when a server does not have a channel, or has it no more.
func (f *follower) misplaced(t *tap, channel string, refusal error) {
	f.directory.doubt()
	f.mu.Lock()
	defer f.mu.Unlock()
	if fd := f.feeds[channel]; fd != nil && fd.tap == t {
		fd.tap, fd.refusal = nil, refusal
		poke(f.later)
	}
}

// subscribed notes that Redis confirmed a subscription. A second time means
// that there was none in between, and messages may have been lost.
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
		fd.tell(Interrupted{})
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
		fd.tell(event)
	}
}

// fail tells follow, if it still waits, that Redis cannot be asked.
func (fd *feed) fail(err error) {
	select {
	case fd.failed <- err:
	default:
	}
}

func (fd *feed) tell(event Event) {
	fd.delivering.Lock()
	defer fd.delivering.Unlock()
	fd.deliver(event)
}
