package crdt_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
)

// variety is an update with a struct of every kind, and what it needs.
func variety() []byte {
	return wire(2,
		4, 300, 0, info(0x84), 200, 1, "é👾", info(1), 1, "t", 3, info(0xc4), 200, 3, 200, 4, "z", info(10), 2,
		11, 200, 0,
		info(4), 1, "t", "a👾bc",
		info(0x85), 200, 4, `{"img":1}`,
		info(0x86), 200, 5, "bold", "true",
		info(0x28), 1, "m", "k", 2, info(125), 1, info(118), 1, "o", info(117), 2, info(123), []byte("\x3f\xb9\x99\x99\x99\x99\x99\x9a"), info(122), make([]byte, 8),
		info(3), 1, "list", []byte("\x02\xff\xfe"),
		info(2), 1, "list", 2, "undefined", `{"a":1}`,
		info(7), 1, "list", 3, "paragraph",
		info(0x24), 0, 200, 12, "attribute", "value",
		info(9), 1, "list", "guid", info(118), 1, "autoLoad", info(120),
		info(0), 2,
		info(0x27), 1, "m", "text", 2,
		2, 300, 2, 0, 2, 4, 1, 200, 1, 3, 1)
}

func TestApplyUpdate_CutShort_ChangesNothing(t *testing.T) {
	updates := [][]byte{variety(), wire(0, 2, 50, 2, 0, 2, 3, 1, 7, 1, 0, 1)}
	for _, test := range textCases {
		updates = append(updates, unhex(t, test.state))
	}
	doc := victim(t, crdt.Limits{})
	for _, update := range updates {
		for n := range update {
			refuses(t, doc, update[:n], crdt.ErrMalformed)
			if _, err := crdt.MergeUpdates(update[:n]); !errors.Is(err, crdt.ErrMalformed) {
				t.Errorf("%x is merged: %v", update[:n], err)
			}
			if _, err := crdt.DiffUpdate(update[:n], nil); !errors.Is(err, crdt.ErrMalformed) {
				t.Errorf("%x is cut: %v", update[:n], err)
			}
		}
		accepts(t, victim(t, crdt.Limits{}), update)
	}
}

func TestApplyUpdate_BitFlipped_AllOrNothing(t *testing.T) {
	update := variety()
	for bit := range 8 * len(update) {
		flipped := slices.Clone(update)
		flipped[bit/8] ^= 1 << (bit % 8)
		survives(t, flipped)
	}
}

func TestApplyUpdate_BehindTheDeleteSet_IsIgnored(t *testing.T) {
	update := wire(1, 1, 1, 0, info(4), 1, "t", "x", 0, []byte("\xff\xff garbage"))
	doc, text := newText(9)
	heard := hearAll(doc)
	accepts(t, doc, update)
	const clean = "0101010004010174017800"
	if text.String() != "x" {
		t.Errorf("the text is %q", text)
	}
	heard.want(t, nil, clean, crdt.Delta{{Insert: "x"}})
	merged, err := crdt.MergeUpdates(update, update)
	if hex.EncodeToString(merged) != clean || err != nil {
		t.Errorf("merged %x, %v, not %s", merged, err, clean)
	}
}

