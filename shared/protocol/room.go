// Package protocol states the wire of the JSON room protocol, version 1, which
// is spoken on /ws/{room_id}: its messages, what is refused, and the close codes.
//
// A client sends text frames, each one JSON object with a "type":
//
//	code_update      code, base_version?    the whole text as the client has it now
//	cursor_move      line, column           1-based, in UTF-16 units, as Monaco counts
//	hello            name?, features?       optional; who this is, and what it wants to hear
//	language_change  language               the language of the room's text
//
// The server sends:
//
//	init              first: the room as it is, and who the client is; again for one that reads slowly
//	code_update       the whole text, when somebody else changed it
//	cursor_move       somebody's cursor
//	user_joined       somebody came, or has a name now
//	user_left         somebody went
//	language_changed  the language of the room's text
//	saved             everything up to a version is in Redis, with the first so many texts that
//	                  this client sent; only for clients that asked in hello
//	error             the last message was refused; the connection goes on
//	welcome           to Yjs clients, in place of init (RoomMessage)
//
// Both sides ignore fields that they do not know. A version counts the changes
// of the room's text as the relay of this connection saw them; it means nothing
// on another connection.
package protocol

// Types of messages, as the "type" field has them.
const (
	TypeInit            = "init"
	TypeWelcome         = "welcome"
	TypeCodeUpdate      = "code_update"
	TypeCursorMove      = "cursor_move"
	TypeUserJoined      = "user_joined"
	TypeUserLeft        = "user_left"
	TypeHello           = "hello"
	TypeLanguageChange  = "language_change"
	TypeLanguageChanged = "language_changed"
	TypeSaved           = "saved"
	TypeError           = "error"
)

// FeatureSaved is what a client names in hello to be sent "saved".
const FeatureSaved = "saved"

// Limits of the small fields. The limit of the text is a setting of the relay.
const (
	MaxNameLength     = 64      // runes: a name is shown beside a cursor
	MaxLanguageLength = 32      // bytes: ids like "typescript"
	MaxFeatures       = 16      // features that a hello may name, known or not
	MaxPosition       = 1 << 24 // lines or columns: above any text that is allowed
)

// A Cursor is a place in the text: 1-based line and column in UTF-16 units.
type Cursor struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Color  string `json:"color"`
}

// A Participant is somebody in the room.
type Participant struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
}

// Init is the first message of the server.
type Init struct {
	Code         string            `json:"code"`
	Users        []string          `json:"users"`
	Cursors      map[string]Cursor `json:"cursors"`
	YourUserID   string            `json:"your_user_id"`
	YourColor    string            `json:"your_color"`
	Version      int64             `json:"version"`
	Language     string            `json:"language"`
	RoomID       string            `json:"room_id"`
	ExpiresIn    int               `json:"expires_in"` // seconds without activity after which the room is gone
	Participants []Participant     `json:"participants"`
}

// Welcome is the answer to the hello of a Yjs client: what Init says besides what
// the document and awareness do.
type Welcome struct {
	YourUserID string `json:"your_user_id"`
	YourColor  string `json:"your_color"`
	Language   string `json:"language"`
	RoomID     string `json:"room_id"`
	ExpiresIn  int    `json:"expires_in"` // seconds, as in Init
}

// CodeUpdate is the whole text after somebody's change.
type CodeUpdate struct {
	Code    string `json:"code"`
	UserID  string `json:"user_id"`
	Version int64  `json:"version"`
}

// CursorMove says where somebody's cursor is.
type CursorMove struct {
	UserID string `json:"user_id"`
	Cursor
}

// UserJoined says that somebody came, or has a name now.
type UserJoined struct {
	UserID string `json:"user_id"`
	Color  string `json:"color"`
	Name   string `json:"name,omitempty"`
}

// UserLeft says that somebody went.
type UserLeft struct {
	UserID string `json:"user_id"`
}

// LanguageChanged names the language of the room's text, and who chose it.
type LanguageChanged struct {
	Language string `json:"language"`
	UserID   string `json:"user_id"`
}

// Saved says that the text up to a version is in Redis, and with it the first
// Updates texts of those that this client has sent on this connection and that
// were not refused by an ErrorFrame; from a Yjs client, the first Updates
// messages with updates of the document, answers to questions of ours included:
// only who finds all that it has sent among them knows that all of it is saved.
type Saved struct {
	Version int64 `json:"version"`
	Updates int64 `json:"updates"`
}

// ErrorFrame tells a client that its last message was refused.
type ErrorFrame struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}
