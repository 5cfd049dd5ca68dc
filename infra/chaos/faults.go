package chaos

import (
	"context"
	"time"
)

// fault is something that goes wrong, and what Tutti promises of it.
type fault struct {
	id      string // of the fault model, with a letter for its kinds
	name    string
	rounds  int           // in the long form
	promise time.Duration // how long after its end all is well

	// breaksConnections: it reaches people. All others must not notice it but
	// by what they wait for.
	breaksConnections bool

	// redisIsFine: whoever joins finds all that was acknowledged before.
	redisIsFine bool

	// absences: people may be thought to have left who come back.
	absences bool

	// form is the form of its world; nil: as any other.
	form func(form) form

	// strike makes it and ends it. It is called while people type.
	strike func(ctx context.Context, w *world, round int) error
}

// faults are all there are. Each has its strike in the file of its kind.
func faults() []fault {
	return []fault{
		{id: "F0", name: "nothing", rounds: 3, promise: promised, redisIsFine: true, strike: nothing},
		{id: "F1a", name: "relay killed", rounds: 20, promise: promised, breaksConnections: true, redisIsFine: true, strike: killRelay},
		{id: "F1b", name: "all relays but one killed after the last edit", rounds: 5, promise: promised, breaksConnections: true, redisIsFine: true, strike: killMost},
		{id: "F1c", name: "relay killed while Redis stalls", rounds: 10, promise: promised, breaksConnections: true, strike: killWhileStalled},
		{id: "F1d", name: "relay killed that is far from Redis", rounds: 10, promise: promised, breaksConnections: true, strike: killFarAway},
		{id: "F2", name: "relay paused", rounds: 3, promise: promised, breaksConnections: true, redisIsFine: true, absences: true, strike: pauseRelay},
		{id: "F3a", name: "rolling deploy", rounds: 5, promise: promised, breaksConnections: true, redisIsFine: true, strike: deploy},
		{id: "F3b", name: "two relays under load restarted in turn", rounds: 5, promise: promised, breaksConnections: true, redisIsFine: true, form: twoUnderLoad, strike: restartInTurn},
		{id: "F7", name: "Redis crashes and is empty", rounds: 8, promise: promised, strike: crashRedis},
		{id: "F8a", name: "Redis flushed", rounds: 20, promise: promised, strike: flush},
		{id: "F8b", name: "each key of the room deleted", rounds: 5, promise: promised, strike: deleteEachKey},
		{id: "F8c", name: "Redis flushed while nobody types", rounds: 2, promise: promisedIfUnsaid, strike: flushIdle},
		{id: "F8d", name: "log deleted, and a relay comes that has no room", rounds: 5, promise: promised, breaksConnections: true, strike: deleteLogAndRelay},
		{id: "F9a", name: "failover to a replica that lags", rounds: 5, promise: promised, strike: failOver},
		{id: "F9b", name: "Redis crashes and is as it was before", rounds: 5, promise: promised, strike: restoreOld},
		{id: "F10a", name: "split brain", rounds: 5, promise: promised, absences: true, strike: splitBrain},
		{id: "F10b", name: "split brain, two logs of one length", rounds: 5, promise: promisedIfUnsaid, absences: true, strike: splitAhead(0)},
		{id: "F10c", name: "split brain, the new log is the longer one", rounds: 5, promise: promisedIfUnsaid, absences: true, strike: splitAhead(10)},
		{id: "F11", name: "Redis stalls", rounds: 5, promise: promised, strike: stall},
		{id: "F12a", name: "connections to Redis killed", rounds: 3, promise: promisedIfUnsaid, strike: killConnections},
		{id: "F12b", name: "a third of the messages lost", rounds: 3, promise: promisedIfUnsaid, strike: loseMessages},
		{id: "F13", name: "replies lost after execution", rounds: 3, promise: promised, strike: loseReplies},
		{id: "F14a", name: "Redis out of memory, refuses", rounds: 4, promise: promised, strike: fillMemory("noeviction")},
		{id: "F14b", name: "Redis out of memory, evicts", rounds: 4, promise: promised, strike: fillMemory("volatile-lru")},
		{id: "F15a", name: "scripts flushed", rounds: 3, promise: promised, strike: flushScripts},
		{id: "F15b", name: "Redis busy with an endless script", rounds: 4, promise: promised, strike: endlessScript},
		{id: "F15c", name: "Redis read-only", rounds: 4, promise: promised, strike: readOnly},
		{id: "F15d", name: "a key of the wrong type", rounds: 4, promise: promised, strike: wrongType},
		{id: "F15e", name: "Redis takes no connections", rounds: 4, promise: promisedIfUnsaid, strike: refuseConnections},
		{id: "F16a", name: "clock of Redis jumps ahead", rounds: 5, promise: promised, strike: expireAll},
		{id: "F16b", name: "keys about to expire", rounds: 1, promise: promised, strike: expireSoon},
		{id: "F17", name: "poisoned entries in the log", rounds: 5, promise: promised, strike: poison},
		{id: "F18a", name: "partition from Redis", rounds: 6, promise: promisedIfUnsaid, absences: true, strike: partition(weather{blocked: true})},
		{id: "F18b", name: "connections to Redis reset", rounds: 6, promise: promisedIfUnsaid, absences: true, strike: partition(weather{reset: true})},
		{id: "F18c", name: "Redis far away", rounds: 6, promise: promisedIfUnsaid, strike: partition(weather{latency: farAway})},
		{id: "F18d", name: "thin line to Redis", rounds: 6, promise: promisedIfUnsaid, strike: partition(weather{bytesPerSecond: thinLine})},
		{id: "F18e", name: "Redis not near while the log is compacted", rounds: 3, promise: promised, breaksConnections: true, strike: compactFromAfar},
	}
}

// length is how long the fault of a round lasts: the first of those that are
// given in the short form, else each in turn.
func (w *world) length(round int, lengths ...time.Duration) time.Duration {
	if w.form.short {
		return lengths[0]
	}
	return lengths[round%len(lengths)]
}

// aWhile is a time up to a second, by chance.
func (w *world) aWhile() time.Duration { return time.Duration(w.random.Int64N(int64(time.Second))) }

// anyPlace is one of the places, by chance.
func (w *world) anyPlace() *place { return w.places[w.random.IntN(len(w.places))] }
