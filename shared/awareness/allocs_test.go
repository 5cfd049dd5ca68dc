//go:build !race

package awareness_test

import (
	"testing"

	"github.com/tutti-live/tutti/shared/awareness"
)

// The race detector makes pools of the standard library forget at random.
func TestDecode_AllocatesSliceAndString(t *testing.T) {
	data := update(1<<32, 77, cursorState)
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := awareness.Decode(data, awareness.DefaultLimits()); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 2 {
		t.Errorf("%v allocations", allocs)
	}
}
