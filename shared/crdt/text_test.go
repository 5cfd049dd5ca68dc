package crdt_test

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/tutti-live/tutti/shared/crdt"
)

// textCase is a series of edits, and what yjs 13.6.33 makes of it as client 1.
type textCase struct {
	name    string
	edits   []func(*crdt.Text) error
	updates string // hex, one per edit
	state   string // hex
	text    string
}

func inserting(at int, s string) func(*crdt.Text) error {
	return func(t *crdt.Text) error { return t.Insert(at, s) }
}

func deleting(at, n int) func(*crdt.Text) error {
	return func(t *crdt.Text) error { return t.Delete(at, n) }
}

func applying(delta ...crdt.Op) func(*crdt.Text) error {
	return func(t *crdt.Text) error { return t.ApplyDelta(delta) }
}

var textCases = []textCase{
	{
		"typing and deleting",
		[]func(*crdt.Text) error{inserting(0, "ab"), inserting(2, "c"), inserting(1, "X"), deleting(0, 1), deleting(0, 3)},
		"010101000401017402616200 01010102840101016300 01010103c401000101015800 000101010001 000101010103",
		"01030100010101740181010002c101000101010101010004", "",
	},
	{
		"append and prepend",
		[]func(*crdt.Text) error{inserting(0, "hello"), inserting(5, "!"), inserting(0, ">")},
		"01010100040101740568656c6c6f00 01010105840104012100 01010106440100013e00",
		"01020100040101740668656c6c6f21440100013e00", ">hello!",
	},
	{
		"one to four bytes",
		[]func(*crdt.Text) error{inserting(0, "aé中👾"), inserting(1, "\ufeff")},
		"01010100040101740a61c3a9e4b8adf09f91be00 01010105c40100010103efbbbf00",
		"0103010004010174016184010009c3a9e4b8adf09f91bec40100010103efbbbf00", "a\ufeffé中👾",
	},
	{
		"behind a deleted unit",
		[]func(*crdt.Text) error{inserting(0, "abc"), deleting(1, 1), inserting(1, "x")},
		"01010100040101740361626300 000101010101 01010103c401010102017800",
		"01040100040101740161810100018401010163c40101010201780101010101", "axc",
	},
	{
		"behind a deleted unit at the start",
		[]func(*crdt.Text) error{inserting(0, "abc"), deleting(0, 1), inserting(0, "x")},
		"01010100040101740361626300 000101010001 01010103c401000101017800",
		"010301000101017401840100026263c40100010101780101010001", "xbc",
	},
	{
		"a delta that deletes, then inserts",
		[]func(*crdt.Text) error{inserting(0, "abc"), applying(crdt.Op{Retain: 1}, crdt.Op{Delete: 1}, crdt.Op{Insert: "XY"})},
		"01010100040101740361626300 01010103c4010101020258590101010101",
		"01040100040101740161810100018401010163c4010101020258590101010101", "aXYc",
	},
	{
		"a delta that inserts, then deletes",
		[]func(*crdt.Text) error{inserting(0, "abc"), applying(crdt.Op{Retain: 1}, crdt.Op{Insert: "XY"}, crdt.Op{Delete: 1})},
		"01010100040101740361626300 01010103c4010001010258590101010101",
		"01040100040101740161810100018401010163c4010001010258590101010101", "aXYc",
	},
	// Where an edit falls between the two units of a character, both become U+FFFD.
	{
		"an insert into a pair",
		[]func(*crdt.Text) error{inserting(0, "a👾b"), inserting(2, "Z")},
		"01010100040101740661f09f91be6200 01010104c401010102015a00",
		"01030100040101740461efbfbd84010104efbfbd62c401010102015a00", "a\ufffdZ\ufffdb",
	},
	{
		"an insert into a pair, deleted again",
		[]func(*crdt.Text) error{inserting(0, "👾"), inserting(1, "x"), deleting(1, 1)},
		"010101000401017404f09f91be00 01010102c401000101017800 000101010201",
		"010301000401017403efbfbd84010003efbfbdc101000101010101010201", "\ufffd\ufffd",
	},
	{
		"the first half deleted",
		[]func(*crdt.Text) error{inserting(0, "a👾b"), deleting(1, 1)},
		"01010100040101740661f09f91be6200 000101010101",
		"010301000401017401618101000184010104efbfbd620101010101", "a\ufffdb",
	},
	{
		"the second half deleted",
		[]func(*crdt.Text) error{inserting(0, "a👾b"), deleting(2, 1)},
		"01010100040101740661f09f91be6200 000101010201",
		"01030100040101740461efbfbd8101010184010201620101010201", "a\ufffdb",
	},
	{
		"both halves deleted, one after the other",
		[]func(*crdt.Text) error{inserting(0, "a👾b"), deleting(1, 1), deleting(1, 1)},
		"01010100040101740661f09f91be6200 000101010101 000101010201",
		"010301000401017401618101000284010201620101010102", "ab",
	},
	{
		"the halves of two neighbours deleted",
		[]func(*crdt.Text) error{inserting(0, "👾👾"), deleting(1, 2)},
		"010101000401017408f09f91bef09f91be00 000101010102",
		"010301000401017403efbfbd8101000284010203efbfbd0101010102", "\ufffd\ufffd",
	},
}

