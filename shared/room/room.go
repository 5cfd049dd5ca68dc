// Package room keeps rooms in Redis. It is the only package that talks to it.
//
// The truth about a room is one key, its log, so that nothing can be torn apart
// by eviction or expiry: a stream of entries with ids <epoch>-<seq>. The epoch
// is made up with the room and says whether two logs are the same one; the seq
// counts by one, so a follower sees a gap; each entry bears a random nonce, so
// a log that was rewound and written on differently is noticed. In this version
// an entry holds the whole of what it is about: the text, or the language.
//
// Who is in a room is said again every few seconds by the relay that has them,
// and forgotten when it is not. The keys code, users and cursors are views for
// people and other programs. They are not read back as truth, but for one case:
// a room that has its code and no log is given one, as rooms of the first
// service need it.
//
// Every key has a time to live, which each activity in the room renews: a room
// that nobody is in goes by itself.
//
// Whatever changes a room is one Lua script, which also publishes the change
// on the room's channel. So the channel has all changes, in the order in which
// Redis made them, and a follower (see Store.Follow) needs no other order.
package room

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/protocol"
)

// ErrNotFound says that there is no room with that id, or no more.
var ErrNotFound = apierr.New(apierr.NotFound, "Room not found")

// ErrFull says that the room has all the people it can hold.
var ErrFull = apierr.New(apierr.RoomFull, "Room full")

// ErrReplaced says that an entry was appended before, and replaced since by a
// later one. Load the room.
var ErrReplaced = errors.New("room: the entry was replaced by a later one")

// ErrEpoch says that the room's log is not the one that the caller knows: the
// room was lost and made again. Load it.
var ErrEpoch = errors.New("room: the log has another epoch")

// DefaultLanguage is the language of a room that nobody chose one for.
const DefaultLanguage = "python"

// Colors are those that people in a room are told apart by.
func Colors() []string {
	return []string{"#C72626", "#1C978F", "#1E7D92", "#B3471D", "#24B792", "#CBAA27", "#9A26CB", "#278BC1"}
}

// A Person is somebody in a room, for as long as one connection.
type Person struct {
	ID     string           `json:"id"`
	Name   string           `json:"name"`
	Color  string           `json:"color"`
	Cursor *protocol.Cursor `json:"cursor,omitempty"`
}

// NewPersonID makes up an id: 16 hex digits.
func NewPersonID() string { return randomHex(16) }

// A Position is a place in a room's log, and what stood there.
type Position struct {
	Epoch string
	Seq   int64
	Nonce string
}

// Next reports whether p comes right after earlier in the same log.
func (p Position) Next(earlier Position) bool {
	return p.Epoch == earlier.Epoch && p.Seq == earlier.Seq+1
}

func parsePosition(id, nonce string) (Position, error) {
	epoch, seq, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil {
		return Position{}, fmt.Errorf("room: %q is not an entry id", id)
	}
	return Position{Epoch: epoch, Seq: n, Nonce: nonce}, nil
}

// Kind says what an entry of the log is about.
type Kind string

// The kinds there are. A reader skips those that it does not know: relays of
// several versions share a room.
const (
	KindText     Kind = "t" // payload: the whole text
	KindLanguage Kind = "m" // payload: the language
)

// An Entry is one step of a room's log.
type Entry struct {
	Position
	Kind    Kind
	Author  string // the person who did it; known only while it is published
	Payload string
}

// NewEntry makes an entry to append, with a nonce of its own.
func NewEntry(kind Kind, author, payload string) Entry {
	return Entry{Position: Position{Nonce: randomHex(16)}, Kind: kind, Author: author, Payload: payload}
}

// State is a room as its log and its presence have it.
type State struct {
	Text     Entry    // the last of its kind
	Language Entry    // the last of its kind
	Head     Position // the last entry of any kind
	People   []Person
}

// apply makes the entry a part of the state.
func (s *State) apply(e Entry) {
	switch e.Kind {
	case KindText:
		s.Text = e
	case KindLanguage:
		s.Language = e
	}
	s.Head = e.Position
}

// NormalizeText gives a text the line ends that a room keeps, LF: with mixed
// ones, offsets would differ between editors.
func NormalizeText(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// newEpoch makes up an epoch that grows with time and that no two make up at once.
func newEpoch() string {
	var b [2]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	jitter := int64(b[0])<<4 | int64(b[1])>>4
	return strconv.FormatInt(time.Now().UnixMilli()<<12|jitter, 10)
}

// randomHex returns so many random hex digits.
func randomHex(digits int) string {
	b := make([]byte, (digits+1)/2)
	_, _ = rand.Read(b) // crypto/rand never fails
	return hex.EncodeToString(b)[:digits]
}
