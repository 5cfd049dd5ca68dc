package crdt_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
)

// The JSON and the bytes are those of yjs 13.6.33, for "abc" that client 1 has
// written into the root text "monaco".
var positionCases = []struct {
	index, assoc int
	item         *crdt.ID
	json, binary string
}{
	{1, 0, &crdt.ID{Client: 1, Clock: 1}, `{"type":null,"tname":"monaco","item":{"client":1,"clock":1},"assoc":0}`, "00010100"},
	{3, 0, nil, `{"type":null,"tname":"monaco","item":null,"assoc":0}`, "01066d6f6e61636f00"},
	{0, -1, nil, `{"type":null,"tname":"monaco","item":null,"assoc":-1}`, "01066d6f6e61636f41"},
	{3, -1, &crdt.ID{Client: 1, Clock: 2}, `{"type":null,"tname":"monaco","item":{"client":1,"clock":2},"assoc":-1}`, "00010241"},
	{1, -1, &crdt.ID{Client: 1}, `{"type":null,"tname":"monaco","item":{"client":1,"clock":0},"assoc":-1}`, "00010041"},
}

func monaco(t *testing.T) (*crdt.Doc, *crdt.Text) {
	t.Helper()
	doc := crdt.NewDoc(crdt.WithClientID(1))
	mustEdit(t, doc.Text("monaco").Insert(0, "abc"))
	return doc, doc.Text("monaco")
}

func TestRelativePosition_JSONAndBytesAreThoseOfYjs(t *testing.T) {
	doc, text := monaco(t)
	for _, test := range positionCases {
		p := text.RelativePosition(test.index, test.assoc)
		if p.Type != nil || p.Name == nil || *p.Name != "monaco" || !reflect.DeepEqual(p.Item, test.item) || p.Assoc != test.assoc {
			t.Errorf("%d, %d is %+v", test.index, test.assoc, p)
		}
		asJSON, err := json.Marshal(p)
		if string(asJSON) != test.json || err != nil {
			t.Errorf("%d, %d is written %s, %v\nnot %s", test.index, test.assoc, asJSON, err, test.json)
		}
		binary, err := p.MarshalBinary()
		if hex.EncodeToString(binary) != test.binary || err != nil {
			t.Errorf("%d, %d is written %x, %v, not %s", test.index, test.assoc, binary, err, test.binary)
		}
		var fromJSON, fromBinary crdt.RelativePosition
		mustEdit(t, json.Unmarshal([]byte(test.json), &fromJSON))
		mustEdit(t, fromBinary.UnmarshalBinary(unhex(t, test.binary)))
		if !reflect.DeepEqual(fromJSON, p) {
			t.Errorf("%s is read as %+v", test.json, fromJSON)
		}
		for _, read := range []crdt.RelativePosition{p, fromJSON, fromBinary} {
			if index, ok := doc.Resolve(read); index != test.index || !ok {
				t.Errorf("%+v is resolved to %d, %v, not %d", read, index, ok, test.index)
			}
		}
	}
}

func TestRelativePosition_ReadsJSONWithoutNulls(t *testing.T) {
	name := "monaco"
	for in, want := range map[string]crdt.RelativePosition{
		`{"tname":"monaco","item":{"client":1,"clock":1},"assoc":0}`: {Name: &name, Item: &crdt.ID{Client: 1, Clock: 1}},
		`{"tname":"monaco","assoc":-1}`:                              {Name: &name, Assoc: -1},
		`{"tname":"monaco"}`:                                         {Name: &name},
		`{"tname":"monaco","assoc":null}`:                            {Name: &name},

		`{"type":{"client":9007199254740991,"clock":2147483646},"tname":null,"item":null}`: {Type: &crdt.ID{Client: 1<<53 - 1, Clock: 1<<31 - 2}},
		`{ "item" : { "clock" : 1 , "client" : 2 } , "more" : [ 1 ] }`:                     {Item: &crdt.ID{Client: 2, Clock: 1}},
	} {
		var p crdt.RelativePosition
		if err := json.Unmarshal([]byte(in), &p); err != nil || !reflect.DeepEqual(p, want) {
			t.Errorf("%s is read as %+v, %v", in, p, err)
		}
	}
}

