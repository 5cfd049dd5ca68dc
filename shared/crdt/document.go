package crdt

import (
	"math/rand/v2"
	"slices"

	"github.com/tutti-live/tutti/shared/lib0"
)

// Doc is one replica of a document. It is not safe for concurrent use, not even
// for several who only read: finding positions and writing states keep notes.
type Doc struct {
	clientID uint64
	limits   *Limits

	clients      []client
	clientsIndex map[uint64]uint32 // once there are more than fewClients
	byID         []uint32          // clients, the largest id first; see clientsByID

	items     slab[item]
	payloads  slab[payload]
	branches  slab[branch]
	sequences slab[sequence]
	leaves    slab[leaf]
	roots     map[string]int32 // branches by name

	pending   *pending
	waits     int64 // counts the updates of which a part had to wait
	observers []*observer
	watched   bool         // some root was asked for as a text
	tx        *transaction // the open one
	broken    bool         // see ErrBroken
}

// Option configures a document.
type Option func(*Doc)

// WithClientID sets the id under which the document makes its own edits. It
// must be unused by all other replicas there are or were: two that share an id
// overwrite each other. It has 53 bits, as many as JavaScript can count; those
// above are ignored.
func WithClientID(id uint64) Option {
	return func(d *Doc) { d.clientID = id & lib0.MaxSafeInteger }
}

// WithLimits sets what the document accepts from updates.
func WithLimits(l Limits) Option {
	return func(d *Doc) {
		if l.StructLen == 0 {
			l.StructLen = defaultLimits.StructLen
		}
		if l.DeleteRanges == 0 {
			l.DeleteRanges = defaultLimits.DeleteRanges
		}
		if l.PendingBytes == 0 {
			l.PendingBytes = defaultLimits.PendingBytes
		}
		if l.PendingRanges == 0 {
			l.PendingRanges = defaultLimits.PendingRanges
		}
		if l.AnyDepth == 0 {
			l.AnyDepth = defaultLimits.AnyDepth
		}
		d.limits = &l
	}
}

// NewDoc returns an empty document. Without [WithClientID] its client id is a
// random one of 32 bits, as Yjs draws them.
func NewDoc(options ...Option) *Doc {
	d := &Doc{clientID: randomClientID(), limits: &defaultLimits}
	for _, option := range options {
		option(d)
	}
	return d
}

func randomClientID() uint64 {
	return uint64(rand.Uint32()) //nolint:gosec // ids must differ, they are no secret
}

// ClientID is the id of the document's own edits. It changes when an update
// shows that someone else uses it.
func (d *Doc) ClientID() uint64 { return d.clientID }

// observer is one function that OnUpdate was given.
type observer struct {
	f func(update []byte, origin any, changes []TextChange)
}

// OnUpdate lets f be called after every change of the document: with an update
// that brings it to other replicas, with the origin that the change was made
// with, and with what it did to the texts that were asked for with [Doc.Text].
// An update that brought nothing new, or nothing that could be used yet, is not
// told. update and changes are valid until f returns and must not be changed,
// and f must not edit the document. stop ends the calls, from the next change on.
func (d *Doc) OnUpdate(f func(update []byte, origin any, changes []TextChange)) (stop func()) {
	o := &observer{f}
	d.observers = append(slices.Clip(d.observers), o)
	return func() {
		var left []*observer
		for _, other := range d.observers {
			if other != o {
				left = append(left, other)
			}
		}
		d.observers = left
	}
}

// HasPending tells whether updates or deletions wait for others that have not
// arrived. Whoever sent them should be asked for what is missing.
func (d *Doc) HasPending() bool { return d.pending != nil }

// Waits counts the updates of which a part had to wait so far: when it grows, what
// was brought last cannot all be told by OnUpdate yet.
func (d *Doc) Waits() int64 { return d.waits }
