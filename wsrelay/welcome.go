package wsrelay

import (
	"io"
	"slices"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/protocol"
)

// errCodeNotHere is for what a Yjs client says by its document or in awareness.
const errCodeNotHere = "not_here"

// hearRoomMessage takes in a message of the JSON protocol from a Yjs client.
func (s *session) hearRoomMessage(frame []byte) {
	message, ok := s.decode(frame)
	if !ok {
		return
	}
	switch m := message.(type) {
	case protocol.Hello:
		s.room.welcome(s, slices.Contains(m.Features, protocol.FeatureSaved))
	case protocol.SetLanguage:
		s.room.setLanguage(s, m.Language)
	default:
		s.refuse(errCodeNotHere, "the text is the document's here, and where somebody is, awareness says")
	}
}

// welcome answers the hello of a Yjs client.
func (r *liveRoom) welcome(s *session, wantsSaved bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.yjs.talks, s.wantsSaved = true, wantsSaved
	r.welcomeLocked(s)
}

// welcomeLocked tells a Yjs client that said hello how the room is now.
func (r *liveRoom) welcomeLocked(s *session) {
	if !s.yjs.talks {
		return
	}
	r.sendLocked(s, s.encode(protocol.Welcome{
		YourUserID: s.id,
		YourColor:  r.people[s.id].Color,
		Language:   r.languageLocked(),
		RoomID:     r.id,
		ExpiresIn:  r.store.TTLSeconds(),
	}), "")
	if r.savedLocked() {
		r.tellSavedLocked(s, r.doc.version(), s.updates)
	}
}

// encode returns the frame of one of the server's messages of the JSON protocol.
func (s *session) encode(message any) []byte {
	if s.yjs != nil {
		return protocol.EncodeRoomMessage(message)
	}
	return protocol.Encode(message)
}

// maxHelloBytes is more than any hello needs.
const maxHelloBytes = 1 << 10

// awaitHello reads until a Yjs client that is turned away has said hello, with which
// it says that it takes a reason for final, or until its connection has ended.
func awaitHello(conn *websocket.Conn) {
	for {
		_, r, err := conn.NextReader()
		if err != nil {
			return
		}
		frame, err := io.ReadAll(io.LimitReader(r, maxHelloBytes))
		if err != nil || isHello(frame) {
			return
		}
	}
}

func isHello(frame []byte) bool {
	message, _, _ := protocol.DecodeYjs(frame) // what cannot be read is none
	m, ok := message.(protocol.RoomMessage)
	if !ok {
		return false
	}
	said, _ := protocol.Decode(m.Frame)
	_, ok = said.(protocol.Hello)
	return ok
}
