package wsrelay

import (
	"bytes"
	"errors"
	"strings"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/room"
	"github.com/tutti-live/tutti/wsrelay/bridge"
)

// document is a room's Yjs document with what the relay has to know about it:
// its text at each version, and which changes of it are not in the log yet. It
// is guarded by its room's mutex.
type document struct {
	doc     *crdt.Doc
	text    *crdt.Text
	name    string         // of the root type that is the text
	history bridge.History // of the text; its version is the room's
	author  string         // of the last change of the text

	cached        string // the text
	cachedVersion int64  // of cached; -1 before there is one
	lines         lines  // of the text
	linesVersion  int64  // of lines; -1 before there are any

	changes   int64  // counts the changes of all of it
	listeners int    // Yjs clients that are to be told of them
	untold    []edit // what they were not told yet
	measured  int    // bytes of the document when that was last looked at
	grown     int    // bytes of the updates of Yjs clients since

	adopter     uint64 // who adopted a text that is in it
	adoptedText string // which that was; "": none, or it is not known

	unsaved      [][]byte // updates made here that are neither in the log nor on their way, oldest first
	unsavedBytes int
	collapseAt   int // bytes of unsaved at which it is made one update
}

// origin is what a change of the document comes from.
type origin struct {
	author string   // the person; "" when it is not known
	log    bool     // it was read from the log, and so stands there
	client *session // that sent it as an update; nil: none did
}

// edit is a change of the document as an update, and who needs not be told.
type edit struct {
	update []byte
	from   *session
}

// collapseBytes is how much may be unsaved before it is made one update: while
// Redis is away, what waits is bounded by the document, not by time.
const collapseBytes = 256 << 10

func newDocument(textName string) *document {
	d := &document{doc: crdt.NewDoc(), name: textName, cachedVersion: -1, linesVersion: -1, collapseAt: collapseBytes}
	d.text = d.doc.Text(textName)
	d.doc.OnUpdate(d.changed)
	return d
}

// changed notes a change of the document. It is called by the document itself.
func (d *document) changed(update []byte, from any, changes []crdt.TextChange) {
	where, _ := from.(origin)
	for _, change := range changes {
		if change.Name == d.name {
			d.history.Add(bridge.FromDelta(change.Delta))
			d.author = strings.Clone(where.author) // which may be a part of a long message
		}
	}
	d.changes++
	if where.log && d.listeners == 0 {
		return
	}
	update = bytes.Clone(update)
	if !where.log {
		d.save(update)
	}
	if d.listeners > 0 {
		d.untold = append(d.untold, edit{update, where.client})
	}
}

// rename makes another root type the text. What is in the old one moves along if
// it is to.
func (d *document) rename(name string, move bool) error {
	old, before := d.text, d.String()
	d.name, d.text = "", d.doc.Text(name) // what changes meanwhile is seen at the end
	var err error
	if move && before != "" {
		err = d.doc.Transact(origin{}, func() error {
			return errors.Join(old.Delete(0, old.Len()), d.text.Insert(0, before))
		})
	}
	d.name = name
	if after := d.text.String(); after != before {
		d.author = ""
		d.history.Add(bridge.Diff(before, after))
	}
	return err
}

// save has an update written to the log.
func (d *document) save(update []byte) {
	d.unsaved = append(d.unsaved, update)
	d.unsavedBytes += len(update)
}

// version counts the changes of the text.
func (d *document) version() int64 { return d.history.Version() }

// String returns the text.
func (d *document) String() string {
	if d.cachedVersion != d.version() {
		d.cached, d.cachedVersion = d.text.String(), d.version()
	}
	return d.cached
}

// place is where an index of the text is: a line and a column, both from 1.
func (d *document) place(index int) (line, column int) {
	d.readLines()
	return d.lines.place(index)
}

// index is the index of a place, which is taken into the text.
func (d *document) index(line, column int) int {
	d.readLines()
	return d.lines.index(line, column)
}

func (d *document) readLines() {
	if d.linesVersion != d.version() {
		d.lines, d.linesVersion = linesOf(d.String()), d.version()
	}
}

// edit changes the text as somebody here wants it.
func (d *document) edit(change bridge.Change, author string) error {
	err := d.doc.Transact(origin{author: author}, func() error { return d.text.ApplyDelta(change.Delta()) })
	return d.bounded(err)
}

// bounded makes what is unsaved one update if a change that went well made it much.
func (d *document) bounded(err error) error {
	if err == nil && d.unsavedBytes > d.collapseAt {
		d.collapse()
	}
	return err
}

