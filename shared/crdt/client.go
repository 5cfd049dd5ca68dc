package crdt

import (
	"encoding/binary"
	"slices"

	"github.com/tutti-live/tutti/shared/lib0"
)

// client is what the document holds of one client's work.
type client struct {
	id   uint64
	next uint32 // the clock expected next
	// before is next at the start of the open transaction, if it changed.
	before  uint32
	changed bool
	// wire is the id as it is written, in the first wireLen bytes, little-endian.
	wireLen uint8
	wire    uint64
	runs    []run // in order of clock, without gaps
}

// run says at which clock an item begins. Keeping the clock beside the slot
// lets a search stay within one array.
type run struct {
	clock uint32
	item  itemRef
}

// fewClients is the number up to which clients are found by looking at each.
const fewClients = 8

// clientIndex finds a client by id.
func (d *Doc) clientIndex(id uint64) (index uint32, found bool) {
	if d.clientsIndex != nil {
		if index, found = d.clientsIndex[id]; found {
			return index, true
		}
		return noClient, false
	}
	for i := range d.clients {
		if d.clients[i].id == id {
			return uint32(i), true
		}
	}
	return noClient, false
}

func (d *Doc) addClient(id uint64) uint32 {
	index := uint32(len(d.clients))
	c := client{id: id}
	var wire [8]byte // an id of 53 bits fits
	c.wireLen = uint8(len(lib0.AppendUvarint(wire[:0], id)))
	c.wire = binary.LittleEndian.Uint64(wire[:])
	d.clients = append(d.clients, c)
	switch {
	case d.clientsIndex != nil:
		d.clientsIndex[id] = index
	case len(d.clients) > fewClients:
		d.clientsIndex = make(map[uint64]uint32, 2*fewClients)
		for i := range d.clients {
			d.clientsIndex[d.clients[i].id] = uint32(i)
		}
	}
	return index
}

// clientsByID returns the indexes of all clients, the largest id first: the
// order of everything Yjs writes.
func (d *Doc) clientsByID() []uint32 {
	if len(d.byID) == len(d.clients) {
		return d.byID
	}
	for i := len(d.byID); i < len(d.clients); i++ {
		d.byID = append(d.byID, uint32(i))
	}
	slices.SortFunc(d.byID, d.compareClients)
	return d.byID
}

// state is the clock that is expected next of the client with that id.
func (d *Doc) state(id uint64) uint32 {
	if i, found := d.clientIndex(id); found {
		return d.clients[i].next
	}
	return 0
}

// find returns the index of the run that holds clock, which must be known.
func (c *client) find(clock uint32) int {
	low, high := 0, len(c.runs)-1
	if c.runs[high].clock <= clock { // most searches are for the last
		return high
	}
	for low < high {
		middle := int(uint(low+high+1) >> 1)
		if c.runs[middle].clock <= clock {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// at returns the item that holds the unit of that id, which must be known.
func (d *Doc) at(u id) itemRef {
	c := &d.clients[u.client]
	return c.runs[c.find(u.clock)].item
}

// publicID returns the name of a unit outside of this document.
func (d *Doc) publicID(u id) ID { return ID{d.clients[u.client].id, u.clock} }
