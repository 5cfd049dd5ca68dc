package room

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// statusOf reads the reply {status, value, nonce} of a script.
func statusOf(reply any) (status, value, nonce string) {
	parts, _ := reply.([]any)
	said := [3]*string{&status, &value, &nonce}
	for i := range min(len(parts), len(said)) {
		*said[i], _ = parts[i].(string)
	}
	return status, value, nonce
}

// parseState reads the reply of load.lua.
func parseState(parts []any) (State, error) {
	var s State
	if len(parts) != 3 {
		return s, fmt.Errorf("load answered %d parts", len(parts))
	}
	s.Whole = parts[0] == int64(1)
	known := int64(-1) // seq of the caller's own position, which comes first unless all does
	var said []metaAt
	entries, _ := parts[1].([]any)
	for _, reply := range entries {
		e, fields, err := parseEntry(reply)
		if err != nil {
			s.Broken++
			continue
		}
		s.Head = e.Position
		if known < 0 && !s.Whole {
			known = e.Seq
			continue
		}
		s.Entries = append(s.Entries, e)
		at, err := metaOf(e, fields)
		if err != nil {
			s.Broken++
		} else if at.seq > known {
			said = append(said, at)
		}
	}
	s.takeMeta(said)
	s.People = parsePeople(parts[2])
	return s, nil
}

// metaAt is what the log says of the room's metadata as of a seq.
type metaAt struct {
	seq     int64
	payload string
}

// metaOf returns what an entry says, or a seq that there is not. A snapshot
// says what was so at the entry that it covers, whose seq is its field c:
// entries between that and the snapshot are newer.
func metaOf(e Entry, fields map[string]string) (metaAt, error) {
	switch e.Kind {
	case KindMeta:
		return metaAt{e.Seq, e.Payload}, nil
	case KindSnapshot:
		covered, err := strconv.ParseInt(fields["c"], 10, 64)
		return metaAt{covered, fields["m"]}, err
	}
	return metaAt{seq: -1}, nil
}

// takeMeta takes in what was said of the metadata.
func (s *State) takeMeta(said []metaAt) {
	slices.SortStableFunc(said, func(a, b metaAt) int { return cmp.Compare(a.seq, b.seq) })
	var meta Meta
	for _, at := range said {
		if meta.Update(at.payload) != nil {
			s.Broken++
			continue
		}
		s.Meta = &meta
	}
}

// parsePeople reads people as JSON. One that cannot be read is left out: it is
// said again at the next heartbeat, or goes.
func parsePeople(reply any) []Person {
	values, _ := reply.([]any)
	encoded := make([]json.RawMessage, len(values))
	for i, value := range values {
		text, _ := value.(string)
		encoded[i] = json.RawMessage(text)
	}
	return legible(encoded)
}

// parseEntry reads {id, {name, value, ...}} as XRANGE gives it.
func parseEntry(reply any) (Entry, map[string]string, error) {
	parts, _ := reply.([]any)
	if len(parts) != 2 {
		return Entry{}, nil, errors.New("an entry without fields")
	}
	id, _ := parts[0].(string)
	fields, _ := parts[1].([]any)
	named := make(map[string]string, len(fields)/2)
	for i := 0; i+1 < len(fields); i += 2 {
		name, _ := fields[i].(string)
		named[name], _ = fields[i+1].(string)
	}
	position, err := parsePosition(id, named["n"])
	return Entry{Position: position, Kind: Kind(named["k"]), Payload: named["d"]}, named, err
}
