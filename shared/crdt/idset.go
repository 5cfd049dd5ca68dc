package crdt

import (
	"cmp"
	"slices"

	"github.com/tutti-live/tutti/shared/lib0"
)

// idRange is the units [clock, end) of one client.
type idRange struct {
	client     uint64
	clock, end uint32
}

// idSet is a set of units, mostly deleted ones: sorted by descending client
// and ascending clock, no two ranges touching, once normalized.
type idSet []idRange

// normalized sorts s in place and joins ranges that touch or overlap.
func (s idSet) normalized() idSet {
	if !slices.IsSortedFunc(s, compareRanges) {
		slices.SortFunc(s, compareRanges)
	}
	n := 0
	for _, r := range s {
		switch {
		case n > 0 && s[n-1].client == r.client && s[n-1].end >= r.clock:
			s[n-1].end = max(s[n-1].end, r.end)
		default:
			s[n] = r
			n++
		}
	}
	return s[:n]
}

func compareRanges(a, b idRange) int {
	if a.client != b.client {
		return cmp.Compare(b.client, a.client)
	}
	return cmp.Compare(a.clock, b.clock)
}

// of returns the ranges of the client that s, normalized, begins with, and the
// rest of s.
func (s idSet) of() (ranges, rest idSet) {
	n := 1
	for n < len(s) && s[n].client == s[0].client {
		n++
	}
	return s[:n], s[n:]
}

// find returns the ranges of one client of a normalized set.
func (s idSet) find(client uint64) idSet {
	i, found := slices.BinarySearchFunc(s, client, func(r idRange, client uint64) int {
		return cmp.Compare(client, r.client)
	})
	if !found {
		return nil
	}
	ranges, _ := s[i:].of()
	return ranges
}

// divide adds what of r is below clock to one set, and the rest to another.
func (r idRange) divide(clock uint32, below, above idSet) (newBelow, newAbove idSet) {
	if r.clock < clock {
		below = append(below, idRange{r.client, r.clock, min(r.end, clock)})
	}
	if r.end > clock {
		above = append(above, idRange{r.client, max(r.clock, clock), r.end})
	}
	return below, above
}

// append writes the normalized set s as the delete set of an update.
func (s idSet) append(b []byte) []byte {
	clients := 0
	for i := range s {
		if i == 0 || s[i].client != s[i-1].client {
			clients++
		}
	}
	b = lib0.AppendUvarint(b, uint64(clients))
	for len(s) > 0 {
		var ranges idSet
		ranges, s = s.of()
		b = lib0.AppendUvarint(b, ranges[0].client)
		b = lib0.AppendUvarint(b, uint64(len(ranges)))
		for _, r := range ranges {
			b = lib0.AppendUvarint(b, uint64(r.clock))
			b = lib0.AppendUvarint(b, uint64(r.end-r.clock))
		}
	}
	return b
}

// readDeleteSet reads a delete set into s[:0], as the update has it. It returns
// how many units the ranges have together.
func readDeleteSet(r *lib0.Reader, s idSet, limits *Limits) (set idSet, units uint64, err error) {
	s = s[:0]
	for clients := r.Uvarint(); clients > 0 && r.Err() == nil; clients-- {
		client := r.Uvarint()
		for ranges := r.Uvarint(); ranges > 0 && r.Err() == nil; ranges-- {
			clock, length := r.Uvarint(), r.Uvarint()
			if clock > maxClock || length > maxClock-clock {
				return s, 0, overLimit("a deleted range ends above clock %d", maxClock)
			}
			if len(s) >= limits.DeleteRanges {
				return s, 0, overLimit("more than %d deleted ranges", limits.DeleteRanges)
			}
			if length > 0 {
				s = append(s, idRange{client, uint32(clock), uint32(clock + length)})
				units += length
			}
		}
	}
	if err := r.Err(); err != nil {
		return s, 0, malformed("delete set: %w", err)
	}
	return s, units, nil
}
