// Package room keeps rooms in Redis. It is the only package that talks to it.
//
// The truth about a room is one key, its log, so that nothing can be torn apart
// by eviction or expiry: a stream of entries with ids <epoch>-<seq>. The epoch
// is made up with the room and says whether two logs are the same one; the seq
// counts by one, so a follower sees a gap; each entry bears a random nonce, so
// a log that was rewound and written on differently is noticed. The entries are
// updates of the room's Yjs document (see shared/crdt), which may be applied in
// any order and twice: so whoever is in doubt writes again what they have. A
// snapshot holds the whole document as of an entry, and those up to it are then
// trimmed. Kinds of entries that a reader does not know are skipped, because
// relays of several versions share a room.
//
// Who is in a room is said again every few seconds by the relay that has them,
// and forgotten when it is not. The keys code, users and cursors are views for
// people and other programs. They are not read back as truth, but for one case:
// a room that has its code and no log is adopted, as rooms of the first service
// need it (see Store.Adopt).
//
// Every key has a time to live, which each activity in the room renews: a room
// that nobody is in goes by itself.
//
// Whatever changes a room is one Lua script, which also publishes the change
// on the room's channel. So the channel has all changes, in the order in which
// Redis made them, and a follower (see Store.Follow) needs no other order.
package room

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
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

// ErrMoved says that another entry stands before the place that was asked for.
var ErrMoved = errors.New("room: the log has moved on")

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

	// Caret is where the cursor of a person of the JSON protocol stands, whatever
	// is typed around it: a relative position as Yjs writes it.
	Caret json.RawMessage `json:"caret,omitempty"`

	// What a Yjs client says of itself, as package awareness has it. A client id
	// of 0 is none yet.
	Yjs    bool   `json:"yjs,omitempty"`
	Client uint64 `json:"client_id,omitempty"`
	Clock  uint32 `json:"clock,omitempty"`
	State  string `json:"state,omitempty"`
}

// NewPersonID makes up an id: 16 hex digits.
func NewPersonID() string { return randomHex(16) }

// A Position is a place in a room's log, and what stood there.
type Position struct {
	Epoch string
	Seq   int64
	Nonce string
}

// MadeWith returns the nonce that NewEntry gave to the entry which bears a nonce:
// one that is appended again bears the first with something behind it.
func MadeWith(nonce string) string {
	made, _, _ := strings.Cut(nonce, ".")
	return made
}

// Follows reports whether the entry comes right after a position. The number
// alone does not say so: the log may have been put back, and written on.
func (e *Entry) Follows(p Position) bool {
	return e.Epoch == p.Epoch && e.Seq == p.Seq+1 && e.Previous == p.Nonce
}

func parsePosition(id, nonce string) (Position, error) {
	epoch, seq, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil {
		return Position{}, fmt.Errorf("room: %q is not an entry id", id)
	}
	// Positions are kept; the messages that they come from, with their payloads, must not be.
	return Position{Epoch: strings.Clone(epoch), Seq: n, Nonce: strings.Clone(nonce)}, nil
}

// Kind says what an entry of the log is about.
type Kind string

// The kinds there are. A reader skips those that it does not know: relays of
// several versions share a room.
const (
	KindUpdate   Kind = "u" // payload: an update of the document
	KindSnapshot Kind = "s" // payload: an update that is the whole document; known only when the log is read
	KindMeta     Kind = "m" // payload: what changed of Meta, as JSON
)

// An Entry is one step of a room's log.
type Entry struct {
	Position
	Kind    Kind
	Payload string

	// Known only while it is published.
	Author   string // the person who did it
	Previous string // the nonce of the entry before it: by the number alone it may follow another; see Append
}

// NewEntry makes an entry to append, with a nonce of its own.
func NewEntry(kind Kind, author, payload string) Entry {
	return Entry{Position: Position{Nonce: randomHex(16)}, Kind: kind, Author: author, Payload: payload}
}

// Meta is what a room has besides its document. An entry that leaves a field out
// does not change it, and readers ignore fields that they do not know.
type Meta struct {
	// Language is what the text is written in: the log's last word counts. "": nobody
	// has chosen one.
	Language string `json:"language,omitempty"`

	// Text is the name of the root type of the document that is the text: the log's
	// first word counts. "": it is that of the settings.
	Text string `json:"text,omitempty"`
}

// EncodeMeta writes the payload of a KindMeta entry.
func EncodeMeta(m Meta) string {
	b, err := json.Marshal(m)
	if err != nil { // a struct of strings
		panic(err)
	}
	return string(b)
}

// Update takes in the payload of a KindMeta entry.
func (m *Meta) Update(payload string) error {
	var changed Meta
	if err := json.Unmarshal([]byte(payload), &changed); err != nil {
		return fmt.Errorf("room: metadata: %w", err)
	}
	m.Language = cmp.Or(changed.Language, m.Language)
	m.Text = cmp.Or(m.Text, changed.Text)
	return nil
}

// A Snapshot is all of a room at one point.
type Snapshot struct {
	Document []byte // an update that makes all of it
	Meta     Meta
}

// State is what Load finds of a room.
type State struct {
	Entries []Entry  // in the order of the log, those that this version does not know too
	Whole   bool     // Entries is the whole log; else what follows the position that was asked for
	Meta    *Meta    // what the log says; nil when Entries says nothing of it
	Head    Position // the last entry of any kind
	People  []Person
	Broken  int // entries that are left out of Entries or of Meta, because they cannot be read
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
