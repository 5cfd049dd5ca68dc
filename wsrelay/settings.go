package wsrelay

import (
	"fmt"
	"time"

	"github.com/tutti-live/tutti/shared/config"
)

// Settings of a relay, from the environment.
type Settings struct {
	config.HTTP
	config.Redis
	config.Rooms

	// RequireOrigin refuses clients that send no Origin header. Browsers always
	// do; programs do not.
	RequireOrigin bool `envconfig:"REQUIRE_ORIGIN" default:"false"`

	// MaxConnections is what one instance takes: as many as Cloud Run sends it.
	MaxConnections config.Count `envconfig:"MAX_CONNECTIONS" default:"1000"`

	// MaxConnectionsPerClient is what one address may take of them: half, so
	// that nobody can fill an instance alone.
	MaxConnectionsPerClient config.Count `envconfig:"MAX_CONNECTIONS_PER_CLIENT" default:"500"`

	// MaxPeoplePerRoom bounds what one change costs: it is sent to everyone.
	MaxPeoplePerRoom config.Count `envconfig:"MAX_PEOPLE_PER_ROOM" default:"256"`

	// HeartbeatInterval is how often a relay says who is in each of its rooms.
	HeartbeatInterval config.Interval `envconfig:"HEARTBEAT_INTERVAL" default:"10s"`

	// AdminPort is where GET /metrics answers, which only the operator must
	// reach; 0: nowhere.
	AdminPort config.Port `envconfig:"ADMIN_PORT" default:"0"`

	// PresenceTimeout is how long a person who is not heard of counts as being
	// there. The people of a relay that was killed are gone after at most
	// PresenceTimeout + HeartbeatInterval, with 2 s left of the promised 40
	// for telling everybody.
	PresenceTimeout config.Interval `envconfig:"PRESENCE_TIMEOUT" default:"28s"`
}

// Check finds settings that do not fit together.
func (s *Settings) Check() error {
	if s.PresenceTimeout.Duration() <= 2*s.HeartbeatInterval.Duration() {
		return &config.Error{
			Variable: "PRESENCE_TIMEOUT",
			Reason:   fmt.Errorf("%v is not more than twice HEARTBEAT_INTERVAL, %v", s.PresenceTimeout, s.HeartbeatInterval),
		}
	}
	return nil
}

// heartbeat is HEARTBEAT_INTERVAL, or less where rooms would be gone by then.
func (s *Settings) heartbeat() time.Duration {
	return min(s.HeartbeatInterval.Duration(), s.TTL()/3)
}

// linger is how long a room is kept that nobody is in: somebody whose page loads
// anew finds it in memory, and it is put back if Redis loses it in that time. It
// is well below the life of a room, which it does not prolong.
func (s *Settings) linger() time.Duration { return min(30*time.Second, s.TTL()/4) }

// Limits of one connection, and of what a relay waits for.
const (
	// maxFrameBytes is the longest message from a client. A text of the
	// default limit with every fourth character escaped in JSON fits.
	maxFrameBytes = 2 << 20

	// maxLingerBytes is how much of a longer one is read only to be polite.
	maxLingerBytes = 16 << 20

	// pingEvery and silenceLimit find clients that are gone without a word: two
	// pings may be lost, and a half-open connection is closed within 35 s.
	pingEvery    = 15 * time.Second
	silenceLimit = 35 * time.Second

	// writeLimit is how long one frame may take to leave.
	writeLimit = 10 * time.Second

	// handshakeLimit is how long an upgrade may take.
	handshakeLimit = 5 * time.Second

	// turnAwayAfter is how long a Yjs client is held that is of no use here.
	turnAwayAfter = 3 * time.Second

	// closeGrace is how long a client may take to answer a close frame.
	closeGrace = 1 * time.Second

	// maxQueueBytes is what may wait for one client to read, its latest text
	// not counted: about ten thousand small messages.
	maxQueueBytes = 1 << 20

	// maxOutboxes is how many documents of one connection may have something waiting:
	// as many as it may work on, and as many that it does not any more.
	maxOutboxes = 2 * maxAttached

	// A client may send messagesPerSecond in the long run, which is above any
	// editor, and bytesPerSecond, which is the longest text several times a
	// second. Who sends more is read more slowly, so that TCP holds it back.
	messagesPerSecond = 60
	messageBurst      = 120
	bytesPerSecond    = 4 << 20
	byteBurst         = 8 << 20

	// A client may send controlsPerSecond pings and pongs: twice as many pongs as we
	// send pings, two with each of at most twenty texts a second. A burst comes from
	// a line that was stuck.
	controlsPerSecond = 100
	controlBurst      = 1000

	// minAge and maxAge are when a connection is asked to come back, at
	// random, before the platform cuts it at 60 min without a word.
	minAge = 50 * time.Minute
	maxAge = 57 * time.Minute

	// A relay that stops tells its clients to come back within a time in which
	// the others can take them all, at reconnectsPerSecond.
	reconnectsPerSecond = 200
	minRetrySpread      = 500 * time.Millisecond
	maxRetrySpread      = 10 * time.Second

	// presencePace is the least time between two reports of a room's cursors
	// to the other relays: 20 a second are as smooth as anyone sees.
	presencePace = 50 * time.Millisecond

	// maxDeparted is how many people of one room may have left while Redis was
	// away and be told to it afterwards.
	maxDeparted = 1000

	// joinWait is how long a join waits to hear of itself from Redis, so that
	// the client starts from all that was there before it.
	joinWait = 1 * time.Second

	// shrinkAfter is how long a room's text must not have changed for what only a
	// busy room needs to be let go of.
	shrinkAfter = 30 * time.Second

	// lastWord is how long a room that ends tries to say who has left: well below
	// forcedStop.
	lastWord = 500 * time.Millisecond

	// maxChecking is how many rooms of a relay read their logs again at a time:
	// when Redis comes back all want to, and whoever types must not wait for all.
	maxChecking = 8

	// forcedStop is what sessions and rooms get to end when a drain did not
	// bring them to it: at 9 s in all the process must be gone.
	forcedStop = 1 * time.Second

	// retryMin and retryMax are the wait between attempts to save, doubled each time.
	retryMin = 100 * time.Millisecond
	retryMax = 2 * time.Second

	// retryAfter is what refused clients are told to wait.
	retryAfter = 2 * time.Second
)
