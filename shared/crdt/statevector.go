package crdt

import (
	"slices"

	"github.com/tutti-live/tutti/shared/lib0"
)

// StateVector tells, for each client, the clock that is expected next: how
// much of that client's work is known. It says nothing about deletions.
type StateVector map[uint64]uint32

// DecodeStateVector reads a state vector as [Doc.EncodeStateVector] writes it.
// A clock above what a document can hold counts as the largest.
func DecodeStateVector(b []byte) (StateVector, error) {
	r := lib0.NewReader(b)
	n := r.Uvarint()
	if n > uint64(r.Len()/2) { // each client takes two bytes or more
		return nil, malformed("state vector: %w", lib0.ErrTruncated)
	}
	sv := make(StateVector, n)
	for ; n > 0; n-- {
		client, clock := r.Uvarint(), r.Uvarint()
		sv[client] = uint32(min(clock, maxClock))
	}
	if err := r.Err(); err != nil {
		return nil, malformed("state vector: %w", err)
	}
	return sv, nil
}

// Encode writes sv, the largest client first, as Yjs does.
func (sv StateVector) Encode() []byte {
	clients := make([]uint64, 0, len(sv))
	for client := range sv {
		clients = append(clients, client)
	}
	slices.Sort(clients)
	slices.Reverse(clients)
	b := lib0.AppendUvarint(nil, uint64(len(clients)))
	for _, client := range clients {
		b = lib0.AppendUvarint(b, client)
		b = lib0.AppendUvarint(b, uint64(sv[client]))
	}
	return b
}

// EncodeStateVector returns what the document knows, to be sent to a peer who
// answers with what it lacks. What is pending does not count as known.
func (d *Doc) EncodeStateVector() []byte {
	clients := d.clientsByID()
	b := lib0.AppendUvarint(make([]byte, 0, 1+len(clients)*10), uint64(len(clients)))
	for _, c := range clients {
		b = lib0.AppendUvarint(b, d.clients[c].id)
		b = lib0.AppendUvarint(b, uint64(d.clients[c].next))
	}
	return b
}
