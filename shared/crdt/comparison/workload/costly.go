package workload

import (
	"encoding/binary"
	"slices"
	"strings"
)

// A Costly case is a series of updates that an attacker, or bad luck, could
// send to make a server work hard. Its sizes are those at which yjs was measured.
type Costly struct {
	Name    string
	Setup   [][]byte // applied first
	Updates [][]byte // what is timed
	Refused bool     // whether the last update is to be refused
}

// CostlyRoot is the name of the text of every Costly case.
const CostlyRoot = "t"

// Sizes of the Costly cases.
const (
	PendingUpdates   = 3_000
	StormClients     = 4_000
	HistoricClients  = 10_000
	Keystrokes       = 2_000
	BombRanges       = 20_000
	BombRun          = 200_000
	NestingDepth     = 20_000
	firstStormClient = 1_000
	firstPastClient  = 5_000
)

// CostlyCases returns all of them.
func CostlyCases() []Costly {
	return []Costly{
		pendingBomb(), conflictStorm("ascending"), conflictStorm("descending"),
		historicClients(), deleteBomb(), nestedValues(), nestedTypes(),
	}
}

// Kinds of structs, and the flags of what refers to neighbours.
const (
	kindString     = 4
	kindType       = 7
	kindAny        = 8
	hasRightOrigin = 0x40
	hasOrigin      = 0x80
)

// encoder is an update being written.
type encoder []byte

func (e *encoder) byte(b ...byte) { *e = append(*e, b...) }

func (e *encoder) uints(values ...uint64) {
	for _, v := range values {
		*e = binary.AppendUvarint(*e, v)
	}
}

func (e *encoder) string(s string) {
	e.uints(uint64(len(s)))
	*e = append(*e, s...)
}

// structs begins an update of one client.
func structs(count, client, clock uint64) *encoder {
	e := &encoder{}
	e.uints(1, count, client, clock)
	return e
}

// end ends an update that deletes nothing.
func (e *encoder) end() []byte {
	e.uints(0)
	return *e
}

// root names the parent of a struct that has no neighbours.
func (e *encoder) root(name string) {
	e.uints(1)
	e.string(name)
}

// First is the update of a client who writes a text into an empty document.
func First(root string, client uint64, text string) []byte {
	e := structs(1, client, 0)
	e.byte(kindString)
	e.root(root)
	e.string(text)
	return e.end()
}

// Append is the update of a client who writes a text after what has the last
// clock of another.
func Append(update []byte, client, clock, afterClient, afterClock uint64, text string) []byte {
	e := (*encoder)(&update)
	e.uints(1, 1, client, clock)
	e.byte(kindString | hasOrigin)
	e.uints(afterClient, afterClock)
	e.string(text)
	return e.end()
}

// pendingBomb is a series in which each update needs the one before, and the
// first comes last.
func pendingBomb() Costly {
	updates := make([][]byte, 0, PendingUpdates)
	for clock := uint64(1); clock < PendingUpdates; clock++ {
		e := structs(1, 1, clock)
		e.byte(kindString | hasRightOrigin)
		e.uints(1, clock-1)
		e.string("x")
		updates = append(updates, e.end())
	}
	return Costly{Name: "pending, first comes last", Updates: append(updates, First(CostlyRoot, 1, "x"))}
}

// conflictStorm has many clients write at the same place at the same time.
func conflictStorm(order string) Costly {
	const author = 999_999
	updates := make([][]byte, StormClients)
	for i := range updates {
		e := structs(1, firstStormClient+uint64(i), 0)
		e.byte(kindString | hasOrigin | hasRightOrigin)
		e.uints(author, 0, author, 1)
		e.string("q")
		updates[i] = e.end()
	}
	if order == "descending" {
		slices.Reverse(updates)
	}
	return Costly{Name: "conflict storm, " + order, Setup: [][]byte{First(CostlyRoot, author, "ab")}, Updates: updates}
}

// historicClients has one client type into a document to which many have
// written one letter each. Their letters are chained so that making the
// document is no conflict storm.
func historicClients() Costly {
	e := &encoder{}
	e.uints(HistoricClients)
	for client := uint64(firstPastClient + HistoricClients - 1); client >= firstPastClient; client-- {
		e.uints(1, client, 0)
		if before := client + 1; before < firstPastClient+HistoricClients {
			e.byte(kindString | hasOrigin)
			e.uints(before, 0)
		} else {
			e.byte(kindString)
			e.root(CostlyRoot)
		}
		e.string("a")
	}
	const typist = 77
	updates := make([][]byte, Keystrokes)
	updates[0] = Append(nil, typist, 0, firstPastClient, 0, "z")
	for clock := uint64(1); clock < Keystrokes; clock++ {
		updates[clock] = Append(nil, typist, clock, typist, clock-1, "z")
	}
	return Costly{Name: "typing after 10,000 clients", Setup: [][]byte{e.end()}, Updates: updates}
}

// deleteBomb deletes every second letter of the first part of a long run.
func deleteBomb() Costly {
	e := &encoder{}
	e.uints(0, 1, 1, BombRanges)
	for i := range uint64(BombRanges) {
		e.uints(2*i, 1)
	}
	return Costly{Name: "delete-set bomb", Setup: [][]byte{First(CostlyRoot, 1, strings.Repeat("x", BombRun))}, Updates: [][]byte{*e}}
}

// nestedValues is an array in an array in an array, as one value.
func nestedValues() Costly {
	const array, null = 117, 126
	e := structs(1, 1, 0)
	e.byte(kindAny)
	e.root(CostlyRoot)
	e.uints(1)
	for range NestingDepth {
		e.byte(array, 1)
	}
	e.byte(null)
	return Costly{Name: "nested values", Updates: [][]byte{e.end()}, Refused: true}
}

// nestedTypes is an array in an array in an array, as types, of which the
// outermost is then deleted.
func nestedTypes() Costly {
	const array = 0
	e := structs(NestingDepth, 1, 0)
	e.byte(kindType)
	e.root(CostlyRoot)
	e.uints(array)
	for clock := uint64(1); clock < NestingDepth; clock++ {
		e.byte(kindType)
		e.uints(0, 1, clock-1, array) // the parent is the item before
	}
	return Costly{Name: "nested types, deleted", Updates: [][]byte{e.end(), {0, 1, 1, 1, 0, 1}}}
}
