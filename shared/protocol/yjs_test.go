package protocol

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func TestDecodeYjs_ReadsOneMessageAfterTheOther(t *testing.T) {
	frame := bytes.Join([][]byte{
		EncodeSyncStep1([]byte{0}), EncodeSyncStep2([]byte("two")), EncodeSyncUpdate([]byte("three")),
		EncodeAwareness([]byte{0}),
		{yjsQueryAwareness},
		{yjsRoom, 2, '{', '}'},
	}, nil)
	want := []any{SyncStep1{[]byte{0}}, SyncUpdate{[]byte("two"), true}, SyncUpdate{[]byte("three"), false}, Awareness{[]byte{0}}, QueryAwareness{}, RoomMessage{[]byte("{}")}}
	for i := 0; len(frame) > 0; i++ {
		got, rest, err := DecodeYjs(frame)
		if err != nil || !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("message %d is %+v, %v", i, got, err)
		}
		frame = rest
	}
}

func TestDecodeYjs_WhatSaysNothingIsIgnored(t *testing.T) {
	for _, frame := range [][]byte{{yjsAuth, 0, 1, 'x'}, {99, 1, 2, 3}} {
		if got, rest, err := DecodeYjs(frame); got != nil || len(rest) > 0 || err != nil {
			t.Errorf("%v: %+v, %v, %v", frame, got, rest, err)
		}
	}
}

func TestDecodeYjs_RefusesWhatCannotBeRead(t *testing.T) {
	for _, frame := range [][]byte{{}, {yjsSync}, {yjsSync, 3, 0}, {yjsSync, syncUpdate, 5, 1}, {yjsAwareness, 9}, {0x80}} {
		if got, _, err := DecodeYjs(frame); !errors.Is(err, ErrYjs) {
			t.Errorf("%v: %+v, %v", frame, got, err)
		}
	}
}

func FuzzDecodeYjs(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0})
	f.Add(append(EncodeAwareness([]byte{0}), EncodeSyncUpdate([]byte{0, 0})...))
	f.Fuzz(func(t *testing.T, frame []byte) {
		for len(frame) > 0 {
			message, rest, err := DecodeYjs(frame)
			if err != nil || message == nil {
				return
			}
			if len(rest) >= len(frame) {
				t.Fatalf("%v: nothing was read", frame)
			}
			frame = rest
		}
	})
}