func TestText_WritesTheBytesOfYjs(t *testing.T) {
	for _, test := range textCases {
		t.Run(test.name, func(t *testing.T) {
			doc, text := newText(1)
			heard := hearAll(doc)
			for _, edit := range test.edits {
				mustEdit(t, edit(text))
				mustEdit(t, crdt.Check(doc))
			}
			if got := strings.Join(heard.updates, " "); got != test.updates {
				t.Errorf("the updates are %s\nnot             %s", got, test.updates)
			}
			if got := hex.EncodeToString(doc.EncodeStateAsUpdate(nil)); got != test.state || text.String() != test.text {
				t.Errorf("the state is %s, %q\nnot          %s, %q", got, text, test.state, test.text)
			}
			for _, way := range [][]string{strings.Fields(test.updates), {test.state}} {
				doc, text := newText(2)
				for _, update := range way {
					mustEdit(t, doc.ApplyUpdate(unhex(t, update), nil))
				}
				if got := hex.EncodeToString(doc.EncodeStateAsUpdate(nil)); got != test.state || text.String() != test.text {
					t.Errorf("a copy of %s\nis        %s, %q", way, got, text)
				}
			}
		})
	}
}

func TestText_InsertBeforeAnotherRightNeighbour(t *testing.T) {
	doc, text := newText(1)
	mustEdit(t, text.Insert(0, "a"))
	mustEdit(t, doc.ApplyUpdate(writes(2, 0, info(0x84), 1, 0, "z"), nil))
	mustEdit(t, text.Insert(1, "b"))
	if got := hex.EncodeToString(doc.EncodeStateAsUpdate(nil)); got != "02010200840100017a020100040101740161c401000200016200" {
		t.Errorf("the state is %s", got)
	}
}

func TestDoc_EmptyIsTwoZeros(t *testing.T) {
	doc := crdt.NewDoc()
	doc.Text("t")
	if state, vector := doc.EncodeStateAsUpdate(nil), doc.EncodeStateVector(); !slices.Equal(state, []byte{0, 0}) || !slices.Equal(vector, []byte{0}) {
		t.Errorf("the state is %x and the vector %x", state, vector)
	}
	if a, b := crdt.NewDoc().ClientID(), crdt.NewDoc().ClientID(); a == b || a == 0 || a > 1<<32-1 || b > 1<<32-1 {
		t.Errorf("the client ids are %d and %d", a, b)
	}
}

func TestDoc_StateVectorCutsTheState(t *testing.T) {
	doc, text := newText(1)
	mustEdit(t, text.Insert(0, "a👾b"))
	for vector, want := range map[string]string{
		"":         "01010100040101740661f09f91be6200",
		"00":       "01010100040101740661f09f91be6200",
		"010101":   "0101010184010005f09f91be6200",
		"010102":   "0101010284010104efbfbd6200", // in the middle of the pair
		"010103":   "01010103840102016200",
		"010104":   "0000",
		"010109":   "0000",
		"01050401": "01010100040101740661f09f91be6200", // of somebody else
		"0101":     "01010100040101740661f09f91be6200", // cut short
		"ff":       "01010100040101740661f09f91be6200",
	} {
		if got := hex.EncodeToString(doc.EncodeStateAsUpdate(unhex(t, vector))); got != want {
			t.Errorf("the state cut at %q is %s, want %s", vector, got, want)
		}
	}
	if text.String() != "a👾b" {
		t.Errorf("encoding changed the text to %q", text)
	}
}

