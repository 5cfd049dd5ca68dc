package crdt_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"

	"github.com/tutti-live/tutti/shared/crdt"
)

// A yjsSession does what a record says, and compares.
type yjsSession struct {
	yjsRecord
	yjsHeader
	doc     *crdt.Doc
	events  int
	changes map[string]crdt.TextChange
	emitted []byte

	follower *crdt.Doc // gets nothing but what doc emits

	wanted  []yjsText // by the last step
	updates [][]byte  // so far
	step    int
	action  string // of the step
	pending int    // steps after which something was pending
	broken  string // why yjs ended the session early
}

// A yjsDifferError says where we are not what yjs is.
type yjsDifferError struct {
	what      string
	ours, yjs any
}

func (d *yjsDifferError) Error() string {
	return fmt.Sprintf("%s\nours: %s\nyjs:  %s", d.what, spell(d.ours), spell(d.yjs))
}

func spell(value any) string {
	switch value := value.(type) {
	case []byte:
		return hex.EncodeToString(value)
	case string:
		return fmt.Sprintf("%q", value)
	default:
		return fmt.Sprintf("%+v", value)
	}
}

func same(what string, ours, yjs any) error {
	if reflect.DeepEqual(ours, yjs) {
		return nil
	}
	return &yjsDifferError{what, ours, yjs}
}

func sameBytes(what string, ours, yjs []byte) error {
	if bytes.Equal(ours, yjs) {
		return nil
	}
	return &yjsDifferError{what, ours, yjs}
}

// replayYjs goes through a record up to the first difference.
func replayYjs(record []byte, follow bool) (s *yjsSession, err error) {
	s = &yjsSession{yjsRecord: yjsRecord{record}}
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	s.yjsHeader = s.header()
	if follow {
		s.follower = crdt.NewDoc()
	}
	s.open()
	for {
		s.step++
		switch kind := s.int(); kind {
		case yjsEnd:
			s.broken = s.string()
			return s, s.compareContents()
		default:
			if err := s.do(kind); err != nil {
				return s, err
			}
		}
		if err := s.compare(); err != nil {
			return s, err
		}
	}
}

func (s *yjsSession) open() {
	s.wanted = make([]yjsText, len(s.roots))
	s.doc = crdt.NewDoc(crdt.WithClientID(s.client))
	if !s.late {
		for _, root := range s.roots {
			s.doc.Text(root) // from now on its changes are reported
		}
	}
	s.doc.OnUpdate(func(update []byte, _ any, changes []crdt.TextChange) {
		s.events++
		s.emitted = bytes.Clone(update)
		for _, change := range changes {
			change.Delta, change.Broken = slices.Clone(change.Delta), slices.Clone(change.Broken)
			s.changes[change.Name] = change
		}
	})
}

// do makes one step.
func (s *yjsSession) do(kind int) error {
	s.events, s.emitted, s.changes = 0, nil, make(map[string]crdt.TextChange)
	err := s.make(kind)
	if err != nil {
		return err
	}
	if s.events > 1 {
		return fmt.Errorf("one step emitted %d updates", s.events)
	}
	if s.follower == nil || s.events == 0 {
		return nil
	}
	if err := s.follower.ApplyUpdate(s.emitted, nil); err != nil {
		return fmt.Errorf("what was emitted, %x, cannot be applied: %w", s.emitted, err)
	}
	return nil
}

func (s *yjsSession) make(kind int) error {
	switch kind {
	case yjsApply:
		update := s.bytes()
		s.updates = append(s.updates, update)
		s.action = "update"
		return named("ApplyUpdate", s.doc.ApplyUpdate(update, nil))
	case yjsReload:
		s.client = s.uint()
		s.action = "reload"
		return s.reload()
	case yjsEdit:
		return s.edits()
	default:
		return fmt.Errorf("step of kind %d", kind)
	}
}

// reload makes the document anew from its own state.
func (s *yjsSession) reload() error {
	before := s.doc
	s.open()
	if err := s.doc.ApplyUpdate(before.EncodeStateAsUpdate(nil), nil); err != nil {
		return fmt.Errorf("loading the state: %w", err)
	}
	// When a value of a map was cut in two, which only wild updates do, its
	// second half deletes the first as it is loaded, in yjs as here. Nobody who
	// has both already hears of that from yjs either: whoever follows starts anew.
	sv := s.doc.EncodeStateVector()
	if s.follower != nil && !bytes.Equal(before.EncodeStateAsUpdate(sv), s.doc.EncodeStateAsUpdate(sv)) {
		s.follower = crdt.NewDoc()
	}
	return nil
}

