package protocol

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// named is a message behind the name of its document.
func named(name string, message ...byte) []byte {
	return append(DocumentAddress(name), message...)
}

func TestDecodeHocuspocus_ReadsNameAndMessage(t *testing.T) {
	for _, c := range []struct {
		message []byte
		want    any
	}{
		{EncodeSyncStep1([]byte{0}), SyncStep1{[]byte{0}}},
		{EncodeSyncUpdate([]byte("edit")), SyncUpdate{[]byte("edit"), false}},
		{[]byte{hocuspocusReply, syncStep2, 3, 'a', 'l', 'l'}, SyncUpdate{[]byte("all"), true}},
		{EncodeAwareness([]byte{0}), Awareness{[]byte{0}}},
		{[]byte{yjsQueryAwareness}, QueryAwareness{}},
		{[]byte{hocuspocusAuth, authToken, 1, 'x', 5, '4', '.', '8', '.', '0'}, Token{}}, // with a version, as provider 4
		{[]byte{hocuspocusClose}, Detach{}},
		{[]byte{hocuspocusAuth, authDenied, 0}, nil}, // from a server only
		{[]byte{100, 1, 2}, nil},
	} {
		name, got, err := DecodeHocuspocus(named("123456", c.message...))
		if name != "123456" || err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %q, %+v, %v", c.message, name, got, err)
		}
	}
}

func TestDecodeHocuspocus_PingHasNoName(t *testing.T) {
	if name, message, err := DecodeHocuspocus([]byte{9}); name != "" || message != nil || err != nil {
		t.Errorf("%q, %v, %v", name, message, err)
	}
}

func TestDecodeHocuspocus_RefusesWhatCannotBeRead(t *testing.T) {
	long := strings.Repeat("x", MaxDocumentNameBytes+1)
	for _, frame := range [][]byte{{}, {5, 'a'}, named("a"), named("a", yjsSync, 3, 0), named("a", yjsAwareness, 9), named(long, yjsQueryAwareness)} {
		name, got, err := DecodeHocuspocus(frame)
		if !errors.Is(err, ErrYjs) || name != "" && name != "a" {
			t.Errorf("%v: %q, %+v, %v", frame, name, got, err)
		}
	}
}

// The bytes are what @hocuspocus/common writes.
func TestEncodeHocuspocus_Bytes(t *testing.T) {
	for what, c := range map[string]struct{ got, want []byte }{
		"address":  {DocumentAddress("ab"), []byte{2, 'a', 'b'}},
		"allowed":  {EncodeAllowed(), append([]byte{2, 2, 10}, "read-write"...)},
		"denied":   {EncodeDenied("no"), []byte{2, 1, 2, 'n', 'o'}},
		"detached": {EncodeDetached("no"), []byte{7, 2, 'n', 'o'}},
		"received": {EncodeReceived(), []byte{8, 1}},
	} {
		if !bytes.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", what, c.got, c.want)
		}
	}
}

func TestRoomOfDocument_LeavesOutTheProvidersOwnID(t *testing.T) {
	for name, want := range map[string]string{"123456": "123456", "123456\x00x8a": "123456", "": ""} {
		if got := RoomOfDocument(name); got != want {
			t.Errorf("%q is in room %q", name, got)
		}
	}
}

func FuzzDecodeHocuspocus(f *testing.F) {
	f.Add(named("123456", EncodeSyncUpdate([]byte{0, 0})...))
	f.Add(named("1\x002", hocuspocusAuth, authToken, 0))
	f.Fuzz(func(t *testing.T, frame []byte) {
		name, message, err := DecodeHocuspocus(frame)
		if err != nil && message != nil || len(name) > MaxDocumentNameBytes {
			t.Fatalf("%q, %v, %v", name, message, err)
		}
	})
}
