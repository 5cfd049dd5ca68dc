package crdt

import (
	"errors"
	"testing"
)

func TestApplyUpdate_FaultWithin_LeavesAnErrorNotALock(t *testing.T) {
	other := NewDoc(WithClientID(1))
	text := other.Text("t")
	var updates [][]byte
	other.OnUpdate(func(update []byte, _ any, _ []TextChange) { updates = append(updates, append([]byte(nil), update...)) })
	for _, s := range []string{"a", "b"} {
		if err := text.Insert(text.Len(), s); err != nil {
			t.Fatal(err)
		}
	}
	doc := NewDoc()
	if err := doc.ApplyUpdate(updates[0], nil); err != nil {
		t.Fatal(err)
	}
	doc.items.slots = nil // as a fault would leave it
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the fault went unseen")
			}
		}()
		t.Error(doc.ApplyUpdate(updates[1], nil))
	}()
	if err := doc.ApplyUpdate(updates[1], nil); !errors.Is(err, ErrBroken) {
		t.Errorf("an update: %v", err)
	}
	if err := doc.Transact(nil, func() error { return nil }); !errors.Is(err, ErrBroken) {
		t.Errorf("an edit: %v", err)
	}
}
