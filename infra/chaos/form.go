package chaos

import "time"

// form is how long things take: as in production, or shortened.
type form struct {
	short bool

	// heartbeat and presence are the settings of the relays. The crashed are
	// gone after the two and ghostMargin. Redis may be away for what is left of
	// presence after a heartbeat and the longest wait of a relay, 2 s, without
	// anybody seeming to have left. That wait is shorter than any heartbeat.
	heartbeat, presence time.Duration

	writers  int           // people who type, in each style in turn
	yjs      int           // people with Yjs clients, who type as well
	relays   int           // one of them may always be away
	warmUp   time.Duration // of typing before the first strike
	resume   time.Duration // of typing after each
	ripeness time.Duration // how long a line is acknowledged before its writer may delete it

	roundLimit time.Duration // after which a round is given up
}

// ghostMargin is left for telling everybody who is gone.
const ghostMargin = 2 * time.Second

var longForm = form{
	heartbeat:  10 * time.Second,
	presence:   28 * time.Second,
	writers:    8,
	yjs:        4,
	relays:     3,
	warmUp:     3 * time.Second,
	resume:     2 * time.Second,
	ripeness:   3 * time.Second,
	roundLimit: 5 * time.Minute,
}

var shortForm = form{
	short:      true,
	heartbeat:  3 * time.Second,
	presence:   8 * time.Second,
	writers:    4,
	yjs:        3,
	relays:     3,
	warmUp:     time.Second,
	resume:     500 * time.Millisecond,
	ripeness:   time.Second,
	roundLimit: 45 * time.Second,
}

// twoUnderLoad is with two relays: whoever is not with the one is with the other.
func twoUnderLoad(f form) form {
	f.relays = 2
	if !f.short { // where many worlds share the machine
		f.writers, f.yjs = 12, 12
	}
	return f
}

// Promises: how long after the last edit and the end of the fault all is well.
const (
	promised         = 5 * time.Second
	promisedIfUnsaid = 15 * time.Second // where messages between relays were lost
)

// yjsReturn is how long Yjs clients may not see one another who came back: until
// they say the next time that they are there, which is after 15 s, looked at every
// 3 s. What they said before is no news to who heard it before.
const yjsReturn = 20 * time.Second

// ghosts is how long somebody may seem to be there who is not, or the other
// way round.
func (f form) ghosts() time.Duration { return f.presence + f.heartbeat + ghostMargin }
