package bridge

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestChange_ThenDoesWhatBothDo(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20_000 {
		n := rng.IntN(12)
		first := randomChange(rng, n)
		second := randomChange(rng, n+first.growth())
		both := first.Then(second)
		// Each unit is known by where it was; what came is all alike.
		before := make([]int, n)
		for i := range before {
			before[i] = i + 1
		}
		want := second.applyTo(first.applyTo(before))
		got := both.applyTo(before)
		if !slices.Equal(got, want) {
			t.Fatalf("%v of %d units, then %v, is taken for %v: %v, not %v", first, n, second, both, got, want)
		}
		for i := range both[:max(0, len(both)-1)] {
			if h := both[i]; h.At+h.Drop > both[i+1].At || h.Add+h.Drop == 0 {
				t.Fatalf("%v then %v is %v", first, second, both)
			}
		}
	}
}

func TestChange_ThenOfMany_IsOneHunkOfTyping(t *testing.T) {
	var all Change
	for i := range 1000 {
		all = all.Then(Change{{At: 5 + i, Add: 1}})
	}
	if len(all) != 1 || all[0] != (Hunk{At: 5, Add: 1000}) {
		t.Errorf("got %v", all)
	}
	if all = all.Then(Change{{At: 5, Drop: 1000}}); len(all) != 0 {
		t.Errorf("and taken back: %v", all)
	}
}

// randomChange is one of a text of n units.
func randomChange(rng *rand.Rand, n int) Change {
	var c Change
	for at := rng.IntN(4); at <= n && len(c) < 4; {
		h := Hunk{At: at, Add: rng.IntN(3), Drop: min(rng.IntN(4), n-at)}
		if h.Add+h.Drop > 0 {
			c = append(c, h)
		}
		at += h.Drop + 1 + rng.IntN(4)
	}
	return c
}

func (c Change) growth() (n int) {
	for _, h := range c {
		n += h.Add - h.Drop
	}
	return n
}

func (c Change) applyTo(text []int) (out []int) {
	at := 0
	for _, h := range c {
		out = append(out, text[at:h.At]...)
		out = append(out, make([]int, h.Add)...)
		at = h.At + h.Drop
	}
	return append(out, text[at:]...)
}
