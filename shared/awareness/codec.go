package awareness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tutti-live/tutti/shared/lib0"
)

// An Entry is what one client says of itself. In an update it is the client and
// the clock, as variable-length integers, and the state as a string of JSON.
type Entry struct {
	Client uint64 // Yjs client id, below 2^53
	Clock  uint32 // raised by the client with every change
	State  string // a JSON object as it was written; "" when the client is gone, which is null in an update
}

// gone is the state of a client that has none.
const gone = "null"

// maxClock is the largest clock. Clients raise theirs with each move of the
// cursor: at a hundred a second it lasts for eight months.
const maxClock = 1 << 31

// Errors of [Decode], wrapped with what was wrong.
var (
	// ErrMalformed: the bytes are not an awareness update.
	ErrMalformed = errors.New("awareness: malformed")
	// ErrLimit: the update is well-formed and has more than Limits grants.
	ErrLimit = errors.New("awareness: limit exceeded")
)

// Limits is what Decode accepts in one update. The zero value of a field means
// its default.
type Limits struct {
	Entries    int // clients it speaks of
	StateBytes int // length of the JSON of one state
	Depth      int // how deeply objects and arrays are nested; {} is 1
}

const (
	// Clients send one entry, servers one for each client of the document.
	defaultEntries = 512
	// States of the editors we know have less than 500 bytes; this leaves room
	// for a picture's address, not for a picture.
	defaultStateBytes = 8 << 10
	// A cursor is nested four deep: {"selection":{"anchor":{"item":{}}}}. Clients
	// recurse into what they get, to compare it with what they had.
	defaultDepth = 16
)

// DefaultLimits returns the limits for which none were set.
func DefaultLimits() Limits {
	return Limits{Entries: defaultEntries, StateBytes: defaultStateBytes, Depth: defaultDepth}
}

func (l Limits) orDefaults() Limits {
	if l.Entries <= 0 {
		l.Entries = defaultEntries
	}
	if l.StateBytes <= 0 {
		l.StateBytes = defaultStateBytes
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	return l
}

// minEntryLen is the length of the shortest entry: client, clock, length, {}.
const minEntryLen = 5

// Decode reads an awareness update, the payload of a message of type 1. The
// entries are in the order of the update, and may speak of a client twice.
func Decode(update []byte, limits Limits) ([]Entry, error) {
	limits = limits.orDefaults()
	r := lib0.NewReader(update)
	n, err := count(&r, limits)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, n)
	for i := range entries {
		if err := entries[i].read(&r, limits); err != nil {
			return nil, fmt.Errorf("%w, in entry %d", err, i)
		}
	}
	if r.Len() > 0 {
		return nil, malformed("%d bytes behind the last entry", r.Len())
	}
	return entries, nil
}

// Find reads the last that an update says of one client; it is not ok if that is
// nothing. The states of others are not looked at: clients repeat what others say.
func Find(update []byte, client uint64, limits Limits) (e Entry, ok bool, err error) {
	limits = limits.orDefaults()
	r := lib0.NewReader(update)
	n, err := count(&r, limits)
	for range n {
		id, clock := r.Uvarint(), r.Uvarint()
		state, _ := r.StringBytes()
		switch {
		case r.Err() != nil:
			return Entry{}, false, malformed("%w", r.Err())
		case id == client:
			if e, err = newEntry(id, clock, state, limits); err != nil {
				return Entry{}, false, err
			}
			ok = true
		}
	}
	return e, ok, err
}

// count reads how many entries an update has.
func count(r *lib0.Reader, limits Limits) (n uint64, err error) {
	size := r.Len()
	n = r.Uvarint()
	switch {
	case r.Err() != nil:
		return 0, malformed("number of entries: %w", r.Err())
	case n > uint64(size)/minEntryLen: //nolint:gosec // is positive
		return 0, malformed("%d bytes cannot hold %d entries", r.Len(), n)
	case n > uint64(limits.Entries): //nolint:gosec // is positive
		return 0, overLimit("%d entries", n)
	}
	return n, nil
}

func (e *Entry) read(r *lib0.Reader, limits Limits) error {
	client, clock := r.Uvarint(), r.Uvarint()
	state, _ := r.StringBytes()
	if r.Err() != nil {
		return malformed("%w", r.Err())
	}
	var err error
	*e, err = newEntry(client, clock, state, limits)
	return err
}

func newEntry(client, clock uint64, state []byte, limits Limits) (Entry, error) {
	if clock > maxClock {
		return Entry{}, malformed("clock %d", clock)
	}
	e := Entry{Client: client, Clock: uint32(clock)}
	return e, e.setState(state, limits)
}

func (e *Entry) setState(state []byte, limits Limits) error {
	if len(state) > limits.StateBytes {
		return overLimit("state of %d bytes", len(state))
	}
	trimmed := bytes.Trim(state, " \t\r\n") // what is space in JSON
	if string(trimmed) == gone {
		return nil
	}
	if len(trimmed) == 0 || trimmed[0] != '{' {
		return malformed("state is not an object")
	}
	if depth := nesting(trimmed); depth > limits.Depth {
		return overLimit("state is nested %d deep", depth)
	}
	if !json.Valid(trimmed) {
		return malformed("state is not JSON")
	}
	e.State = string(state)
	return nil
}

// nesting returns how deeply objects and arrays are nested in JSON text. Of
// what is not JSON it returns some number.
func nesting(text []byte) int {
	deepest, depth, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			i++ // whatever it escapes does not end the string
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// Append appends an awareness update with the entries.
func Append(b []byte, entries ...Entry) []byte {
	b = lib0.AppendUvarint(b, uint64(len(entries)))
	for _, e := range entries {
		b = lib0.AppendUvarint(b, e.Client)
		b = lib0.AppendUvarint(b, uint64(e.Clock))
		state := e.State
		if state == "" {
			state = gone
		}
		b = lib0.AppendString(b, state)
	}
	return b
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

func overLimit(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrLimit}, args...)...)
}
