package room

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"

	"github.com/tutti-live/tutti/shared/apierr"
)

const (
	// failuresToOpen is how many commands in a row fail before a server is let
	// alone: less could be chance.
	failuresToOpen = 5

	// openTime is how long it then is. Meanwhile nobody waits for a time-out;
	// afterwards one command finds out whether it is back. Short, because
	// everything we promise to be back in counts from there.
	openTime = 500 * time.Millisecond

	// retryAfter is what callers are told to wait when Redis does not answer.
	retryAfter = 1 * time.Second
)

var (
	// errResting says that a command was not sent, because those before failed.
	errResting = errors.New("room: Redis has not answered, and is let alone for a moment")

	// errAbandoned tells a breaker that the caller went before the end.
	errAbandoned = errors.New("abandoned")
)

// breakers keep commands from servers that do not answer, so that whoever needs
// one is told so at once. Each server has its own: of a cluster, one node that
// is away must not take the others with it.
type breakers struct {
	mu     sync.Mutex
	byAddr map[string]*gobreaker.CircuitBreaker[struct{}]
}

// of returns the breaker of a server. There are as many as there ever were servers.
func (b *breakers) of(addr string) *gobreaker.CircuitBreaker[struct{}] {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byAddr == nil {
		b.byAddr = make(map[string]*gobreaker.CircuitBreaker[struct{}])
	}
	breaker := b.byAddr[addr]
	if breaker == nil {
		breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Timeout:     openTime,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
			IsExcluded:  func(err error) bool { return errors.Is(err, errAbandoned) },
		})
		b.byAddr[addr] = breaker
	}
	return breaker
}

// do asks a server something, unless it is let alone.
func (b *breakers) do(ctx context.Context, addr string, ask func() error) error {
	err := errResting
	_, _ = b.of(addr).Execute(func() (struct{}, error) {
		err = ask()
		switch {
		case !isFailure(err):
			return struct{}{}, nil
		case ctx.Err() != nil:
			return struct{}{}, errAbandoned
		}
		return struct{}{}, err
	})
	return err
}

// resting reports whether a server is let alone.
func (b *breakers) resting(addr string) bool { return b.of(addr).State() == gobreaker.StateOpen }

// deadReplies are how the error begins that a server replies with which answers
// nobody: it is starting, has no master or no majority, is kept by a script,
// takes no more clients, or does not take us for one.
var deadReplies = []string{"LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY ", "ERR max number of clients", "NOAUTH", "WRONGPASS"}

// isFailure reports whether an error says that the server is of no use at the
// moment. Any other reply is an answer, whatever it says: a server that is out
// of memory (OOM), has become a replica (READONLY), or has lost its replicas or
// its disk (NOREPLICAS, MISCONF) refuses to write and still can be read; and
// some errors are about one room only, as when a key is of a wrong type.
func isFailure(err error) bool {
	if err == nil {
		return false
	}
	reply, is := errors.AsType[redis.Error](err)
	if !is {
		return true
	}
	for _, dead := range deadReplies {
		if strings.HasPrefix(reply.Error(), dead) {
			return true
		}
	}
	return false
}

// ask asks Redis something about a room, through a breaker and within
// opTimeout. Its error is redis.Nil as it came, or an Unavailable one.
func ask[T any](ctx context.Context, s *Store, id string, question func(ctx context.Context) (T, error)) (T, error) {
	var answer T
	limited, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	addr, err := s.serverOf(ctx, limited, id)
	if err == nil {
		err = s.breakers.do(ctx, addr, func() (err error) {
			answer, err = question(limited)
			if err = reveal(err); isFailure(err) {
				s.follower.directory.doubt()
			}
			return err
		})
	}
	if err != nil && !errors.Is(err, redis.Nil) {
		err = unavailable(err)
	}
	return answer, err
}

// serverOf returns which server of a cluster has a room: "" is the only one. It
// has limited to find out, and the breaker of all servers while none is known.
func (s *Store) serverOf(ctx, limited context.Context, id string) (addr string, err error) {
	if s.cluster == nil {
		return "", nil
	}
	err = s.breakers.do(ctx, "", func() (err error) {
		addr, err = nodes{s.cluster}.addr(limited, s.keys(id).log)
		return err
	})
	return addr, err
}

func unavailable(err error) error {
	return apierr.Wrap(apierr.Unavailable, err, "the room store does not answer; try again").After(retryAfter)
}
