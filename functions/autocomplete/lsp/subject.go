package lsp

import (
	"hash/maphash"
	"net/netip"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// seed makes hashes that mean nothing outside this process.
var seed = maphash.MakeSeed()

// A subject says whose text it is, without what is secret of that. 0 is nobody.
type subject struct{ room, client, text uint64 }

func subjectOf(q *suggest.Query) subject {
	s := subject{text: maphash.String(seed, q.Code)}
	if q.Room != "" {
		s.room = maphash.String(seed, "room "+q.Room)
	}
	if q.Client != (netip.Addr{}) {
		s.client = maphash.String(seed, "client "+q.Client.String())
	}
	return s
}

// asker tells questions apart of which only the newest is of use.
func (s subject) asker() [2]uint64 { return [2]uint64{s.room, s.client} }

// owns reports whether a server has a text open of the same people.
func (s subject) owns(open subject) bool {
	if s.room != 0 || open.room != 0 {
		return s.room == open.room
	}
	return s.client != 0 && s.client == open.client
}

// continues reports whether a text may take the place of one that is open, under its
// name: it is of the same room; or without rooms of the same address, behind which
// there may be several people, and mostly the same text.
func (s subject) continues(open subject, before, after string) bool {
	if !s.owns(open) {
		return false
	}
	if s.room != 0 || before == after {
		return true
	}
	short := min(len(before), len(after))
	same := commonStart(before, after)
	same += commonEnd(before[same:], after[same:])
	return 2*same >= short && short > 0
}

func commonStart(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func commonEnd(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[len(a)-1-i] != b[len(b)-1-i] {
			return i
		}
	}
	return n
}
