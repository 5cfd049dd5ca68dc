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

// noteAdopted remembers who adopted the text of the document, if that is all that
// is in it yet.
func (d *document) noteAdopted() error {
	clients, err := crdt.DecodeStateVector(d.doc.EncodeStateVector())
	if err != nil || len(clients) != 1 {
		return err
	}
	for client := range adopted(clients, nil) {
		d.adopter, d.adoptedText = client, d.String()
	}
	return nil
}

// twin is how much of an adopted text must be in a document that does not know of
// the adoption, for it to be the one of before: much may have been deleted since
// the view was written, but who just came has next to nothing of it.
const twin = 0.3

// twins is what an adopter wrote that is, by other clients, in a client's answer
// too: this must be a whole document, as those of who comes back are. What is only
// in the adopted text may be there nowhere else, so it is none of it.
func (d *document) twins(update []byte) (ranges []bridge.Range) {
	if d.adoptedText == "" {
		return nil
	}
	before := newDocument(d.name)
	if before.doc.ApplyUpdate(update, nil) != nil || before.doc.HasPending() {
		return nil
	}
	clients, err := crdt.DecodeStateVector(before.doc.EncodeStateVector())
	if _, knows := clients[d.adopter]; knows || err != nil {
		return nil
	}
	all, _ := lib0.UTF16Len([]byte(d.adoptedText))
	kept := 0
	ranges = bridge.Diff(d.adoptedText, before.text.String()).Kept(d.adoptedText)
	for _, r := range ranges {
		kept += r.N
	}
	if float64(kept) < twin*float64(all) {
		return nil
	}
	return ranges
}

// dropTwins deletes what an adopter wrote and somebody brought once more. The
// adopter wrote nothing but its text, so the clock of a unit is its place there.
func (d *document) dropTwins(ranges []bridge.Range) error {
	if len(ranges) == 0 {
		return nil
	}
	return d.doc.Load(deletion(d.adopter, ranges...), origin{})
}

// drop deletes all that clients wrote.
func (d *document) drop(clients crdt.StateVector) error {
	for client, clock := range clients {
		if err := d.doc.Load(deletion(client, bridge.Range{N: int(clock)}), origin{}); err != nil {
			return err
		}
	}
	return nil
}

// deletion is the update that deletes ranges of what a client wrote: no structs,
// and a delete set of one client.
func deletion(client uint64, ranges ...bridge.Range) []byte {
	b := lib0.AppendUvarint(nil, 0)
	b = lib0.AppendUvarint(b, 1)
	b = lib0.AppendUvarint(b, client)
	b = lib0.AppendUvarint(b, uint64(len(ranges)))
	for _, r := range ranges {
		b = lib0.AppendUvarint(b, uint64(r.At)) //nolint:gosec // places in a text
		b = lib0.AppendUvarint(b, uint64(r.N))  //nolint:gosec // as above
	}
	return b
}