func TestRelativePosition_RefusesWhatIsNone(t *testing.T) {
	for _, in := range []string{
		`[]`, `"x"`, `1`, `{"item":1}`, `{"item":{"client":-1,"clock":0}}`, `{"item":{"client":1,"clock":-1}}`,
		`{"item":{"client":1,"clock":1.5}}`, `{"item":{"client":1,"clock":4294967296}}`, `{"item":{"client":18446744073709551616,"clock":0}}`,
		`{"tname":1}`, `{"type":"x"}`, `{"tname":"t","assoc":"x"}`, `{"tname":"t","assoc":0.5}`, `{`,
	} {
		var p crdt.RelativePosition
		if err := json.Unmarshal([]byte(in), &p); err == nil {
			t.Errorf("%s is read as %+v", in, p)
		}
	}
	for _, in := range []string{
		"", "00", "0001", "000180", "00ffffffffffffffff0100", "01", "010174ff", "0103eda0bd00", "02", "0201", "030000", "00010180",
	} {
		var p crdt.RelativePosition
		if err := p.UnmarshalBinary(unhex(t, in)); !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("%s is read as %+v, %v", in, p, err)
		}
	}
	if b, err := (crdt.RelativePosition{}).MarshalBinary(); err == nil {
		t.Errorf("a position nowhere is written %x", b)
	}
}

func TestRelativePosition_BytesWithoutAssoc(t *testing.T) {
	for in, want := range map[string]crdt.RelativePosition{
		"000102":       {Item: &crdt.ID{Client: 1, Clock: 2}},
		"020102":       {Type: &crdt.ID{Client: 1, Clock: 2}},
		"02010241":     {Type: &crdt.ID{Client: 1, Clock: 2}, Assoc: -1},
		"0001028001":   {Item: &crdt.ID{Client: 1, Clock: 2}, Assoc: 64},
		"000102c08001": {Item: &crdt.ID{Client: 1, Clock: 2}, Assoc: -8192},
	} {
		var p crdt.RelativePosition
		if err := p.UnmarshalBinary(unhex(t, in)); err != nil || !reflect.DeepEqual(p, want) {
			t.Errorf("%s is read as %+v, %v", in, p, err)
		}
	}
}

func TestResolve_FollowsTheUnit(t *testing.T) {
	doc, text := monaco(t)
	before, after := text.RelativePosition(2, -1), text.RelativePosition(2, 0) // behind b, in front of c
	end, start := text.RelativePosition(3, 0), text.RelativePosition(0, -1)
	want := func(what string, indexes ...int) {
		t.Helper()
		for i, p := range []crdt.RelativePosition{before, after, end, start} {
			if index, ok := doc.Resolve(p); index != indexes[i] || !ok {
				t.Errorf("%s: %+v is at %d, %v, not at %d", what, p, index, ok, indexes[i])
			}
		}
	}
	want("as made", 2, 2, 3, 0)
	mustEdit(t, text.Insert(2, "👾"))
	want("inserted there", 2, 4, 5, 0)
	mustEdit(t, text.Insert(0, ">"))
	want("inserted before", 3, 5, 6, 0)
	mustEdit(t, text.Delete(2, 1)) // b
	want("the left deleted", 2, 4, 5, 0)
	mustEdit(t, text.Delete(4, 1)) // c
	want("the right deleted", 2, 4, 4, 0)
	mustEdit(t, text.Delete(0, 4))
	want("all deleted", 0, 0, 0, 0)
}

func TestResolve_InTheMiddleOfAPair(t *testing.T) {
	doc, text := newText(1)
	mustEdit(t, text.Insert(0, "a👾b"))
	p := text.RelativePosition(2, 0)
	if index, ok := doc.Resolve(p); index != 2 || !ok || text.String() != "a👾b" {
		t.Errorf("%+v is at %d, %v in %q", p, index, ok, text)
	}
}

