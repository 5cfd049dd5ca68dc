package protocol

import (
	"errors"
	"fmt"

	"github.com/tutti-live/tutti/shared/lib0"
)

// The messages of y-websocket, as y-protocols defines them: a type, and what
// belongs to it. A frame may hold several from a client; released clients read
// only the first, so a server sends one in each.
const (
	yjsSync           = 0
	yjsAwareness      = 1
	yjsAuth           = 2
	yjsQueryAwareness = 3
	yjsRoom           = 100 // ours; far from those that others may add

	syncStep1  = 0
	syncStep2  = 1
	syncUpdate = 2
)

// What a Yjs client can send. All bytes are views into the frame.
type (
	// SyncStep1 asks for what a document lacks that has this state vector.
	SyncStep1 struct{ Vector []byte }

	// SyncUpdate is an update of the document: what the other side lacked, or an
	// edit.
	SyncUpdate struct {
		Update []byte
		Answer bool // to a SyncStep1
	}

	// Awareness is an update of who is there and where, for package awareness.
	Awareness struct{ Update []byte }

	// QueryAwareness asks for all that is known of that.
	QueryAwareness struct{}

	// RoomMessage is a message of the JSON protocol, for Decode. It is how a Yjs
	// client that knows of it is told what Yjs has no messages for: it says hello,
	// is answered with Welcome, and from then on hears language_changed, error and,
	// if it named FeatureSaved, saved, each as a message of this type; all of them
	// are ignored by other clients and servers. It may send language_change. Who is
	// there, by what name, awareness says.
	RoomMessage struct{ Frame []byte }
)

// Close codes for Yjs clients. The newest take 4400 to 4499 for final and do not
// come back.
const (
	CloseYjsMalformed = 4400 // what was sent cannot be read, or asks for too much
	CloseYjsForbidden = 4403
	CloseYjsNotFound  = 4404
	CloseYjsTooLarge  = 4413 // the document would be too large
	CloseYjsRoomFull  = 4429
)

// YjsCloseCode is the code for Yjs clients of what CloseForbidden and the like
// are for others.
func YjsCloseCode(code int) int {
	switch code {
	case ClosePolicyViolation:
		return CloseYjsMalformed
	case CloseForbidden:
		return CloseYjsForbidden
	case CloseRoomNotFound:
		return CloseYjsNotFound
	case CloseRoomFull:
		return CloseYjsRoomFull
	}
	return code
}

// ErrYjs is what DecodeYjs fails with, wrapped with what was wrong.
var ErrYjs = errors.New("malformed Yjs message")

// DecodeYjs reads the first message of a frame and returns what follows it. The
// message is nil if its type says nothing to a server or is not known; then
// nobody can tell where it ends, and there is no rest.
func DecodeYjs(frame []byte) (message any, rest []byte, err error) {
	r := lib0.NewReader(frame)
	switch kind := r.Uvarint(); kind {
	case yjsSync:
		message = readSync(&r)
	case yjsAwareness:
		message = Awareness{r.Bytes()}
	case yjsQueryAwareness:
		message = QueryAwareness{}
	case yjsRoom:
		message = RoomMessage{r.Bytes()}
	case yjsAuth: // from a server only
		return nil, nil, r.Err()
	}
	if err := r.Err(); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrYjs, err)
	}
	if message == nil {
		return nil, nil, nil
	}
	return message, frame[r.Pos():], nil
}

func readSync(r *lib0.Reader) any {
	switch kind := r.Uvarint(); kind {
	case syncStep1:
		return SyncStep1{r.Bytes()}
	case syncStep2, syncUpdate:
		return SyncUpdate{r.Bytes(), kind == syncStep2}
	default:
		r.Fail(fmt.Errorf("a sync message of type %d", kind))
		return nil
	}
}

// EncodeSyncStep1 asks for what this side lacks.
func EncodeSyncStep1(vector []byte) []byte { return encodeSync(syncStep1, vector) }

// EncodeSyncStep2 answers SyncStep1.
func EncodeSyncStep2(update []byte) []byte { return encodeSync(syncStep2, update) }

// EncodeSyncUpdate tells an edit.
func EncodeSyncUpdate(update []byte) []byte { return encodeSync(syncUpdate, update) }

func encodeSync(kind byte, payload []byte) []byte {
	b := make([]byte, 0, len(payload)+7) // two types, and a length of up to five bytes
	return lib0.AppendBytes(append(b, yjsSync, kind), payload)
}

// EncodeAwareness tells who is there. An update of no entry tells nothing, and
// keeps clients from thinking that the connection is dead.
func EncodeAwareness(update []byte) []byte {
	b := make([]byte, 0, len(update)+6)
	return lib0.AppendBytes(append(b, yjsAwareness), update)
}

// EncodeRoomMessage puts one of the server's messages of the JSON protocol into a
// frame for a Yjs client that said hello.
func EncodeRoomMessage(message any) []byte { return lib0.AppendBytes([]byte{yjsRoom}, Encode(message)) }
