package chaos

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/infra/pause"
)

// shadow is a replica behind a line that can fail.
type shadow struct {
	server *redisServer
	line   *proxy
}

// newShadow adds a replica to the primary, and waits until it has everything.
func (w *world) newShadow(ctx context.Context) (*shadow, error) {
	server, err := w.newServer(ctx)
	if err != nil {
		return nil, err
	}
	line, err := newProxy(ctx, w.primary.addr, true, w.random)
	if err != nil {
		return nil, err
	}
	if err := server.replicate(ctx, line.addr); err != nil {
		return nil, errors.Join(err, line.close())
	}
	w.note("%s replicates %s", server.addr, w.primary.addr)
	return &shadow{server, line}, nil
}

// lag lets the replica fall behind, while people type.
func (s *shadow) lag(ctx context.Context, w *world, length time.Duration) error {
	s.line.set(weather{blocked: true}, bothKinds...)
	if err := pause.For(ctx, length); err != nil {
		return err
	}
	ahead, err := lastEntry(ctx, w.primary, w)
	if err != nil {
		return err
	}
	behind, err := lastEntry(ctx, s.server, w)
	if err != nil {
		return err
	}
	w.note("the primary's log ends at %s, the replica's at %s", ahead, behind)
	if ahead == behind {
		return errors.New("the replica has not fallen behind: the fault was not there")
	}
	return nil
}

func lastEntry(ctx context.Context, server *redisServer, w *world) (string, error) {
	last, err := server.admin.XRevRangeN(ctx, w.key("log"), "+", "-", 1).Result()
	if err != nil || len(last) == 0 {
		return "", fmt.Errorf("the log has no end: %w", errors.Join(err, redis.Nil))
	}
	return last[0].ID, nil
}

// lead makes a server the primary of some places.
func (w *world) lead(server *redisServer, places ...*place) {
	for _, p := range places {
		p.link.retarget(server.addr)
	}
}

// crown makes a server the one that counts.
func (w *world) crown(server *redisServer) {
	w.primary = server
	w.sampler.follow(server)
	w.apiLink.retarget(server.addr)
}

// failOver lets a replica fall behind, kills the primary, and goes on with the
// replica: what was acknowledged meanwhile is not in it, and the numbers of its
// entries are given again.
func failOver(ctx context.Context, w *world, round int) (err error) {
	old := w.primary
	s, err := w.newShadow(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.line.close()) }()
	if err := s.lag(ctx, w, w.length(round, time.Second, 2*time.Second, 5*time.Second)); err != nil {
		return err
	}
	old.kill()
	w.note("the primary is killed")
	if err := s.server.promote(ctx); err != nil {
		return err
	}
	w.crown(s.server)
	w.lead(s.server, w.places...)
	w.note("the replica is the primary")
	return pause.For(ctx, w.aWhile())
}

// splitBrain promotes a replica while one relay stays with the old primary:
// both sides type on, then there is one primary again.
func splitBrain(ctx context.Context, w *world, round int) error {
	b, err := w.split(ctx)
	if err != nil {
		return err
	}
	length := w.length(round, 5*time.Second, 2*time.Second, 40*time.Second)
	w.note("%s is alone with the old primary for %v", b.alone.relay().Name, length)
	if err := pause.For(ctx, length); err != nil {
		return err
	}
	w.lead(w.primary, b.alone)
	b.old.kill()
	w.note("all are with the new primary")
	return pause.For(ctx, w.aWhile())
}

// brain is a split one.
type brain struct {
	old   *redisServer // the new one is the one that counts
	alone *place       // that is with the old one
}

// split promotes a replica, and leaves one relay with the old primary.
func (w *world) split(ctx context.Context) (b brain, err error) {
	b = brain{old: w.primary, alone: w.anyPlace()}
	s, err := w.newShadow(ctx)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, s.line.close()) }()
	if err := s.lag(ctx, w, time.Second); err != nil {
		return b, err
	}
	if err := s.server.promote(ctx); err != nil {
		return b, err
	}
	w.crown(s.server)
	for _, p := range w.places {
		if p != b.alone {
			w.lead(s.server, p)
		}
	}
	return b, nil
}

// splitAhead is a split brain of one epoch whose new log is ahead of the old one
// by so many entries in the end. By numbers alone, the new one has all that the
// lonely relay knows, and with none ahead, what that relay appends follows it. It
// also hears late that it has a new primary.
func splitAhead(entries int) func(ctx context.Context, w *world, round int) error {
	return func(ctx context.Context, w *world, _ int) error {
		b, err := w.split(ctx)
		if err != nil {
			return err
		}
		if err := pause.For(ctx, w.aWhile()); err != nil {
			return err
		}
		if err := w.quiet(ctx); err != nil {
			return err
		}
		pair, err := w.newPair(ctx, b.alone)
		if err != nil {
			return err
		}
		defer pair.part()
		if err := w.level(ctx, b, pair, entries); err != nil {
			return err
		}
		b.alone.link.set(weather{blocked: true}, pubSubLink)
		defer b.alone.link.fair()
		w.lead(w.primary, b.alone)
		b.old.kill()
		w.note("all are with the new primary")
		if err := pair.write(ctx, lonelyLines); err != nil {
			return err
		}
		w.letType()
		return pause.For(ctx, w.form.warmUp)
	}
}

// lonelyLines is how many lines are typed on the lonely side before anybody else
// types.
const lonelyLines = 5

// level makes the new log end so many entries ahead of the old one: somebody
// types on the lonely side until its log is not the shorter one, and the other
// side gets entries that say nothing.
func (w *world) level(ctx context.Context, b brain, pair *pair, entries int) error {
	for {
		if err := pause.For(ctx, w.form.resume); err != nil { // what is under way arrives
			return err
		}
		old, err := lastEntry(ctx, b.old, w)
		if err != nil {
			return err
		}
		now, err := lastEntry(ctx, w.primary, w)
		if err != nil {
			return err
		}
		w.note("the old primary's log ends at %s, the new one's at %s", old, now)
		ahead, err := entriesBetween(now, old)
		switch {
		case err != nil:
			return err
		case ahead >= 0:
			return w.lengthen(ctx, now, ahead+entries)
		}
		if err := pair.write(ctx, -ahead); err != nil {
			return err
		}
	}
}

// entriesBetween is by how many entries b is behind a.
func entriesBetween(a, b string) (int, error) {
	epochA, seqA, _ := strings.Cut(a, "-")
	epochB, seqB, _ := strings.Cut(b, "-")
	first, err := strconv.Atoi(seqA)
	last, lastErr := strconv.Atoi(seqB)
	if err := errors.Join(err, lastErr); err != nil || epochA != epochB {
		return 0, fmt.Errorf("%s and %s are not of one log: %w", a, b, err)
	}
	return last - first, nil
}

// lengthen adds entries to the primary's log that say nothing.
func (w *world) lengthen(ctx context.Context, after string, n int) error {
	epoch, _, _ := strings.Cut(after, "-")
	for range n {
		nonce := fmt.Sprintf("%016x", w.random.Uint64())
		add := &redis.XAddArgs{Stream: w.key("log"), ID: epoch + "-*", Values: []any{"k", "zz", "n", nonce, "d", ""}}
		if err := w.primary.admin.XAdd(ctx, add).Err(); err != nil {
			return err
		}
	}
	return nil
}
