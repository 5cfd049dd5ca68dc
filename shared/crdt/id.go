package crdt

// ID names one unit of a document for ever: the clock-th unit (from 0) that a
// client made.
type ID struct {
	Client uint64 `json:"client"` // at most 2^53-1
	Clock  uint32 `json:"clock"`
}

// id is an ID whose client is an index into Doc.clients.
type id struct {
	client uint32
	clock  uint32
}

// noClient is the client of an id that is not there.
const noClient = ^uint32(0)

var noID = id{client: noClient}
