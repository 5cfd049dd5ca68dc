package protocol

import (
	"fmt"
	"strings"

	"github.com/tutti-live/tutti/shared/lib0"
)

// The messages of Hocuspocus, as its provider 3 and 4 speak: those of y-websocket,
// each behind the name of its document, so that one socket carries many of them,
// and some more.
const (
	hocuspocusAuth   = 2
	hocuspocusReply  = 4 // yjsSync in answer to yjsSync
	hocuspocusClose  = 7
	hocuspocusStatus = 8

	authToken   = 0
	authDenied  = 1
	authAllowed = 2
)

// MaxDocumentNameBytes is the longest name that a client of Hocuspocus may give a
// document: an id of a room, and one of its own.
const MaxDocumentNameBytes = 256

// What a client of Hocuspocus can send besides.
type (
	// Token begins the work on a document. What the token says is of no interest:
	// who knows a room's id may enter.
	Token struct{}

	// Detach ends the work on a document.
	Detach struct{}
)

// DecodeHocuspocus reads a frame. The message is nil if its type says nothing to a
// server or is not known. With an error comes the name of the document if that
// could be read.
func DecodeHocuspocus(frame []byte) (name string, message any, err error) {
	if len(frame) == 1 { // a ping or pong of the connection has no name
		return "", nil, nil
	}
	r := lib0.NewReader(frame)
	if name = r.String(); len(name) > MaxDocumentNameBytes {
		return "", nil, fmt.Errorf("%w: a document's name of %d bytes", ErrYjs, len(name))
	}
	switch kind := r.Uvarint(); kind {
	case yjsSync, hocuspocusReply:
		if message = readSync(&r); r.Err() == nil && r.Len() > 0 { // it would be kept with the message
			r.Fail(fmt.Errorf("%d bytes behind a message", r.Len()))
		}
	case yjsAwareness:
		message = Awareness{r.Bytes()}
	case hocuspocusAuth:
		if r.Uvarint() == authToken {
			message = Token{}
		}
	case yjsQueryAwareness:
		message = QueryAwareness{}
	case hocuspocusClose:
		message = Detach{}
	}
	if err := r.Err(); err != nil {
		return name, nil, fmt.Errorf("%w: %w", ErrYjs, err)
	}
	return name, message, nil
}

// RoomOfDocument is the room that a document's name means: a provider may put an
// id of its own behind it, to have several for one room.
func RoomOfDocument(name string) string {
	room, _, _ := strings.Cut(name, "\x00")
	return room
}

// DocumentAddress is what each message to a client of Hocuspocus begins with: the
// name of the document that it is of.
func DocumentAddress(name string) []byte { return lib0.AppendString(nil, name) }

// EncodeAllowed tells a client that it may read and write a document.
func EncodeAllowed() []byte { return encodeAuth(authAllowed, "read-write") }

// EncodeDenied tells a client that it cannot have a document. It does not ask again.
func EncodeDenied(reason string) []byte { return encodeAuth(authDenied, reason) }

func encodeAuth(kind byte, text string) []byte {
	return lib0.AppendString([]byte{hocuspocusAuth, kind}, text)
}

// EncodeDetached tells a client that a document is closed for it until its
// connection is made anew.
func EncodeDetached(reason string) []byte {
	return lib0.AppendString([]byte{hocuspocusClose}, reason)
}

// EncodeReceived tells a client that one of the updates that it counts is kept.
func EncodeReceived() []byte { return lib0.AppendVarint([]byte{hocuspocusStatus}, 1) }
