package room

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// sentinelEvery is how often the sentinels are asked who is the master, who
	// also say when there is a new one. An old one takes writes for seconds until
	// they tell it too, and all of those are lost.
	sentinelEvery = 2 * time.Second

	// sentinelTimeout bounds each question. It leaves time to call the master.
	sentinelTimeout = 500 * time.Millisecond
)

// sentinels know who is the master, and keep all connections to that one.
//
// The client library has a client of its own for this. It leaves subscriptions
// where they are when the master changes, and one sentinel that has fallen
// silent makes it wait until the time to connect is over.
type sentinels struct {
	name    string // of the master
	clients []*redis.SentinelClient
	connect func(ctx context.Context, network, addr string) (net.Conn, error)
	end     context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	master string                   // its address; "": not known yet
	conns  map[*pooledConn]struct{} // those to it
}

func (c *connector) sentinels() *sentinels {
	s := &sentinels{
		name:    c.target.Master,
		connect: c.dial,
		conns:   make(map[*pooledConn]struct{}),
	}
	for _, addr := range c.target.Addrs {
		options := c.options()
		options.Addr = addr
		options.Username, options.Password, options.DB = c.target.SentinelUser, c.target.SentinelPassword, 0
		options.DialTimeout, options.ReadTimeout = sentinelTimeout, sentinelTimeout
		s.clients = append(s.clients, redis.NewSentinelClient(options))
	}
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	switched := make(chan struct{}, 1)
	s.running.Go(func() { s.watch(ctx, switched) })
	for _, client := range s.clients {
		s.running.Go(func() { listen(ctx, client, switched) })
	}
	return s
}

// listen hears from one sentinel that there is another master.
func listen(ctx context.Context, client *redis.SentinelClient, switched chan<- struct{}) {
	pubsub := client.Subscribe(ctx, "+switch-master")
	stop := context.AfterFunc(ctx, func() { _ = pubsub.Close() })
	defer stop()
	for range pubsub.Channel() {
		poke(switched)
	}
}

// watch asks again and again, and when there is reason to.
func (s *sentinels) watch(ctx context.Context, switched <-chan struct{}) {
	ticker := time.NewTicker(sentinelEvery)
	defer ticker.Stop()
	for {
		_, _ = s.ask(ctx) // who fails to get an answer goes on with the last one
		select {
		case <-ticker.C:
		case <-switched:
		case <-ctx.Done():
			return
		}
	}
}

// ask asks all sentinels at once who is the master, and believes most of those
// who answer: one that is cut off from the others may not know of a new one.
func (s *sentinels) ask(ctx context.Context) (master string, err error) {
	ctx, cancel := context.WithTimeout(ctx, sentinelTimeout)
	defer cancel()
	answers, errs := make([]string, len(s.clients)), make([]error, len(s.clients))
	var asking sync.WaitGroup
	for i, client := range s.clients {
		asking.Go(func() {
			var addr []string
			addr, errs[i] = client.GetMasterAddrByName(ctx, s.name).Result()
			if len(addr) == 2 {
				answers[i] = net.JoinHostPort(addr[0], addr[1])
			}
		})
	}
	asking.Wait()

	votes := make(map[string]int)
	for _, answer := range answers {
		votes[answer]++
	}
	delete(votes, "")
	for _, answer := range answers { // in the order of the URL, so that of two the first wins
		if votes[answer] > votes[master] {
			master = answer
		}
	}
	if master == "" {
		return "", fmt.Errorf("room: no sentinel says who is the master: %w", errors.Join(errs...))
	}
	s.believe(master)
	return master, nil
}

// believe takes note of the master. If it is a new one, the connections to the
// old one are closed.
func (s *sentinels) believe(master string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if master == s.master {
		return
	}
	s.master = master
	for conn := range s.conns {
		_ = conn.Conn.Close()
	}
	clear(s.conns)
}

// current returns the master's address. Once it was known, nobody waits for a
// sentinel: while all of them are away it is where it was.
func (s *sentinels) current(ctx context.Context) (string, error) {
	s.mu.Lock()
	master := s.master
	s.mu.Unlock()
	if master != "" {
		return master, nil
	}
	return s.ask(ctx)
}

// dial connects to the master, wherever it is.
func (s *sentinels) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	master, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	plain, err := s.connect(ctx, network, master)
	if err != nil {
		return nil, err
	}
	conn := &pooledConn{Conn: plain, forget: s.forget}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.master != master {
		_ = plain.Close()
		return nil, fmt.Errorf("room: %s is the master no more", master)
	}
	s.conns[conn] = struct{}{}
	return conn, nil
}

func (s *sentinels) forget(conn *pooledConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

func (s *sentinels) look(ctx context.Context) (func(string) (string, error), error) {
	master, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return alone(master).look(ctx)
}

// doubt does nothing: the question is asked all the time.
func (*sentinels) doubt() {}

func (s *sentinels) Close() error {
	s.end()
	s.running.Wait()
	var err error
	for _, client := range s.clients {
		err = errors.Join(err, client.Close())
	}
	return err
}
