package crdt

import "github.com/tutti-live/tutti/shared/lib0"

// Array is a root type read as an array.
type Array struct {
	doc  *Doc
	list int32 // its sequence
}

// Array returns the root type of that name as an array.
func (d *Doc) Array(name string) *Array { return &Array{d, d.listOf(d.root([]byte(name)))} }

// Values returns all values, as [Map.Get] does. Text that stands between them is
// one value for each piece that was written in one go.
func (a *Array) Values() []any {
	var values []any
	for _, slot := range a.doc.sequences.slots[a.list].rope.order {
		l, offset := &a.doc.leaves.slots[slot], uint32(0)
		for _, x := range l.items {
			it := &a.doc.items.slots[x]
			text := l.text[offset : offset+it.textSize()]
			offset += it.textSize()
			switch {
			case !it.visible():
			case it.kind == kindString:
				values = append(values, string(text))
			default:
				r := lib0.NewReader(a.doc.payloads.slots[it.size].data)
				for range it.len {
					values = append(values, readValue(&r, it.kind))
				}
			}
		}
	}
	return values
}
