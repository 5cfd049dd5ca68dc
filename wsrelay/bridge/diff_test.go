package bridge

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// program draws lines of code that are much alike.
func program(rng *rand.Rand, bytes int) []string {
	var lines []string
	for n := 0; n < bytes; n += len(lines[len(lines)-1]) {
		lines = append(lines, fmt.Sprintf("func f%d(a int) { return a%d }\n", rng.IntN(1000), rng.IntN(100)))
	}
	return lines
}

func TestDiff_LongTextsAreComparedLineByLine(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 20 {
		lines := program(rng, 100<<10)
		before := strings.Join(lines, "")
		places, typed := 1+rng.IntN(400), 0
		for range places {
			line := &lines[rng.IntN(len(lines))]
			switch rng.IntN(3) {
			case 0:
				*line = ""
			case 1:
				*line += "é\n"
				typed += 2
			case 2:
				*line = strings.Replace(*line, "return", "return 1 +", 1)
				typed += 4
			}
		}
		after := strings.Join(lines, "")
		change := Diff(before, after)
		if got := change.apply(before); got != after {
			t.Fatalf("seed %d: %d places: it leads elsewhere", seed, places)
		}
		// A hunk may have words that stood there before, as the lines are alike.
		if most := typed + 20*places; change.added() > most {
			t.Fatalf("seed %d: %d places: %d units come, want at most %d", seed, places, change.added(), most)
		}
	}
}

func (c Change) added() (n int) {
	for _, h := range c {
		n += h.Add
	}
	return n
}

func BenchmarkDiff(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	lines := program(rng, 512<<10)
	before := strings.Join(lines, "")
	each := func(n int) string {
		changed := make([]string, len(lines))
		for i, line := range lines {
			if changed[i] = line; i%n == 0 {
				changed[i] = "\t" + line
			}
		}
		return strings.Join(changed, "")
	}
	middle := len(before) / 2
	for _, bench := range []struct{ name, after string }{
		{"one place", before[:middle] + "x" + before[middle:]},
		{"both ends", "x" + before + "y"},
		{"a tenth of the lines", each(10)},
		{"every line", each(1)},
		{"all rewritten", strings.Join(program(rng, 512<<10), "")},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				Diff(before, bench.after)
			}
		})
	}
}

// The most that one message can cost: there are as many texts as can be on the
// way that it could be a change of.
func BenchmarkView_Receive(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	long, other := strings.Join(program(rng, 512<<10), ""), strings.Join(program(rng, 512<<10), "")
	short := strings.Join(program(rng, 30<<10), "")
	for _, bench := range []struct {
		name, before, after string
		next                func(text string, i int) string
	}{
		{"long text rewritten", long, other, func(text string, i int) string {
			return text[:i*1000] + "typed " + text[i*1000:]
		}},
		{"every second word is another each time", short, strings.ReplaceAll(short, " ", " z "), func(text string, i int) string {
			return strings.ReplaceAll(short, " ", fmt.Sprintf(" w%d ", i))
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				var v View
				var h History
				text, now := bench.before, time.Now()
				for i := range MaxUnproven {
					next := bench.next(text, i)
					h.Add(Diff(text, next))
					text = next
					v.Prove(v.Show(text, h.Version(), now), now)
				}
				v.Receive(bench.after, nil, text, &h, now)
			}
		})
	}
}