func TestText_RangesAreChecked(t *testing.T) {
	doc, text := newText(1)
	mustEdit(t, text.Insert(0, "a👾"))
	heard := hearAll(doc)
	const far = int(^uint(0) >> 1)
	for name, edit := range map[string]func(*crdt.Text) error{
		"insert before":                inserting(-1, "x"),
		"insert behind":                inserting(4, "x"),
		"insert far behind":            inserting(far, "x"),
		"insert nothing behind":        inserting(4, ""),
		"delete before":                deleting(-1, 1),
		"delete behind":                deleting(4, 1),
		"delete nothing behind":        deleting(4, 0),
		"delete over the end":          deleting(2, 2),
		"delete so much it overflows":  deleting(1, far),
		"delete less than nothing":     deleting(2, -1),
		"retain too much":              applying(crdt.Op{Retain: 4}),
		"retain less than nothing":     applying(crdt.Op{Retain: -1}),
		"retain, then delete too much": applying(crdt.Op{Insert: "x"}, crdt.Op{Retain: 2}, crdt.Op{Delete: 2}),
		"retain so much it overflows":  applying(crdt.Op{Retain: 2}, crdt.Op{Retain: far}, crdt.Op{Retain: far}),
	} {
		if err := edit(text); !errors.Is(err, crdt.ErrRange) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(heard.updates) > 0 || text.String() != "a👾" || text.Len() != 3 {
		t.Errorf("the text became %q by %v", text, heard.updates)
	}
	mustEdit(t, crdt.Check(doc))
}

func TestText_NothingIsNoEdit(t *testing.T) {
	doc, text := newText(1)
	mustEdit(t, text.Insert(0, "a"))
	heard := hearAll(doc)
	for _, edit := range []func(*crdt.Text) error{
		inserting(1, ""), deleting(1, 0), applying(), applying(crdt.Op{Retain: 1}),
		func(*crdt.Text) error { return doc.Transact(nil, func() error { return nil }) },
	} {
		mustEdit(t, edit(text))
	}
	if len(heard.updates) > 0 {
		t.Errorf("nothing was reported as %v", heard.updates)
	}
}

// TestText_LongTextAgainstUnits edits a text of many leaves at random, and wants
// it to be what the same edits make of a slice of units.
func TestText_LongTextAgainstUnits(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	doc, text := newText(1)
	replica, replicaText := newText(2)
	doc.OnUpdate(func(update []byte, _ any, _ []crdt.TextChange) {
		at := random.IntN(replicaText.Len() + 1) // which is looked for near the last
		if got, ok := replica.Resolve(replicaText.RelativePosition(at, 0)); got != at || !ok {
			t.Errorf("position %d is at %d, %v", at, got, ok)
		}
		mustEdit(t, replica.ApplyUpdate(update, nil))
	})
	var units []uint16
	breakAt := func(at int) {
		if at > 0 && at < len(units) && isPair(units[at-1], units[at]) {
			units[at-1], units[at] = halfCharacter, halfCharacter
		}
	}
	for step := range 1500 {
		at := random.IntN(len(units) + 1)
		breakAt(at)
		if most := random.IntN(20_000); len(units) > most {
			n := min(random.IntN(3000), len(units)-at)
			if random.IntN(4) == 0 {
				at, n = 0, len(units) // what was cut apart and deleted in part is joined
			}
			mustEdit(t, text.Delete(at, n))
			breakAt(at + n)
			units = slices.Delete(units, at, at+n)
		} else {
			s := strings.Repeat(alphabet[random.IntN(len(alphabet)-3)], 1+random.IntN(1+random.IntN(1000)))
			mustEdit(t, text.Insert(at, s))
			units = slices.Insert(units, at, utf16.Encode([]rune(s))...)
		}
		mustEdit(t, errors.Join(crdt.Check(doc), crdt.Check(replica)))
		if step%50 == 0 {
			if s := text.String(); s != textOf(units) || s != replicaText.String() || text.Len() != len(units) {
				t.Fatalf("step %d: %d units are not as they should be", step, len(units))
			}
		}
	}
	wantReloads(t, doc)
}

func TestText_InsertsWhatIsNoUTF8AsReplacement(t *testing.T) {
	doc, text := newText(1)
	if err := text.Insert(0, "a\xed\xa0\xbdb"); err != nil && !errors.Is(err, crdt.ErrMalformed) {
		t.Error(err)
	}
	if s := text.String(); strings.Trim(s, "ab\ufffd") != "" {
		t.Errorf("the text is %q", s)
	}
	mustEdit(t, crdt.Check(doc))
	mustEdit(t, crdt.NewDoc().ApplyUpdate(doc.EncodeStateAsUpdate(nil), nil))
}

func TestText_EmbedsAreOneCharacterEach(t *testing.T) {
	doc, text := newText(9)
	heard := hearAll(doc)
	embeds := "01060100040101740161850100097b22696d67223a317d86010104626f6c640474727565840102016286010304626f6c64046e756c6c450100077b2278223a317d00"
	mustEdit(t, doc.ApplyUpdate(unhex(t, embeds), nil))
	if text.String() != "\ufffca\ufffcb" || text.Len() != 4 {
		t.Errorf("the text is %q of %d units", text, text.Len())
	}
	heard.want(t, nil, embeds, crdt.Delta{{Embeds: 1}, {Insert: "a"}, {Embeds: 1}, {Insert: "b"}})
	mustEdit(t, text.Insert(3, "-"))
	heard.want(t, nil, heard.updates[0], crdt.Delta{{Retain: 3}, {Insert: "-"}})
	mustEdit(t, text.Delete(0, 3))
	if text.String() != "-b" || text.Len() != 2 {
		t.Errorf("the text is %q of %d units", text, text.Len())
	}
	mustEdit(t, crdt.Check(doc))
}

func TestMap_ReadsWhatYjsWrote(t *testing.T) {
	doc := crdt.NewDoc()
	mustEdit(t, doc.ApplyUpdate(unhex(t, "010b01002101016d016b012801016d0173017702c3a92801016d016e017e2801016d016f017601016175027d01782301016d01620201022101016d04676f6e6501a80100017d022701016d0174020400010702696e2801016d0175017f2801016d03626967017a000000000000000a01010200010501"), nil))
	m := doc.Map("m")
	keys := m.Keys()
	slices.Sort(keys)
	if want := []string{"b", "big", "k", "n", "o", "s", "t", "u"}; !slices.Equal(keys, want) {
		t.Errorf("the keys are %q, want %q", keys, want)
	}
	for key, want := range map[string]any{
		"k": 2.0, "s": "é", "n": nil, "o": map[string]any{"a": []any{1.0, true}}, "b": []byte{1, 2},
	} {
		if got, ok := m.Get(key); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, %v", key, got, ok)
		}
	}
	for _, key := range []string{"gone", "never", ""} {
		if got, ok := m.Get(key); ok || got != nil {
			t.Errorf("%s is %#v", key, got)
		}
	}
	if other := doc.Map("other"); len(other.Keys()) != 0 {
		t.Errorf("a map that is not there has %q", other.Keys())
	}
	mustEdit(t, crdt.Check(doc))
}

