package wsrelay

import (
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
	"github.com/tutti-live/tutti/shared/room"
	"github.com/tutti-live/tutti/wsrelay/bridge"
)

// A room whose log Redis lost, and which no relay holds any more, comes back with
// the text that its view has: it is adopted (room.Store.Adopt). Whoever still has
// the document of before, another relay or the page of a Yjs client, brings the
// same text once more, so then the adopted one is deleted.

// adopted are those clients that adopted a text which another document does not know.
func adopted(clients, other crdt.StateVector) crdt.StateVector {
	unknown := make(crdt.StateVector)
	for client, clock := range clients {
		if _, known := other[client]; room.IsAdopted(client) && !known {
			unknown[client] = clock
		}
	}
	return unknown
}

// noteAdopted remembers who adopted a text that is in the document, and which it
// was, if nothing has come to it yet.
func (d *document) noteAdopted() error {
	clients, err := crdt.DecodeStateVector(d.doc.EncodeStateVector())
	if err != nil {
		return err
	}
	if d.adopted = adopted(clients, nil); len(d.adopted) > 0 && (d.adoptedText == "" || len(clients) == 1) {
		d.adoptedText = d.String()
	}
	return nil
}

// twin is how much of an adopted text must be in a document that does not know of
// the adoption, for it to be the one of before: much may have been deleted since
// the view was written, but who just came has next to nothing of it.
const twin = 0.3

// twins are those who adopted a text that is, by other clients, in an update too,
// which must be a whole document: those of who comes back are.
func (d *document) twins(update []byte) crdt.StateVector {
	if len(d.adopted) == 0 {
		return nil
	}
	before := newDocument(d.name)
	if before.doc.ApplyUpdate(update, nil) != nil || before.doc.HasPending() {
		return nil
	}
	clients, err := crdt.DecodeStateVector(before.doc.EncodeStateVector())
	if err != nil || bridge.Diff(d.adoptedText, before.text.String()).Shared(d.adoptedText) < twin {
		return nil
	}
	return adopted(d.adopted, clients)
}

// drop deletes what clients wrote.
func (d *document) drop(clients crdt.StateVector) error {
	for client, clock := range clients {
		if err := d.doc.Load(deletion(client, clock), origin{}); err != nil {
			return err
		}
	}
	return nil
}

// deletion is the update that deletes all that a client wrote up to a clock: no
// structs, and a delete set of one client with one range.
func deletion(client uint64, clock uint32) []byte {
	b := lib0.AppendUvarint(nil, 0)
	b = lib0.AppendUvarint(b, 1)
	b = lib0.AppendUvarint(b, client)
	b = lib0.AppendUvarint(b, 1)
	b = lib0.AppendUvarint(b, 0)
	return lib0.AppendUvarint(b, uint64(clock))
}
