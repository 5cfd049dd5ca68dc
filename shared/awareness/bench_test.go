package awareness_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tutti-live/tutti/shared/awareness"
)

// cursorState is what y-monaco with a user's name and colours says.
const cursorState = `{"user":{"name":"Ada Lovelace","color":"#30bced","colorLight":"#30bced33"},"selection":{"anchor":{"type":null,"tname":"monaco","item":{"client":2715921487,"clock":1041},"assoc":0},"head":{"type":null,"tname":"monaco","item":{"client":2715921487,"clock":1041},"assoc":0}}}`

func BenchmarkDecode(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("entries=%d", n), func(b *testing.B) {
			data := awareness.Append(nil, slices.Repeat([]awareness.Entry{{2715921487, 300, cursorState}}, n)...)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := awareness.Decode(data, awareness.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	const present = 500
	fill := func() *awareness.States {
		var s awareness.States
		for client := range uint64(present + awareness.MaxGone) {
			s.Apply(awareness.Entry{client, 1, cursorState})
			if client >= present {
				s.Remove(client)
			}
		}
		return &s
	}
	b.Run("move", func(b *testing.B) {
		s, clock := fill(), uint32(1)
		b.ReportAllocs()
		for b.Loop() {
			clock++
			s.Apply(awareness.Entry{7, clock, cursorState})
		}
	})
	b.Run("echo", func(b *testing.B) {
		s := fill()
		b.ReportAllocs()
		for b.Loop() {
			s.Apply(awareness.Entry{7, 1, cursorState})
		}
	})
	b.Run("join-and-leave", func(b *testing.B) { // the longest gone is forgotten
		s, client := fill(), uint64(1<<32)
		b.ReportAllocs()
		for b.Loop() {
			client++
			s.Apply(awareness.Entry{client, 1, cursorState})
			s.Remove(client)
		}
	})
	b.Run("last-gone-again", func(b *testing.B) { // the worst place in the row
		s, clock := fill(), uint32(1)
		b.ReportAllocs()
		for b.Loop() {
			clock++
			s.Apply(awareness.Entry{present + awareness.MaxGone - 1, clock, ""})
		}
	})
}

func BenchmarkAll(b *testing.B) {
	var s awareness.States
	for client := range uint64(500) {
		s.Apply(awareness.Entry{client * 7919, 1, cursorState})
	}
	b.ReportAllocs()
	for b.Loop() {
		for range s.All() {
		}
	}
}