func TestUpdates_MergeDiffAndVectorAreThoseOfYjs(t *testing.T) {
	updates := [][]byte{
		unhex(t, "0101010004010174016100"), unhex(t, "01010101840100016200"), unhex(t, "01010102840101016300"),
		unhex(t, "01010103840102016400"), unhex(t, "000101010101"),
	}
	for _, test := range []struct {
		merge                [][]byte
		merged, vector, diff string // diff is the rest behind clock 2
	}{
		{updates, "010401000401017401618401000162840101016384010201640101010101", "010104", "01020102840101016384010201640101010101"},
		{[][]byte{updates[2], updates[0]}, "010301000401017401610a01840101016300", "010101", "01010102840101016300"},
		{updates[1:2], "01010101840100016200", "00", "0000"},
		{[][]byte{updates[4], updates[4]}, "000101010101", "00", "000101010101"},
		{[][]byte{writes(1, 0, info(0), 4), writes(1, 2, info(0), 5)}, "01010100000700", "010107", "01010102000500"},
		{[][]byte{writes(1, 0, info(4), 1, "t", "a👾b"), writes(1, 2, info(0x84), 1, 1, "XYZ")}, "01020100040101740661f09f91be62840103015a00", "010105", "0102010284010104efbfbd62840103015a00"},
		{[][]byte{writes(1, 0, info(4), 1, "t", "a👾"), writes(1, 2, info(4), 1, "t", "👾c")}, "01020100040101740561f09f91be84010204efbfbd6300", "010105", "0102010284010103efbfbd84010204efbfbd6300"},
	} {
		merged, err := crdt.MergeUpdates(test.merge...)
		if hex.EncodeToString(merged) != test.merged || err != nil {
			t.Errorf("merged  %x, %v\nand not %s", merged, err, test.merged)
		}
		vector, err := crdt.StateVectorFromUpdate(merged)
		if hex.EncodeToString(vector) != test.vector || err != nil {
			t.Errorf("the vector of %x is %x, %v, not %s", merged, vector, err, test.vector)
		}
		diff, err := crdt.DiffUpdate(merged, []byte{1, 1, 2})
		if hex.EncodeToString(diff) != test.diff || err != nil {
			t.Errorf("the rest of %x is %x, %v, not %s", merged, diff, err, test.diff)
		}
	}
}

// newText returns a document of that client, with the text "t".
func newText(client uint64) (*crdt.Doc, *crdt.Text) {
	doc := crdt.NewDoc(crdt.WithClientID(client))
	return doc, doc.Text("t")
}

func mustEdit(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// withoutObjects is a text as yjs has it, which leaves embedded objects out.
func withoutObjects(text *crdt.Text) string {
	return strings.ReplaceAll(text.String(), crdt.ObjectChar, "")
}