func TestResolve_UnknownAndCollected(t *testing.T) {
	doc := crdt.NewDoc(crdt.WithClientID(9))
	// Client 1 has collected units, then a nested text with two units; client
	// 2 a nested text that is deleted.
	mustEdit(t, doc.ApplyUpdate(wire(2,
		1, 2, 0, info(0x27), 1, "m", "k", 2,
		3, 1, 0, info(0), 2, info(7), 1, "t", 2, info(4), 0, 1, 2, "xy",
		1, 2, 1, 0, 1), nil))
	mustEdit(t, crdt.Check(doc))
	for _, test := range []struct {
		name  string
		p     crdt.RelativePosition
		index int
		ok    bool
	}{
		{"unknown client", crdt.RelativePosition{Item: &crdt.ID{Client: 7}}, 0, false},
		{"unknown clock", crdt.RelativePosition{Item: &crdt.ID{Client: 1, Clock: 5}}, 0, false},
		{"unknown type", crdt.RelativePosition{Type: &crdt.ID{Client: 1, Clock: 5}}, 0, false},
		{"collected unit", crdt.RelativePosition{Item: &crdt.ID{Client: 1, Clock: 1}}, 0, false},
		{"collected type", crdt.RelativePosition{Type: &crdt.ID{Client: 1}}, 0, false},
		{"deleted type", crdt.RelativePosition{Type: &crdt.ID{Client: 2}}, 0, false},
		{"no type", crdt.RelativePosition{Type: &crdt.ID{Client: 1, Clock: 3}}, 0, false},
		{"nowhere", crdt.RelativePosition{}, 0, false},
		{"the type itself", crdt.RelativePosition{Item: &crdt.ID{Client: 1, Clock: 2}, Assoc: -1}, 1, true},
		{"within a nested text", crdt.RelativePosition{Item: &crdt.ID{Client: 1, Clock: 4}}, 1, true},
		{"the end of a nested text", crdt.RelativePosition{Type: &crdt.ID{Client: 1, Clock: 2}}, 2, true},
		{"the start of a nested text", crdt.RelativePosition{Type: &crdt.ID{Client: 1, Clock: 2}, Assoc: -1}, 0, true},
		{"the name is not looked at", crdt.RelativePosition{Item: &crdt.ID{Client: 1, Clock: 4}, Name: new("other")}, 1, true},
	} {
		if index, ok := doc.Resolve(test.p); index != test.index || ok != test.ok {
			t.Errorf("%s: %d, %v, not %d, %v", test.name, index, ok, test.index, test.ok)
		}
	}
	state := doc.EncodeStateAsUpdate(nil)
	doc.Resolve(crdt.RelativePosition{Name: new("never heard of")})
	if got := doc.EncodeStateAsUpdate(nil); string(got) != string(state) {
		t.Errorf("asking made the state %x", got)
	}
}

func TestTextResolve_OnlyItsOwnPositions(t *testing.T) {
	doc := crdt.NewDoc()
	mine, other := doc.Text("mine"), doc.Text("other")
	for _, text := range []*crdt.Text{mine, other} {
		if err := text.Insert(0, "abc"); err != nil {
			t.Fatal(err)
		}
	}
	for _, assoc := range []int{0, -1} {
		for index := range 4 {
			if got, ok := mine.Resolve(mine.RelativePosition(index, assoc)); got != index || !ok {
				t.Errorf("%d by %d of its own is at %d, %v", index, assoc, got, ok)
			}
			if _, ok := mine.Resolve(other.RelativePosition(index, assoc)); ok {
				t.Errorf("%d by %d of another text is in it", index, assoc)
			}
		}
	}
	for what, p := range map[string]crdt.RelativePosition{
		"unknown":   {Item: &crdt.ID{Client: 1, Clock: 2}},
		"in a type": {Type: &crdt.ID{Client: 1, Clock: 2}},
		"nothing":   {},
	} {
		if _, ok := mine.Resolve(p); ok {
			t.Errorf("%s: it is in the text", what)
		}
	}
}

// compareCursors wants positions to be named and found as the model has them.
func (p *peer) compareCursors() {
	var last *crdt.ID
	index := 0
	for _, u := range p.model.list {
		wantAfter := index
		if !u.deleted {
			p.wantPosition(index, 0, &u.id)
			p.wantPosition(index, -1, last)
			last, wantAfter = &u.id, index+1
		}
		for assoc, want := range map[int]int{0: index, 1: index, -1: wantAfter} {
			if got, ok := p.doc.Resolve(crdt.RelativePosition{Item: &u.id, Assoc: assoc}); got != want || !ok {
				p.fatalf("unit %v is at %d, %v by %d, not at %d", u.id, got, ok, assoc, want)
			}
		}
		index = wantAfter
	}
	p.wantPosition(index, 0, nil)
	p.wantPosition(index, -1, last)
}

func (p *peer) wantPosition(index, assoc int, item *crdt.ID) {
	if got := p.text.RelativePosition(index, assoc); got.Name == nil || *got.Name != sharedText || !sameID(got.Item, item) || got.Assoc != assoc {
		p.fatalf("position %d, %d is %+v, not at %v", index, assoc, got, item)
	}
}
