package crdt_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"unicode/utf16"

	"github.com/tutti-live/tutti/shared/crdt"
)

// naiveText is a second opinion on what a text must say. It knows nothing of
// runs, trees or merging: a document is a slice of single UTF-16 units, and a
// unit is placed by walking that slice, as the rules of YATA are written down.
// It reads well-formed updates of one text only, and it is slow.
type naiveText struct {
	list    []*naiveUnit // in the order of the document, the deleted ones too
	byID    map[crdt.ID]*naiveUnit
	next    map[uint64]uint32 // the first clock not known, by client
	runs    []naiveRun        // what waits for something it builds on
	deletes []naiveRange      // what waits for the units to delete
}

// naiveUnit is one UTF-16 unit, or the grave of one.
type naiveUnit struct {
	id            crdt.ID
	origin, right *crdt.ID
	unit          uint16
	deleted       bool
	gone          bool // collected: it has no place in the list
}

// naiveRun is one struct of an update: units that were written in one go.
type naiveRun struct {
	id            crdt.ID
	origin, right *crdt.ID
	units         []uint16
	deleted, gone bool
}

// naiveRange is one range of a delete set.
type naiveRange struct {
	client     uint64
	start, end uint32
}

const (
	halfCharacter = 0xFFFD // what either half of a split character becomes
	embedded      = 0xFFFF // stands for what is not text, as no text has it
)

func newNaiveText() *naiveText {
	return &naiveText{byID: make(map[crdt.ID]*naiveUnit), next: make(map[uint64]uint32)}
}

// apply takes an update in, and everything that waited for it.
func (m *naiveText) apply(update []byte) {
	runs, deletes := readNaive(update)
	m.runs = append(m.runs, runs...)
	m.deletes = append(m.deletes, deletes...)
	for progress := true; progress; {
		before := len(m.runs)
		m.runs = slices.DeleteFunc(m.runs, m.integrate)
		progress = len(m.runs) < before
	}
	m.deletes = slices.DeleteFunc(m.deletes, func(r naiveRange) bool {
		m.remove(r)
		return r.end <= m.next[r.client]
	})
}

// integrate places a run, and reports whether nothing of it is left to place.
func (m *naiveText) integrate(run naiveRun) bool {
	have := m.next[run.id.Client]
	end := run.id.Clock + uint32(len(run.units))
	if end <= have {
		if o := run.origin; o != nil && o.Client == run.id.Client && o.Clock+1 == run.id.Clock && run.isHalf() {
			m.split(run.id) // the rest of a text that a peer cut within a character
		}
		return true
	}
	if run.id.Clock > have || !m.knows(run.origin) || !m.knows(run.right) {
		return false
	}
	if known := have - run.id.Clock; known > 0 {
		run.units = slices.Clone(run.units)
		if halves := run.units[known-1 : known+1]; isPair(halves[0], halves[1]) {
			halves[0], halves[1] = halfCharacter, halfCharacter
		}
		run.units, run.id.Clock = run.units[known:], have
		run.origin = &crdt.ID{Client: run.id.Client, Clock: have - 1}
	}
	if run.origin != nil {
		m.split(crdt.ID{Client: run.origin.Client, Clock: run.origin.Clock + 1})
	}
	if run.right != nil {
		m.split(*run.right)
	}
	for i, unit := range run.units {
		u := &naiveUnit{id: run.id, origin: run.origin, right: run.right, unit: unit, deleted: run.deleted, gone: run.gone}
		u.id.Clock += uint32(i)
		if i > 0 {
			u.origin = &crdt.ID{Client: run.id.Client, Clock: u.id.Clock - 1}
		}
		m.place(u)
	}
	m.next[run.id.Client] = end
	return true
}

// isHalf tells whether a run is text that begins with half a character.
func (r *naiveRun) isHalf() bool {
	return !r.deleted && !r.gone && len(r.units) > 0 && r.units[0] == halfCharacter
}

func (m *naiveText) knows(id *crdt.ID) bool {
	return id == nil || id.Clock < m.next[id.Client]
}

// place is the rule of YATA with right origins: among units written at the
// same spot, the lower client stands to the left, and nobody's run is torn.
func (m *naiveText) place(u *naiveUnit) {
	m.byID[u.id] = u
	if u.gone || m.isGone(u.origin) || m.isGone(u.right) {
		u.gone = true
		return
	}
	left, right := -1, len(m.list)
	if u.origin != nil {
		left = slices.Index(m.list, m.byID[*u.origin])
	}
	if u.right != nil {
		right = slices.Index(m.list, m.byID[*u.right])
	}
	seen, conflicting := make(map[crdt.ID]bool), make(map[crdt.ID]bool)
scan:
	for i := left + 1; i < len(m.list) && i != right; i++ {
		o := m.list[i]
		seen[o.id], conflicting[o.id] = true, true
		switch {
		case sameID(o.origin, u.origin):
			if o.id.Client < u.id.Client {
				left = i
				clear(conflicting)
			} else if sameID(o.right, u.right) {
				break scan
			}
		case o.origin != nil && seen[*o.origin]:
			if !conflicting[*o.origin] {
				left = i
				clear(conflicting)
			}
		default:
			break scan
		}
	}
	m.list = slices.Insert(m.list, left+1, u)
}

func (m *naiveText) isGone(id *crdt.ID) bool { return id != nil && m.byID[*id].gone }

// remove deletes what is known of a range.
func (m *naiveText) remove(r naiveRange) {
	end := min(r.end, m.next[r.client])
	if r.start >= end {
		return
	}
	m.split(crdt.ID{Client: r.client, Clock: r.start})
	m.split(crdt.ID{Client: r.client, Clock: end})
	for clock := r.start; clock < end; clock++ {
		m.byID[crdt.ID{Client: r.client, Clock: clock}].deleted = true
	}
}

