package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/redistest"
)

// BenchmarkEdit measures how long it takes until a text that one client sends
// is read by another, on the same relay and on another one.
func BenchmarkEdit(b *testing.B) {
	server := redistest.Real(b)
	w := newWorld(b, server, 2)
	for _, size := range []int{100, 100 << 10} {
		for name, relay := range map[string]int{"same relay": 0, "other relay": 1} {
			b.Run(fmt.Sprintf("%s/%d bytes", name, size), func(b *testing.B) {
				id := w.create("")
				to := w.join(id, relay)
				text := strings.Repeat("x", size)
				var from *client
				for i := 0; b.Loop(); i++ {
					if i%editsInABurst == 0 { // a client that goes on would be held back
						b.StopTimer()
						if from != nil {
							from.cut()
						}
						from = w.join(id, 0)
						b.StartTimer()
					}
					next := fmt.Sprint(text, i)
					from.write(next)
					to.untilCode(next)
				}
			})
		}
	}
}

// editsInABurst is how many edits a client may make as fast as it can.
const editsInABurst = 50

// BenchmarkJoin measures how long it takes to get into a room that is held, up
// to the end of init.
func BenchmarkJoin(b *testing.B) {
	w := newWorld(b, redistest.Real(b), 1)
	id := w.create("")
	w.join(id, 0)
	for b.Loop() {
		w.join(id, 0).leave()
	}
}