// The states are those of yjs 13.6.33, save where that throws.
func TestApplyUpdate_StrangeNeighbours(t *testing.T) {
	base := wire(1, 2, 1, 0, info(4), 1, "t", "ab", info(4), 1, "a", "xy", 0)
	collected := writes(1, 0, info(0), 3)
	for _, test := range []struct {
		name    string
		updates [][]byte
		state   string
	}{
		{"every kind of struct", [][]byte{variety()}, "0204ac020081c801010284ac020103efbfbd0101017403c4c80103c80104017a0dc80100040101740761efbfbdefbfbd81c801020184c80103016385c80104097b22696d67223a317d86c8010504626f6c6404747275652801016d016b027d017601016f75027b3fb999999999999a7a00000000000000000301046c69737402fffe0201046c6973740209756e646566696e6564077b2261223a317d0701046c69737403097061726167726170682400c8010c096174747269627574650576616c75650901046c69737404677569647601086175746f4c6f61647800022701016d04746578740202ac020200020303c8010203011302"},
		// Editors of yjs before 13.6.31 send such after undo.
		{"right origin in another parent", [][]byte{base, writes(2, 0, info(0xc4), 1, 0, 1, 3, "Q")}, "02010200c4010001030151020100040101740261620401016102787900"},
		{"right origin left of the origin", [][]byte{base, writes(2, 0, info(0xc4), 1, 1, 1, 0, "Q")}, "02010200c4010101000151020100040101740261620401016102787900"},
		{"parent is a string", [][]byte{base, writes(2, 0, info(4), 0, 1, 0, "Q")}, "02010200000102010004010174026162040101610278790102010001"},
		{"origin collected", [][]byte{collected, writes(2, 0, info(0x84), 1, 1, "Q")}, "0201020000010101000003020201000101010003"},
		{"right origin collected", [][]byte{collected, writes(2, 0, info(0x44), 1, 1, "Q")}, "0201020000010101000003020201000101010003"},
		{"right origin collected, origin not", [][]byte{wire(1, 2, 1, 0, info(4), 1, "t", "ab", info(0), 3, 0), writes(2, 0, info(0xc4), 1, 0, 1, 3, "Q")}, "020102000001020100040101740261620003020201000101010203"},
		{"parent collected", [][]byte{collected, writes(2, 0, info(4), 0, 1, 1, "Q")}, "0201020000010101000003020201000101010003"},
		{"overlap with collected", [][]byte{collected, writes(1, 1, info(4), 1, "t", "QRST")}, "0101010000050101010005"},
		{"another right origin than the unit before", [][]byte{writes(1, 0, info(4), 1, "t", "a"), writes(2, 0, info(0x84), 1, 0, "z"), writes(1, 1, info(0xc4), 1, 0, 2, 0, "b")}, "02010200840100017a020100040101740161c401000200016200"},
		{"child of a deleted type", [][]byte{writes(1, 0, info(7), 1, "t", 2), wire(0, 1, 1, 1, 0, 1), writes(2, 0, info(4), 0, 1, 0, "x")}, "0201020000010101000101017401020201000101010001"},
		{"child with its type and its deletion", [][]byte{wire(2, 1, 2, 0, info(4), 0, 1, 0, "x", 1, 1, 0, info(7), 1, "t", 2, 1, 1, 1, 0, 1)}, "0201020000010101000101017401020201000101010001"},
		{"another kind than the unit before", [][]byte{wire(1, 2, 1, 0, info(4), 1, "t", "a", info(0x88), 1, 0, 1, info(126), 0)}, "01020100040101740161880100017e00"},
		{"known, and cut within a pair", [][]byte{writes(1, 0, info(4), 1, "t", "a👾b"), writes(1, 2, info(0x84), 1, 1, "\ufffdb")}, "01010100040101740861efbfbdefbfbd6200"},
		{"type under a key of a deleted type", [][]byte{wire(1, 3, 1, 0, info(7), 1, "l", 1, info(0x27), 0, 1, 0, "t", 2, info(4), 0, 1, 1, "deep", 0), wire(0, 1, 1, 1, 0, 1)}, "010201000101016c0100050101010006"},
		{"key on a text", [][]byte{base, writes(2, 0, info(0x24), 1, "t", "k", "Q")}, "0201020024010174016b0151020100040101740261620401016102787900"},
		{"flags on a GC", [][]byte{writes(1, 0, info(0xe0), 3)}, "0101010000030101010003"},
		{"key flag beside an origin", [][]byte{base, writes(2, 0, info(0xa4), 1, 0, "Q")}, "020102008401000151020100040101740261620401016102787900"},
		{"clients ascending", [][]byte{wire(2, 1, 1, 0, info(4), 1, "t", "x", 1, 2, 0, info(4), 1, "t", "y", 0)}, "0201020004010174017901010004010174017800"},
		{"deleted in two blocks", [][]byte{base, wire(0, 2, 1, 1, 0, 1, 1, 1, 2, 1)}, "01040100010101740184010001620101016101840102017901010200010201"},
		{"deleted twice", [][]byte{base, wire(0, 1, 1, 3, 0, 2, 1, 2, 0, 1)}, "010301000101017402010101610184010201790101010003"},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc, _ := newText(9)
			accepts(t, doc, test.updates...)
			if got := hex.EncodeToString(doc.EncodeStateAsUpdate(nil)); got != test.state {
				t.Errorf("the state is %s, not %s", got, test.state)
			}
		})
	}
}

func TestApplyUpdate_Circles_Wait(t *testing.T) {
	doc := victim(t, crdt.Limits{})
	before := contentOf(doc)
	accepts(t, doc, wire(2, 1, 2, 0, info(0x84), 1, 0, "y", 1, 1, 0, info(0x84), 2, 0, "x", 0))
	if after := contentOf(doc); after.text != before.text || after.vector != before.vector || !after.pending {
		t.Errorf("became %+v", after)
	}
	accepts(t, doc, writes(50, 6, info(0x84), 50, 5, "e"))
}