// split cuts between a unit and the one its author wrote just before it. A
// character that stood across the cut is lost.
func (m *naiveText) split(id crdt.ID) {
	if id.Clock == 0 || id.Clock >= m.next[id.Client] {
		return
	}
	before, after := m.byID[crdt.ID{Client: id.Client, Clock: id.Clock - 1}], m.byID[id]
	if isPair(before.unit, after.unit) {
		before.unit, after.unit = halfCharacter, halfCharacter
	}
}

// units returns what is to be seen of the text.
func (m *naiveText) units() []uint16 {
	var units []uint16
	for _, u := range m.list {
		if !u.deleted {
			units = append(units, u.unit)
		}
	}
	return units
}

func (m *naiveText) pending() bool { return len(m.runs)+len(m.deletes) > 0 }

// someVector writes a state vector of somebody who knows part of the text.
func (m *naiveText) someVector(random *rand.Rand) []byte {
	clients := slices.Sorted(maps.Keys(m.next))
	vector := binary.AppendUvarint(nil, uint64(len(clients)))
	for _, client := range clients {
		vector = binary.AppendUvarint(vector, client)
		vector = binary.AppendUvarint(vector, random.Uint64N(uint64(m.next[client])+2))
	}
	return vector
}

// compareVector reports whether a state vector is behind what the model knows,
// and fails if it is ahead.
func (m *naiveText) compareVector(vector []byte) (behind bool, err error) {
	r := &naiveReader{vector}
	known := make(map[uint64]uint32)
	for range r.uint() {
		client := r.uint()
		known[client] = uint32(r.uint())
		if known[client] > m.next[client] {
			return false, fmt.Errorf("%d units of client %d are known, not %d", known[client], client, m.next[client])
		}
	}
	return !maps.Equal(known, m.next), nil
}

// editUnits makes of units what a change has made of them.
func editUnits(units []uint16, change crdt.TextChange) ([]uint16, error) {
	var edited []uint16
	for _, op := range change.Delta {
		if op.Retain+op.Delete > len(units) {
			return nil, fmt.Errorf("%+v ends %d units behind the text", change, op.Retain+op.Delete-len(units))
		}
		edited = append(edited, units[:op.Retain]...)
		edited = append(edited, utf16.Encode([]rune(op.Insert))...)
		edited = append(edited, slices.Repeat([]uint16{embedded}, op.Embeds)...)
		units = units[op.Retain+op.Delete:]
	}
	edited = append(edited, units...)
	for i, at := range change.Broken {
		if i > 0 && at <= change.Broken[i-1] || edited[at]&0xF800 != 0xD800 {
			return nil, fmt.Errorf("%+v breaks unit %#x", change, edited[at])
		}
		edited[at] = halfCharacter
	}
	return edited, nil
}

// textOf reads units as text, in which embeds are not.
func textOf(units []uint16) string {
	units = slices.DeleteFunc(slices.Clone(units), func(unit uint16) bool { return unit == embedded })
	return string(utf16.Decode(units))
}

func isPair(first, second uint16) bool {
	return utf16.DecodeRune(rune(first), rune(second)) != halfCharacter
}

func sameID(a, b *crdt.ID) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// naiveReader reads the bytes of an update. It panics where they are not
// well-formed: whoever made them is wrong then.
type naiveReader struct{ rest []byte }

func readNaive(update []byte) (runs []naiveRun, deletes []naiveRange) {
	r := &naiveReader{update}
	for range r.uint() {
		structs := r.uint()
		id := crdt.ID{Client: r.uint(), Clock: uint32(r.uint())}
		for range structs {
			run, skip := r.run()
			run.id = id
			id.Clock += uint32(len(run.units))
			if !skip {
				runs = append(runs, run)
			}
		}
	}
	for range r.uint() {
		client := r.uint()
		for range r.uint() {
			start := uint32(r.uint())
			deletes = append(deletes, naiveRange{client, start, start + uint32(r.uint())})
		}
	}
	return runs, deletes
}

// run reads one struct. A skip is a run of units about which nothing is said.
func (r *naiveReader) run() (run naiveRun, skip bool) {
	info := r.bytes(1)[0]
	kind := info & 0x1F
	if kind == 0 || kind == 10 {
		run.units, run.gone = make([]uint16, r.uint()), true
		return run, kind == 10
	}
	if info&0x80 != 0 {
		run.origin = r.id()
	}
	if info&0x40 != 0 {
		run.right = r.id()
	}
	if info&0xC0 == 0 {
		if r.uint() != 1 {
			panic("the naive model knows no nested types")
		}
		r.bytes(r.uint()) // the name of the one text there is
	}
	switch kind {
	case 1:
		run.units, run.deleted = make([]uint16, r.uint()), true
	case 4:
		run.units = utf16.Encode([]rune(string(r.bytes(r.uint()))))
	default:
		panic(fmt.Sprintf("the naive model knows no content of kind %d", kind))
	}
	return run, false
}

func (r *naiveReader) id() *crdt.ID {
	return &crdt.ID{Client: r.uint(), Clock: uint32(r.uint())}
}

func (r *naiveReader) uint() (n uint64) {
	for shift := 0; ; shift += 7 {
		b := r.bytes(1)[0]
		n |= uint64(b&0x7F) << shift
		if b < 0x80 {
			return n
		}
	}
}

func (r *naiveReader) bytes(n uint64) []byte {
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
