package room

import "strings"

// Lengths of a room's id, in characters.
const (
	minIDLength = 6
	maxIDLength = 32
)

// ValidID reports whether a room can have this id: 6 to 32 lower-case ASCII
// letters or digits. No other string gets near Redis.
func ValidID(id string) bool {
	if len(id) < minIDLength || len(id) > maxIDLength {
		return false
	}
	return strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// keys are the names of all that a room has in Redis.
type keys struct {
	log      string // stream: the truth; see Entry
	seen     string // sorted set: session id → when it counts as gone, in Redis milliseconds
	presence string // hash: session id → Person as JSON
	code     string // string: the text; a view
	users    string // set: user ids; a view
	cursors  string // hash: user id → cursor as JSON; a view
	channel  string // pub/sub: everything that happens, in the order in which Redis did it
}

// keys returns the names of what a room has. In a cluster the id is in braces,
// so that one node has all of it.
func (s *Store) keys(id string) keys {
	if s.cluster != nil {
		id = "{" + id + "}"
	}
	return keysOf(id)
}

func keysOf(id string) keys {
	prefix := "room:" + id + ":"
	return keys{
		log:      prefix + "log",
		seen:     prefix + "seen",
		presence: prefix + "presence",
		code:     prefix + "code",
		users:    prefix + "users",
		cursors:  prefix + "cursors",
		channel:  "room_channel:" + id,
	}
}

// all lists the keys in the order in which every script takes them. Scripts
// take the channel as an argument: it is not a key.
func (k keys) all() []string {
	return []string{k.log, k.seen, k.presence, k.code, k.users, k.cursors}
}