func TestApplyUpdate_PendingBytes_AreLimited(t *testing.T) {
	doc := victim(t, crdt.Limits{PendingBytes: 2000})
	waiting := func(clock int) []byte { return writes(1, clock, info(0x84), 1, clock-1, "xxxxxxxxxx") }
	n := 0
	for before := contentOf(doc); n < 1000; n++ { // which merges what waits
		if err := doc.ApplyUpdate(waiting(10+20*n), nil); err != nil {
			if after := contentOf(doc); !errors.Is(err, crdt.ErrPendingFull) || after != before {
				t.Errorf("%v\nmade of %+v\n        %+v", err, before, after)
			}
			break
		}
		before = contentOf(doc)
	}
	if n < 20 || n > 200 {
		t.Errorf("%d updates wait in 2,000 bytes", n)
	}
	accepts(t, doc, waiting(10+20*(n-1))) // it waits already
	refuses(t, doc, writes(1, 100_000, info(4), 1, "t", string(make([]byte, 3000))), crdt.ErrPendingFull)
	// What does not wait is welcome, and so is what others wait for.
	accepts(t, doc, writes(2, 0, info(4), 1, "t", "me too"))
	for clock := 0; clock < 20*n; clock += 10 {
		parent := wire(info(4), 1, "t", "xxxxxxxxxx")
		if clock > 0 {
			parent = wire(info(0x84), 1, clock-1, "xxxxxxxxxx")
		}
		accepts(t, doc, writes(1, clock, parent))
	}
	if want := 5 + len("me too") + 20*n; doc.Text("t").Len() != want {
		t.Errorf("the text has %d units, not %d", doc.Text("t").Len(), want)
	}
	accepts(t, doc, waiting(100_000)) // there is room again
}

func TestApplyUpdate_PendingBomb_CostsWhatItWeighs(t *testing.T) {
	const units = 3000
	doc, text := newText(9)
	wantSmall(t, 30*units, func() {
		for clock := units - 1; clock > 0; clock-- {
			mustEdit(t, doc.ApplyUpdate(writes(1, clock, info(0x84), 1, clock-1, "x"), nil))
		}
		mustEdit(t, doc.ApplyUpdate(writes(1, 0, info(4), 1, "t", "x"), nil))
	})
	if text.Len() != units || doc.HasPending() || len(doc.EncodeStateAsUpdate(nil)) > units+20 {
		t.Errorf("the text has %d units, and pending is %v", text.Len(), doc.HasPending())
	}
	mustEdit(t, crdt.Check(doc))
}

func TestApplyUpdate_DeleteRanges_AreLimited(t *testing.T) {
	ranges := func(client, n int) []byte {
		update := wire(0, 1, client, n)
		for i := range n {
			update = append(update, wire(2*i, 1)...)
		}
		return update
	}
	doc := victim(t, crdt.Limits{DeleteRanges: 100, PendingRanges: 150})
	refuses(t, doc, ranges(50, 101), crdt.ErrLimit)
	refuses(t, doc, ranges(1, 101), crdt.ErrLimit)
	accepts(t, doc, ranges(1, 100))
	refuses(t, doc, ranges(2, 100), crdt.ErrPendingFull)
	accepts(t, doc, ranges(1, 100)) // they wait already
	accepts(t, doc, ranges(50, 3))
	if got := doc.Text("t").String(); got != "\ufffdbd" {
		t.Errorf("the text is %q", got)
	}
}

func TestApplyUpdate_DeleteBomb_IsJoinedAgain(t *testing.T) {
	const units = 20_000
	doc, text := newText(9)
	accepts(t, doc, writes(1, 0, info(4), 1, "t", strings.Repeat("é", units)))
	bomb := wire(0, 1, 1, units/2)
	for i := range units / 2 {
		bomb = append(bomb, wire(2*i, 1)...)
	}
	wantSmall(t, 2*len(bomb), func() { mustEdit(t, doc.ApplyUpdate(bomb, nil)) }) // three bytes cut an item in three
	for _, end := range []int{units / 4, units / 2, units} {
		text.RelativePosition(text.Len(), 0) // the next place is looked for from here
		accepts(t, doc, wire(0, 1, 1, 1, 0, end))
		if text.Len() != (units-end)/2 || text.String() != strings.Repeat("é", text.Len()) {
			t.Fatalf("%d of %d units are left", text.Len(), units-end)
		}
	}
	if state := doc.EncodeStateAsUpdate(nil); len(state) > 30 {
		t.Errorf("%d bytes are left: %x", len(state), clip(state))
	}
}

