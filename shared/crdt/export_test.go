package crdt

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/lib0"
)

// JSON returns what the root type of that name is as JSON values: the "map" of
// its keys or the "array" of its list. Nested types are followed, so it is for
// documents that the test knows to be shallow.
func JSON(d *Doc, root, kind string) any {
	return d.valueOf(d.root([]byte(root)), kind)
}

// UseSmallLeaves lets documents of the test have leaves of a few items, so that
// small documents have many.
func UseSmallLeaves(t *testing.T) {
	items, text := leafItems, leafText
	leafItems, leafText = 5, 40
	t.Cleanup(func() { leafItems, leafText = items, text })
}

// The numbers of nested types that are read as something else than an array.
const (
	typeMap  = 1
	typeText = 2
)

func (d *Doc) valueOf(b int32, kind string) any {
	br := &d.branches.slots[b]
	if kind == "map" {
		values := map[string]any{}
		for key, s := range br.keys {
			if it := &d.items.slots[d.sequences.slots[s].last]; !it.deleted() {
				elements := d.elements(d.sequences.slots[s].last)
				values[key] = elements[len(elements)-1]
			}
		}
		return values
	}
	values := []any{}
	var text strings.Builder
	if br.list >= 0 {
		for x := d.sequences.slots[br.list].head; x != none; x = d.items.slots[x].right {
			it := &d.items.slots[x]
			if it.visible() {
				if it.kind == kindString && !it.inRope() {
					text.Write(d.payloads.slots[it.size].data)
				}
				values = append(values, d.elements(x)...)
			}
		}
	}
	if kind == "text" {
		return text.String()
	}
	return values
}

// elements returns the values of an item, one for each unit.
func (d *Doc) elements(x itemRef) (values []any) {
	it := &d.items.slots[x]
	switch it.kind {
	case kindType:
		p := &d.payloads.slots[it.size]
		r := lib0.NewReader(p.data)
		switch r.Uvarint() {
		case typeMap:
			return []any{d.valueOf(p.branch, "map")}
		case typeText:
			return []any{d.valueOf(p.branch, "text")}
		}
		return []any{d.valueOf(p.branch, "array")}
	case kindString:
		if it.inRope() {
			return []any{string(d.textOf(x))}
		}
		return []any{string(d.payloads.slots[it.size].data)}
	default:
		for i := range it.len {
			values = append(values, lastValue(it.kind, i+1, d.payloads.slots[it.size].data))
		}
		return values
	}
}
