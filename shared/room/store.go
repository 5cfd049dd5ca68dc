package room

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
)

const (
	// opTimeout bounds every question to Redis, dialling and waiting for a
	// connection included: a request that needs it must fail within 2 s.
	opTimeout = 1500 * time.Millisecond

	// retryAfter is what callers are told to wait when Redis does not answer.
	retryAfter = 1 * time.Second

	// createAttempts bounds the search for an id that is not taken. With six
	// digits and a million rooms, ten tries fail once in 10^12 times.
	createAttempts = 10

	// defaultPresence is three reports of a relay that reports every 10 s.
	defaultPresence = 30 * time.Second
)

//go:embed lua/*.lua
var luaFiles embed.FS

// Store is the rooms in one Redis. Its methods may be called concurrently.
// When Redis does not answer they fail with an Unavailable *apierr.Error
// within opTimeout; it is then not known whether a change was made.
type Store struct {
	redis    *redis.Client
	ttl      int // seconds
	presence time.Duration
	newID    func() string // replaced by tests

	create, load, append, join, people *redis.Script

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
	options, err := redis.ParseURL(string(url))
	if err != nil {
		return nil, &config.Error{Variable: "REDIS_URL", Reason: errors.New("not a URL that Redis clients understand")}
	}
	options.MaxRetries = -1   // a write whose reply was lost must not be sent twice behind our back
	options.DialerRetries = 1 // the caller retries
	options.DialTimeout = time.Second
	options.ReadTimeout = opTimeout
	options.WriteTimeout = opTimeout
	options.PoolTimeout = opTimeout
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true // saves two commands on each new connection

	length := opts.CodeLength
	if length == 0 {
		length = minIDLength
	}
	client := redis.NewClient(options)
	s := &Store{
		redis:    client,
		ttl:      int(rooms.TTLSeconds),
		presence: opts.Presence,
		newID:    func() string { return randomHex(length) },
		create:   script("create"),
		load:     script("load"),
		append:   script("append"),
		join:     script("join"),
		people:   script("presence"),
		follower: newFollower(options),
	}
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

func script(name string) *redis.Script {
	source, err := luaFiles.ReadFile("lua/" + name + ".lua")
	if err != nil { // the files are part of the program
		panic(err)
	}
	return redis.NewScript(string(source))
}

// Close ends all connections.
func (s *Store) Close() error { return errors.Join(s.follower.close(), s.redis.Close()) }

// TTLSeconds is how long a room lives after the last activity in it.
func (s *Store) TTLSeconds() int { return s.ttl }

// Ping reports whether Redis answers.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := s.redis.Ping(ctx).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// Create makes a room with a new id. No two callers ever get the same one.
// It fails with an Unavailable error when createAttempts ids are all taken.
func (s *Store) Create(ctx context.Context, text, language string) (id string, err error) {
	for range createAttempts {
		id := s.newID()
		made, err := s.Restore(ctx, id, text, language)
		if err != nil {
			return "", err
		}
		if made {
			return id, nil
		}
	}
	return "", apierr.New(apierr.Unavailable,
		"no free room id was found in %d attempts; try again, or have ROOM_CODE_LENGTH raised", createAttempts).After(retryAfter)
}

// Restore makes a room with this id, unless there is one, and reports whether
// it did. It also brings back a room that Redis lost.
func (s *Store) Restore(ctx context.Context, id, text, language string) (bool, error) {
	reply, err := s.run(ctx, s.create, id, s.ttl, newEpoch(), randomHex(16), text, cmp.Or(language, DefaultLanguage))
	return reply == int64(1), err
}

// Exists reports whether there is a room with this id.
func (s *Store) Exists(ctx context.Context, id string) (bool, error) {
	if !ValidID(id) {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	k := keysOf(id)
	n, err := s.redis.Exists(ctx, k.log, k.code).Result()
	if err != nil {
		return false, unavailable(err)
	}
	return n > 0, nil
}

// Load reads a room, or fails with ErrNotFound. A room without a log is given
// one, with this language, or the default one for "".
func (s *Store) Load(ctx context.Context, id, language string) (State, error) {
	if !ValidID(id) {
		return State{}, ErrNotFound
	}
	reply, err := s.run(ctx, s.load, id, s.ttl, newEpoch(), randomHex(16), cmp.Or(language, DefaultLanguage))
	if err != nil {
		return State{}, err
	}
	if parts, ok := reply.([]any); ok && len(parts) == 0 {
		return State{}, ErrNotFound
	}
	state, err := parseState(reply)
	if err != nil {
		return State{}, apierr.Wrap(apierr.Internal, err, "the room cannot be read")
	}
	return state, nil
}

// Append adds an entry to the log whose epoch the entry bears, and returns it
// with its position. It fails with ErrNotFound when there is no room, with
// ErrEpoch when the log is another one, and with ErrReplaced when it stood there
// already. After any other failure the same entry can be appended again: it
// will not undo what others appended since.
func (s *Store) Append(ctx context.Context, id string, e Entry) (Entry, error) {
	k := keysOf(id)
	reply, err := s.run(ctx, s.append, id, s.ttl, k.channel, e.Epoch, string(e.Kind), e.Nonce, e.Author, e.Payload)
	if err != nil {
		return Entry{}, err
	}
	parts, ok := reply.([]any)
	if !ok || len(parts) == 0 {
		return Entry{}, fmt.Errorf("room: append answered %v", reply)
	}
	switch parts[0] {
	case "NOROOM":
		return Entry{}, ErrNotFound
	case "EPOCH":
		return Entry{}, ErrEpoch
	case "REPLACED":
		return Entry{}, ErrReplaced
	}
	entryID, _ := parts[1].(string)
	e.Position, err = parsePosition(entryID, e.Nonce)
	return e, err
}

// Capacity is how many people a room takes.
type Capacity struct {
	Most  int           // people who were heard of
	Fresh time.Duration // within this time: others may be those of a killed relay
}

// Join lets a person in and returns the colour that the fewest there have. It
// fails with ErrNotFound, or with ErrFull.
func (s *Store) Join(ctx context.Context, id string, p Person, c Capacity) (color string, err error) {
	encoded, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("room: encoding a person: %w", err)
	}
	args := []any{s.ttl, keysOf(id).channel, s.presence.Milliseconds(), c.Most, c.Fresh.Milliseconds(), p.ID, encoded}
	for _, c := range Colors() {
		args = append(args, c)
	}
	reply, err := s.run(ctx, s.join, id, args...)
	if errors.Is(err, redis.Nil) {
		return "", ErrNotFound
	}
	color, _ = reply.(string)
	if err == nil && color == "" {
		return "", ErrFull
	}
	return color, err
}

// Presence is what a relay says about who is in a room.
type Presence struct {
	Here  []Person // who is there
	Left  []string // ids of those who went
	Whole bool     // make everyone compare the whole list, and the head of the log
}

// SayPresence makes what a relay says known, and removes whoever was not heard
// of for too long. It fails with ErrNotFound when there is no room.
func (s *Store) SayPresence(ctx context.Context, id string, p Presence) error {
	whole := "0"
	if p.Whole {
		whole = "1"
	}
	args := make([]any, 0, 5+len(p.Left)+2*len(p.Here))
	args = append(args, s.ttl, keysOf(id).channel, s.presence.Milliseconds(), whole, len(p.Left))
	for _, left := range p.Left {
		args = append(args, left)
	}
	for _, person := range p.Here {
		encoded, err := json.Marshal(person)
		if err != nil {
			return fmt.Errorf("room: encoding a person: %w", err)
		}
		args = append(args, person.ID, encoded)
	}
	reply, err := s.run(ctx, s.people, id, args...)
	if err == nil && reply != int64(1) {
		err = ErrNotFound
	}
	return err
}

// run runs a script on a room's keys.
func (s *Store) run(ctx context.Context, script *redis.Script, id string, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	reply, err := script.Run(ctx, s.redis, keysOf(id).all(), args...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, unavailable(err)
	}
	return reply, err
}

func unavailable(err error) error {
	return apierr.Wrap(apierr.Unavailable, err, "the room store does not answer; try again").After(retryAfter)
}

// parseState reads the reply of load.lua.
func parseState(reply any) (State, error) {
	var s State
	parts, _ := reply.([]any)
	if len(parts) != 2 {
		return s, fmt.Errorf("load answered %d parts", len(parts))
	}
	entries, _ := parts[0].([]any)
	for _, entry := range entries {
		e, err := parseEntry(entry)
		if err != nil {
			return s, err
		}
		s.apply(e)
	}
	people, _ := parts[1].([]any)
	for _, encoded := range people {
		text, _ := encoded.(string)
		var p Person
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return s, fmt.Errorf("person %s: %w", strconv.Quote(text), err)
		}
		s.People = append(s.People, p)
	}
	return s, nil
}

// parseEntry reads {id, {name, value, ...}} as XRANGE gives it.
func parseEntry(reply any) (Entry, error) {
	parts, _ := reply.([]any)
	if len(parts) != 2 {
		return Entry{}, errors.New("an entry without fields")
	}
	id, _ := parts[0].(string)
	fields, _ := parts[1].([]any)
	named := make(map[string]string, len(fields)/2)
	for i := 0; i+1 < len(fields); i += 2 {
		name, _ := fields[i].(string)
		named[name], _ = fields[i+1].(string)
	}
	position, err := parsePosition(id, named["n"])
	return Entry{Position: position, Kind: Kind(named["k"]), Payload: named["d"]}, err
}