func TestApplyUpdate_KeystrokesAmongManyClients_AllocateLittle(t *testing.T) {
	if underRace {
		t.Skip("the race detector makes the pool of transactions forget")
	}
	const clients, keystrokes = 10_000, 1000
	past := wire(clients) // each has written behind the one before
	for client := clients + 100; client > 100; client-- {
		if past = append(past, wire(1, client, 0)...); client == clients+100 {
			past = append(past, wire(info(4), 1, "t", "x")...)
		} else {
			past = append(past, wire(info(0x84), client+1, 0, "x")...)
		}
	}
	doc, _ := newText(9)
	mustEdit(t, doc.ApplyUpdate(append(past, 0), nil))
	doc.OnUpdate(func([]byte, any, []crdt.TextChange) {})
	mustEdit(t, doc.ApplyUpdate(writes(7, 0, info(4), 1, "t", "x"), nil))
	wantSmall(t, 30*keystrokes, func() {
		for clock := range keystrokes {
			mustEdit(t, doc.ApplyUpdate(writes(7, clock+1, info(0x84), 7, clock, "x"), nil))
		}
	})
	mustEdit(t, crdt.Check(doc))
}

func TestApplyUpdate_OfItsOwnClient_ChangesTheClientID(t *testing.T) {
	doc, text := newText(9)
	mustEdit(t, text.Insert(0, "mine"))
	mustEdit(t, doc.ApplyUpdate(writes(9, 4, info(0x84), 9, 3, " too"), nil))
	if doc.ClientID() == 9 {
		t.Error("the client id is in use by somebody else, and was kept")
	}
	mustEdit(t, text.Insert(8, "!"))
	accepts(t, doc, writes(9, 8, info(0x84), 9, 7, "?"))
	if got := text.String(); got != "mine too!?" && got != "mine too?!" {
		t.Errorf("the text is %q", got)
	}
}

// TestLoad_TakesWhatTheDocumentHasWritten wants a document to be able to load
// its state, whatever it was made to take before: a room that is put to sleep
// must wake up.
func TestLoad_TakesWhatTheDocumentHasWritten(t *testing.T) {
	limits := crdt.Limits{StructLen: 100, DeleteRanges: 20, PendingBytes: 500, PendingRanges: 10}
	deletes := func(client, first, n int) []byte {
		update := wire(0, 1, client, n)
		for i := range n {
			update = append(update, wire(first+2*i, 1)...)
		}
		return update
	}
	for name, updates := range map[string][][]byte{
		"collected units that join": {writes(1, 0, info(0), 100), writes(1, 100, info(0), 100)},
		"deleted units that join":   {writes(1, 0, info(1), 1, "t", 100), writes(1, 100, info(0x81), 1, 99, 100)},
		"text that joins":           {writes(1, 0, info(4), 1, "t", strings.Repeat("a", 90)), writes(1, 90, info(0x84), 1, 89, strings.Repeat("b", 90))},
		"values that join":          {writes(1, 0, info(8), 1, "l", 60, bytes.Repeat([]byte{126}, 60)), writes(1, 60, info(0x88), 1, 59, 60, bytes.Repeat([]byte{126}, 60))},
		"many deleted ranges":       {writes(1, 0, info(4), 1, "t", strings.Repeat("a", 90)), deletes(1, 0, 20), deletes(1, 40, 20)},
		"and some that wait":        {writes(1, 0, info(4), 1, "t", strings.Repeat("a", 90)), deletes(1, 0, 20), deletes(9, 0, 10)},
	} {
		t.Run(name, func(t *testing.T) {
			doc := crdt.NewDoc(crdt.WithLimits(limits))
			for _, update := range updates {
				mustEdit(t, doc.ApplyUpdate(update, nil))
			}
			state := doc.EncodeStateAsUpdate(nil)
			loaded := crdt.NewDoc(crdt.WithLimits(limits))
			mustEdit(t, loaded.Load(state, nil))
			mustEdit(t, crdt.Check(loaded))
			if !bytes.Equal(loaded.EncodeStateAsUpdate(nil), state) {
				t.Errorf("loaded, it writes %x, not %x", loaded.EncodeStateAsUpdate(nil), state)
			}
		})
	}
}
