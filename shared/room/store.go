package room

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/config"
)

// defaultPresence is three reports of a relay that reports every 10 s.
const defaultPresence = 30 * time.Second

//go:embed lua/*.lua
var luaFiles embed.FS

// Store is the rooms in one Redis. Its methods may be called concurrently.
// When Redis does not answer they fail with an Unavailable *apierr.Error
// within opTimeout, or at once if it has not answered for a while; it is then
// not known whether a change was made.
type Store struct {
	redis    redis.UniversalClient
	cluster  *redis.ClusterClient // the same, where each server has only some of the rooms; else nil
	breakers breakers
	publish  string // the command that publishes on a room's channel
	ttl      int    // seconds
	presence time.Duration
	textName string
	newID    func() string // replaced by tests

	seed, load, append, compact, compactPlain, view, join, people, mend *redis.Script

	follower *follower
}

// Options of a Store. The zero value of a field takes its default.
type Options struct {
	CodeLength int           // digits of new ids; 6
	Presence   time.Duration // how long a person who is not heard of counts as there; 30 s
}

// Open makes a Store. It does not wait for Redis: a process starts without it
// and works as soon as it is there.
func Open(url config.RedisURL, rooms config.Rooms, opts Options) (*Store, error) {
	connector, err := newConnector(url)
	if err != nil {
		return nil, err
	}
	length := opts.CodeLength
	if length == 0 {
		length = minIDLength
	}
	client, directory := connector.commands()
	s := &Store{
		redis:        client,
		publish:      "PUBLISH",
		ttl:          int(rooms.TTLSeconds),
		presence:     opts.Presence,
		textName:     string(rooms.TextName),
		newID:        func() string { return randomHex(length) },
		seed:         script("seed"),
		load:         script("load"),
		append:       script("append"),
		compact:      script("compact"),
		compactPlain: plain("compact"),
		view:         script("view"),
		join:         script("join"),
		people:       script("presence"),
		mend:         script("mend"),
	}
	if s.cluster, _ = client.(*redis.ClusterClient); s.cluster != nil {
		s.publish = "SPUBLISH" // is heard at the node that has the room, and not carried to all
	}
	s.follower = newFollower(connector.link, directory, s.cluster != nil)
	if s.presence == 0 {
		s.presence = defaultPresence
	}
	return s, nil
}

// clientLog takes what the client library wants to say of its own accord, which
// is about connections that it mends by itself.
type clientLog struct{}

func (clientLog) Printf(ctx context.Context, format string, args ...any) {
	slog.Default().DebugContext(ctx, fmt.Sprintf(format, args...))
}

func init() { redis.SetLogger(clientLog{}) }

func script(name string) *redis.Script { return redis.NewScript(source(name)) }

// plain is a script without the line that gives it flags, for a Redis that does
// not know them.
func plain(name string) *redis.Script {
	_, body, _ := strings.Cut(source(name), "\n")
	return redis.NewScript(body)
}

func source(name string) string {
	text, err := luaFiles.ReadFile("lua/" + name + ".lua")
	if err != nil { // the files are part of the program
		panic(err)
	}
	return string(text)
}

// Close ends all connections.
func (s *Store) Close() error { return errors.Join(s.follower.close(), s.redis.Close()) }

// TTLSeconds is how long a room lives after the last activity in it.
func (s *Store) TTLSeconds() int { return s.ttl }

// Ping reports whether Redis answers; of a cluster, whether any node does. It
// asks even while other questions are not, and their failures do not concern it.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	var err error
	if s.cluster == nil {
		err = s.redis.Ping(ctx).Err()
	} else {
		var answered atomic.Bool
		err = s.cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			err := node.Ping(ctx).Err()
			answered.CompareAndSwap(false, err == nil)
			return err
		})
		if answered.Load() {
			return nil
		}
	}
	if err != nil {
		return unavailable(reveal(err))
	}
	return nil
}

// run runs a script on a room's keys. Every script takes as its first arguments
// the time to live, the command to publish with, and the channel.
func (s *Store) run(ctx context.Context, script *redis.Script, id string, args ...any) (any, error) {
	k := s.keys(id)
	all := append(make([]any, 0, 3+len(args)), s.ttl, s.publish, k.channel)
	all = append(all, args...)
	reply, err := ask(ctx, s, id, func(ctx context.Context) (any, error) {
		return script.Run(ctx, s.redis, k.all(), all...).Result()
	})
	if err == nil || errors.Is(err, redis.Nil) {
		return reply, err
	}
	if script != s.mend && strings.Contains(err.Error(), "WRONGTYPE") {
		// Somebody else has written one of the keys. What stood there is gone,
		// so it is as if Redis had lost it, which heals.
		if _, mendErr := s.run(ctx, s.mend, id); mendErr != nil {
			err = errors.Join(err, mendErr)
		}
	}
	return nil, err
}
