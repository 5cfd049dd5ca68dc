package room

import (
	"encoding/json"
	"fmt"
	"strings"
)

// An Event is something that happened in a room: one of the types below.
type Event interface{ event() }

type (
	// Appended is a new entry of the log.
	Appended struct{ Entry }

	// Here is a person who is in the room: new, or changed.
	Here struct{ Person }

	// Left is a person who went.
	Left struct{ ID string }

	// Roll is the whole list of people and the head of the log, at this point
	// of the channel: whoever followed without a gap has just the same.
	Roll struct {
		Head   Position
		People []Person
	}

	// Lost says that somebody looked for the room and did not find it: whoever
	// holds it puts it back.
	Lost struct{}

	// Interrupted says that events may have been lost: load the room again.
	Interrupted struct{}
)

func (Appended) event()    {}
func (Here) event()        {}
func (Left) event()        {}
func (Roll) event()        {}
func (Lost) event()        {}
func (Interrupted) event() {}

// eventLost is how Lost is published.
const eventLost = "lost"

// parseEvent reads what the scripts publish: a line of words, then the payload.
// A kind of message that this version does not know gives no event.
func parseEvent(message string) (Event, error) {
	head, payload, _ := strings.Cut(message, "\n")
	words := strings.Split(head, " ")
	switch kind := words[0]; {
	case kind == "entry" && len(words) == 6:
		position, err := parsePosition(words[1], words[3])
		return Appended{Entry{Position: position, Kind: Kind(words[2]), Author: words[4], Previous: words[5], Payload: payload}}, err
	case kind == "here":
		var p Person
		err := json.Unmarshal([]byte(payload), &p)
		return Here{p}, err
	case kind == eventLost:
		return Lost{}, nil
	case kind == "left":
		return Left{ID: payload}, nil
	case kind == "all" && len(words) == 3:
		position, err := parsePosition(words[1], words[2])
		if err != nil {
			return nil, err
		}
		var people []json.RawMessage
		err = json.Unmarshal([]byte(payload), &people)
		return Roll{Head: position, People: legible(people)}, err
	case kind == "entry" || kind == "all":
		return nil, fmt.Errorf("room: a message %q", head)
	}
	return nil, nil //nolint:nilnil // no event and no error: newer relays say more than we know
}

// legible are those people that this version can read: one that a newer relay
// writes differently must not hide the others.
func legible(encoded []json.RawMessage) []Person {
	var people []Person
	for _, e := range encoded {
		var p Person
		if json.Unmarshal(e, &p) == nil && p.ID != "" {
			people = append(people, p)
		}
	}
	return people
}