func named(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// edits makes local edits of the first root: their update is what yjs makes of them.
func (s *yjsSession) edits() error {
	text := s.doc.Text(s.roots[0])
	edits := make([]yjsLocal, s.int())
	for i := range edits {
		edits[i] = s.edit()
	}
	update := s.bytes()
	s.updates = append(s.updates, update)
	s.action = fmt.Sprintf("edits %+v of %q", edits, text.String())
	if len(edits) == 1 {
		if err := edits[0].make(text); err != nil {
			return fmt.Errorf("edit: %w", err)
		}
	} else if err := s.doc.Transact(nil, func() error {
		for _, edit := range edits {
			if err := edit.make(text); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("edits: %w", err)
	}
	return sameBytes("the update of a local edit", s.emitted, update)
}

// compare compares all that a document shows.
func (s *yjsSession) compare() error {
	if err := crdt.Check(s.doc); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	for _, compare := range []func() error{s.compareState, s.compareTexts, s.compareMap, s.comparePositions, s.compareUpdates} {
		if err := compare(); err != nil {
			return err
		}
	}
	return nil
}

func (s *yjsSession) compareState() error {
	state, sv, pending := s.bytes(), s.bytes(), s.uint() == 1
	if pending {
		s.pending++
	}
	err := errors.Join(
		sameBytes("the state", s.doc.EncodeStateAsUpdate(nil), state),
		sameBytes("the state vector", s.doc.EncodeStateVector(), sv),
		same("HasPending", s.doc.HasPending(), pending),
	)
	if err != nil || s.follower == nil || pending {
		return err
	}
	return s.compareFollower(sv)
}

// compareFollower wants that who gets nothing but what is emitted knows and has
// deleted the same. Structs may be joined otherwise, and surrogate pairs be
// whole that yjs breaks when something comes twice.
func (s *yjsSession) compareFollower(sv []byte) error {
	err := errors.Join(
		crdt.Check(s.follower),
		sameBytes("the state vector of who gets what is emitted", s.follower.EncodeStateVector(), sv),
		sameBytes("the deletions of who gets what is emitted", s.follower.EncodeStateAsUpdate(sv), s.doc.EncodeStateAsUpdate(sv)),
	)
	if s.late {
		return err
	}
	for _, root := range s.roots {
		ours, theirs := withoutObjects(s.follower.Text(root)), withoutObjects(s.doc.Text(root))
		err = errors.Join(err, same("the text of who gets what is emitted", withoutPairs(ours), withoutPairs(theirs)))
	}
	return err
}

func (s *yjsSession) compareTexts() error {
	before := s.wanted
	s.wanted = nil
	for _, root := range s.roots {
		s.wanted = append(s.wanted, s.text())
		if s.late {
			continue
		}
		i := len(s.wanted) - 1
		if err := same("the delta of "+root, plainDelta(s.changes[root].Delta), s.wanted[i].delta); err != nil {
			return err
		}
		if changed, ok := before[i].changed(s.changes[root]); ok && s.wanted[i].isPlain() {
			if err := same("what the delta makes of "+root, changed, s.wanted[i].text); err != nil {
				return err
			}
		}
	}
	if s.late {
		return nil
	}
	return s.compareContents()
}

func (s *yjsSession) compareContents() error {
	for i, want := range s.wanted {
		text := s.doc.Text(s.roots[i])
		err := errors.Join(
			same("the text "+s.roots[i], withoutObjects(text), want.text),
			same("the length of "+s.roots[i], text.Len(), want.length),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *yjsSession) compareMap() error {
	keys, values := s.entries()
	m := s.doc.Map(s.mapName)
	ours := slices.Clone(m.Keys())
	slices.Sort(ours)
	if err := same("the keys", append([]string{}, ours...), append([]string{}, keys...)); err != nil {
		return err
	}
	for _, key := range keys {
		value, ok := m.Get(key)
		if !ok {
			return fmt.Errorf("Get(%q) finds nothing", key)
		}
		if want := values[key]; want != "" && value != want {
			return &yjsDifferError{"the value of " + key, value, want}
		}
	}
	return nil
}

// comparePositions asks for positions, and where positions are.
func (s *yjsSession) comparePositions() error {
	for range s.int() {
		text, index, assoc, binary, written := s.int(), s.int(), s.int()-8, s.bytes(), s.string()
		if s.late {
			continue
		}
		what := fmt.Sprintf("the position of %d, %d in text %d", index, assoc, text)
		position := s.doc.Text(s.roots[text]).RelativePosition(index, assoc)
		ours, err := position.MarshalBinary()
		asJSON, errJSON := json.Marshal(&position)
		err = errors.Join(err, errJSON, sameBytes(what, ours, binary), same(what+" in JSON", string(asJSON), written))
		if err != nil {
			return err
		}
	}
	for range s.int() {
		if err := s.compareResolved(s.bytes(), s.string(), s.int()-1); err != nil {
			return err
		}
	}
	return nil
}

// compareResolved wants an index, or -1 for none.
func (s *yjsSession) compareResolved(binary []byte, written string, want int) error {
	var fromBinary, fromJSON crdt.RelativePosition
	if err := errors.Join(fromBinary.UnmarshalBinary(binary), json.Unmarshal([]byte(written), &fromJSON)); err != nil {
		return fmt.Errorf("the position %x, %s cannot be read: %w", binary, written, err)
	}
	for _, position := range []crdt.RelativePosition{fromBinary, fromJSON} {
		index, ok := s.doc.Resolve(position)
		if !ok {
			index = -1
		}
		if err := same("the index of "+written, index, want); err != nil {
			return err
		}
	}
	return nil
}

// compareUpdates asks for differences, and for what needs no document.
func (s *yjsSession) compareUpdates() error {
	for range s.int() {
		sv, want := s.bytes(), s.bytes()
		if err := sameBytes(fmt.Sprintf("the difference to %x", sv), s.doc.EncodeStateAsUpdate(sv), want); err != nil {
			return err
		}
	}
	for range s.int() {
		updates := make([][]byte, s.int())
		for i := range updates {
			updates[i] = s.bytes()
		}
		merged, err := crdt.MergeUpdates(updates...)
		if err := errors.Join(err, sameBytes(fmt.Sprintf("the union of %x", updates), merged, s.bytes())); err != nil {
			return err
		}
	}
	for range s.int() {
		if err := compareCut(s.bytes(), s.bytes(), s.bytes(), s.bytes()); err != nil {
			return err
		}
	}
	return nil
}

func compareCut(update, sv, wantCut, wantSV []byte) error {
	cut, err := crdt.DiffUpdate(update, sv)
	known, errSV := crdt.StateVectorFromUpdate(update)
	return errors.Join(err, errSV,
		sameBytes(fmt.Sprintf("%x cut by %x", update, sv), cut, wantCut),
		sameBytes(fmt.Sprintf("the state vector of %x", update), known, wantSV))
}
