package crdt

import (
	"encoding/json"
	"errors"

	"github.com/tutti-live/tutti/shared/lib0"
)

// RelativePosition is a position in a text that stays with the unit next to it
// when others edit: how editors send each other their cursors. Item is that
// unit, or nil at the end (Assoc >= 0) or beginning (Assoc < 0) of the type,
// which is a root if Name is set and otherwise nested, in the item Type.
// With Assoc >= 0 the position is before its unit, otherwise behind it.
type RelativePosition struct {
	Type  *ID
	Name  *string
	Item  *ID
	Assoc int
}

// RelativePosition returns the relative position of an index, which is taken
// into the range of the text.
func (t *Text) RelativePosition(index, assoc int) RelativePosition {
	d := t.doc
	name := d.nameOf(t.list)
	p := RelativePosition{Name: &name, Assoc: assoc}
	index = max(0, min(index, t.Len()))
	if assoc >= 0 {
		index++ // the unit behind
	}
	if index == 0 || index > t.Len() {
		return p
	}
	x, within := d.seek(t.rope(), index)
	it := &d.items.slots[x]
	u := d.publicID(id{it.client, it.clock + uint32(within) - 1})
	p.Item = &u
	return p
}

// Resolve returns where in its text a relative position is now. It is not ok
// while the document lacks the unit that it stays with, and when the text of
// that unit was deleted as a whole.
func (d *Doc) Resolve(p RelativePosition) (index int, ok bool) {
	switch {
	case p.Item != nil:
		x, found := d.lookup(*p.Item)
		if !found || d.items.slots[x].kind == kindGC {
			return 0, false
		}
		return d.indexOf(x, p), true
	case p.Name != nil:
		b, found := d.roots[*p.Name]
		if !found || p.Assoc < 0 {
			return 0, true
		}
		return d.length(b), true
	case p.Type != nil:
		x, found := d.lookup(*p.Type)
		if !found || d.items.slots[x].kind != kindType {
			return 0, false
		}
		if p.Assoc < 0 {
			return 0, true
		}
		return d.length(d.payloads.slots[d.items.slots[x].size].branch), true
	default:
		return 0, false
	}
}

// Resolve is [Doc.Resolve] for positions in this text. It is not ok for those in
// another type, nested ones included.
func (t *Text) Resolve(p RelativePosition) (index int, ok bool) {
	d := t.doc
	switch {
	case p.Item != nil:
		x, found := d.lookup(*p.Item)
		ok = found && d.items.slots[x].kind != kindGC && d.sequenceOf(&d.items.slots[x]) == t.list
	case p.Name != nil:
		ok = *p.Name == d.nameOf(t.list)
	}
	if !ok {
		return 0, false
	}
	return d.Resolve(p)
}

// lookup returns the item that holds a unit, if it is known.
func (d *Doc) lookup(u ID) (x itemRef, found bool) {
	c, found := d.clientIndex(u.Client)
	if !found || u.Clock >= d.clients[c].next {
		return none, false
	}
	return d.at(id{c, u.Clock}), true
}

// indexOf returns the index of the position that stays with a unit of item x.
func (d *Doc) indexOf(x itemRef, p RelativePosition) (index int) {
	it := &d.items.slots[x]
	owner := d.branches.slots[d.sequences.slots[d.sequenceOf(it)].branch].item
	if owner != none && d.items.slots[owner].deleted() {
		return 0
	}
	if it.visible() {
		index = int(p.Item.Clock - it.clock)
		if p.Assoc < 0 {
			index++
		}
	}
	if it.inRope() {
		return index + d.position(x)
	}
	for y := it.left; y != none; y = d.items.slots[y].left {
		if l := &d.items.slots[y]; l.visible() {
			index += int(l.len)
		}
	}
	return index
}

// length is the number of units in the list of a branch.
func (d *Doc) length(b int32) (units int) {
	s := d.branches.slots[b].list
	if s < 0 {
		return 0
	}
	seq := &d.sequences.slots[s]
	if seq.rope != nil {
		return seq.rope.units
	}
	for x := seq.head; x != none; x = d.items.slots[x].right {
		if it := &d.items.slots[x]; it.visible() {
			units += int(it.len)
		}
	}
	return units
}

// positionJSON is a relative position as the class of Yjs is written in JSON,
// which is what awareness states hold.
type positionJSON struct {
	Type  *ID     `json:"type"`
	Name  *string `json:"tname"`
	Item  *ID     `json:"item"`
	Assoc int     `json:"assoc"`
}

// MarshalJSON writes the JSON of the class in Yjs, nulls included.
func (p RelativePosition) MarshalJSON() ([]byte, error) { return json.Marshal(positionJSON(p)) }

// UnmarshalJSON reads what MarshalJSON and the relativePositionToJSON of Yjs
// write: a field may be null or absent.
func (p *RelativePosition) UnmarshalJSON(b []byte) error {
	var j positionJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return malformed("relative position: %w", err)
	}
	*p = RelativePosition(j)
	return nil
}

// The first byte of a relative position in binary.
const (
	positionItem = iota
	positionRoot
	positionType
)

var errNoPosition = errors.New("neither an item nor a type")

// MarshalBinary writes what encodeRelativePosition of Yjs does. The binary form
// of a position with an item leaves out its type.
func (p RelativePosition) MarshalBinary() ([]byte, error) {
	var b []byte
	switch {
	case p.Item != nil:
		b = appendID(append(b, positionItem), *p.Item)
	case p.Name != nil:
		b = lib0.AppendString(append(b, positionRoot), *p.Name)
	case p.Type != nil:
		b = appendID(append(b, positionType), *p.Type)
	default:
		return nil, malformed("relative position: %w", errNoPosition)
	}
	return lib0.AppendVarint(b, int64(p.Assoc)), nil
}

func appendID(b []byte, u ID) []byte {
	return lib0.AppendUvarint(lib0.AppendUvarint(b, u.Client), uint64(u.Clock))
}

// UnmarshalBinary reads what MarshalBinary writes. The association may be
// missing, as in versions of Yjs that had none.
func (p *RelativePosition) UnmarshalBinary(b []byte) error {
	r := lib0.NewReader(b)
	var q RelativePosition
	switch r.Uvarint() {
	case positionItem:
		q.Item = readPublicID(&r)
	case positionRoot:
		name := r.String()
		q.Name = &name
	case positionType:
		q.Type = readPublicID(&r)
	default:
		r.Fail(errNoPosition)
	}
	if r.Len() > 0 {
		q.Assoc = int(r.Varint())
	}
	if err := r.Err(); err != nil {
		return malformed("relative position: %w", err)
	}
	*p = q
	return nil
}

func readPublicID(r *lib0.Reader) *ID {
	client, clock := r.Uvarint(), r.Uvarint()
	if clock > maxClock {
		r.Fail(errClock)
	}
	return &ID{client, uint32(clock)}
}