// take brings in entries of the log. What cannot be read is skipped, so that
// nobody can keep a room from being used by writing nonsense into its log;
// skipped counts it. It fails only when the document itself is broken.
func (d *document) take(entries []room.Entry) (skipped int, err error) {
	for _, e := range entries {
		if e.Kind != room.KindUpdate && e.Kind != room.KindSnapshot || e.Payload == "" {
			continue // the channel tells that there is a snapshot, and not what is in it
		}
		// What waited for this entry may be taken in with it, and is not in the log.
		from := origin{author: e.Author, log: !d.doc.HasPending()}
		switch err := d.doc.Load([]byte(e.Payload), from); {
		case errors.Is(err, crdt.ErrBroken):
			return skipped, err
		case err != nil:
			skipped++
		case e.Kind == room.KindSnapshot:
			if err := d.noteAdopted(); err != nil {
				return skipped, err
			}
		}
	}
	return skipped, nil
}

// isFull reports whether an update of so many bytes may make the document larger
// than a limit. It measures it when it has grown by more than what is left.
func (d *document) isFull(update, limit int) bool {
	if d.grown += update; d.measured+d.grown <= limit {
		return false
	}
	d.measured, d.grown = len(d.state()), update
	return d.measured+d.grown > limit
}

// update brings in what a Yjs client did, or in answer to what it was asked for.
func (d *document) update(update []byte, answer bool, from *session) error {
	where := origin{author: from.id, client: from}
	if d.doc.HasPending() { // what others sent may be taken in with it
		where.client = nil
	}
	var twins []bridge.Range
	if answer {
		twins = d.twins(update)
	}
	waits := d.doc.Waits()
	if err := d.doc.ApplyUpdate(update, where); err != nil {
		return err
	}
	if d.doc.Waits() > waits { // nobody was told of what waits, and it is to be kept too
		d.save(bytes.Clone(update))
	}
	return d.bounded(d.dropTwins(twins))
}

// state is the whole document as one update.
func (d *document) state() []byte { return d.doc.EncodeStateAsUpdate(nil) }

// batchBytes is how much of what is unsaved goes into one entry of the log:
// more is sent in several, so that one slow entry does not hold up all.
const batchBytes = 64 << 10

// nextBatch takes what is to be saved next, as one update; nil when nothing is
// unsaved.
func (d *document) nextBatch() []byte {
	n, size := 0, 0
	for n < len(d.unsaved) && (n == 0 || size+len(d.unsaved[n]) <= batchBytes) {
		size += len(d.unsaved[n])
		n++
	}
	if n == 0 {
		return nil
	}
	batch := merge(d.unsaved[:n])
	d.unsaved, d.unsavedBytes = d.unsaved[n:], d.unsavedBytes-size
	if len(d.unsaved) == 0 {
		d.unsaved, d.collapseAt = nil, collapseBytes // lets go of the array, which may have been long
	}
	return batch
}

// collapse makes all that is unsaved one update, which is at most the whole document.
func (d *document) collapse() {
	merged := merge(d.unsaved)
	if state := d.state(); len(state) < len(merged) {
		merged = state
	}
	d.unsaved, d.unsavedBytes = [][]byte{merged}, len(merged)
	d.collapseAt = 2*len(merged) + collapseBytes
}

// merge makes one update of several of our own.
func merge(updates [][]byte) []byte {
	if len(updates) == 1 {
		return updates[0]
	}
	merged, err := crdt.MergeUpdates(updates...)
	if err != nil { // they were written by this process
		panic(err)
	}
	return merged
}

// replica is what a log says, made into a document of its own.
type replica struct {
	state   []byte
	vector  []byte
	clients crdt.StateVector
}

// replicaOf reads entries as document.take does.
func replicaOf(entries []room.Entry, textName string) (_ replica, skipped int, err error) {
	d := newDocument(textName)
	if skipped, err = d.take(entries); err != nil {
		return replica{}, skipped, err
	}
	vector := d.doc.EncodeStateVector()
	clients, err := crdt.DecodeStateVector(vector)
	return replica{state: d.state(), vector: vector, clients: clients}, skipped, err
}

// reconcile brings the document and a log to the same: what the log has beyond
// the document is taken in, and what the document has beyond the log is saved.
// A text that was adopted from the room's code by somebody who did not know of
// this document would stand there twice, so it is deleted.
func (d *document) reconcile(log replica) error {
	known, err := crdt.DecodeStateVector(d.doc.EncodeStateVector())
	if err != nil {
		return err
	}
	if err := d.doc.Load(log.state, origin{log: true}); err != nil {
		return err
	}
	theirs := adopted(log.clients, known)
	if len(theirs) == 0 { // then it may be ours that stands there twice
		theirs = adopted(known, log.clients)
	}
	if err := d.drop(theirs); err != nil {
		return err
	}
	if !bytes.Equal(d.state(), log.state) {
		d.save(d.doc.EncodeStateAsUpdate(log.vector))
	}
	return nil
}
