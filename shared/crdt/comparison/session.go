package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

// A session is a recorded one with what measures need of it.
type session struct {
	*workload.Trace // without updates, if they are not needed
	doc             *crdt.Doc
	last            [][]byte // the last updates
	ten, percent    []byte   // state vectors of who lacks the last 10 updates, or 1 %
	edits           [][]edit
}

// An edit is one change of a text at a position of UTF-16 units.
type edit struct {
	At     int    `json:"at"`
	Remove int    `json:"remove"`
	Insert string `json:"insert"`
}

// openSession makes what one kind of measures needs.
func openSession(s settings, name, needs string) (*session, error) {
	trace, err := workload.Load(s.traces, name)
	if err != nil {
		return nil, err
	}
	opened := &session{Trace: trace}
	switch needs {
	case "edits":
		data, err := os.ReadFile(filepath.Clean(editsFile(s.made, name)))
		if err != nil {
			return nil, err
		}
		trace.Updates = nil
		return opened, json.Unmarshal(data, &opened.edits)
	case "doc":
		err = opened.build()
		trace.Updates = nil
	}
	return opened, err
}

// build makes the document.
func (s *session) build() error {
	n := len(s.Updates)
	for _, update := range s.Updates[n-1000:] {
		s.last = append(s.last, bytes.Clone(update))
	}
	s.doc = crdt.NewDoc()
	if err := applyAll(s.doc, s.Updates[:n-n/100]); err != nil {
		return err
	}
	s.percent = s.doc.EncodeStateVector()
	if err := applyAll(s.doc, s.Updates[n-n/100:n-10]); err != nil {
		return err
	}
	s.ten = s.doc.EncodeStateVector()
	return applyAll(s.doc, s.Updates[n-10:])
}

// stream applies the whole session, update by update.
func (s *session) stream(prepare func(*crdt.Doc)) func() (result, error) {
	return func() (result, error) {
		doc := crdt.NewDoc()
		prepare(doc)
		return docResult(doc, applyAll(doc, s.Updates))
	}
}

// localEdits makes the edits of the session as one's own.
func (s *session) localEdits(prepare func(*crdt.Doc)) func() (result, error) {
	return func() (result, error) {
		doc := crdt.NewDoc(crdt.WithClientID(author))
		prepare(doc)
		text := doc.Text(workload.Root)
		for _, edits := range s.edits {
			if err := doc.Transact(nil, func() error { return makeEdits(text, edits) }); err != nil {
				return result{}, err
			}
		}
		return result{doc: doc}, nil
	}
}

func makeEdits(text *crdt.Text, edits []edit) error {
	for _, e := range edits {
		if e.Remove > 0 {
			if err := text.Delete(e.At, e.Remove); err != nil {
				return err
			}
		}
		if e.Insert != "" {
			if err := text.Insert(e.At, e.Insert); err != nil {
				return err
			}
		}
	}
	return nil
}

func editsFile(dir, name string) string { return filepath.Join(dir, name+".edits.json") }

// prepare makes the files that all workers read.
func prepare(s settings) error {
	for _, name := range s.sessionNames() {
		if err := prepareSession(s, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for i, c := range workload.CostlyCases() {
		if err := writeFrames(s.made, costlyName(i)+".setup", c.Setup); err != nil {
			return err
		}
		if err := writeFrames(s.made, costlyName(i)+".updates", c.Updates); err != nil {
			return err
		}
	}
	if err := writeFrames(s.made, "empty", nil); err != nil {
		return err
	}
	file := workload.First(workload.Root, author, strings.Repeat("let x = compute(42); // line\n", 70))
	return writeFrames(s.made, "string", [][]byte{file})
}

func prepareSession(s settings, name string) error {
	opened, err := openSession(s, name, "doc")
	if err != nil {
		return err
	}
	trace, err := workload.Load(s.traces, name)
	if err != nil {
		return err
	}
	edits, err := deriveEdits(trace)
	if err != nil {
		return err
	}
	data, err := json.Marshal(edits)
	return errors.Join(err,
		os.WriteFile(editsFile(s.made, name), data, 0o600),
		os.WriteFile(filepath.Join(s.made, name+".ten"), opened.ten, 0o600),
		os.WriteFile(filepath.Join(s.made, name+".percent"), opened.percent, 0o600),
	)
}

func costlyName(i int) string { return fmt.Sprintf("costly%d", i) }

func writeFrames(dir, name string, updates [][]byte) error {
	return os.WriteFile(filepath.Join(dir, name), workload.AppendFrames(nil, updates), 0o600)
}

// deriveEdits replays a session and notes where its text changes.
func deriveEdits(trace *workload.Trace) ([][]edit, error) {
	var all [][]edit
	doc := crdt.NewDoc()
	doc.Text(workload.Root)
	doc.OnUpdate(func(_ []byte, _ any, changes []crdt.TextChange) {
		for _, change := range changes {
			all = append(all, editsOf(change.Delta))
		}
	})
	return all, applyAll(doc, trace.Updates)
}

func editsOf(delta crdt.Delta) (edits []edit) {
	at := 0
	for _, op := range delta {
		switch {
		case op.Retain > 0:
			at += op.Retain
		case op.Delete > 0:
			edits = append(edits, edit{At: at, Remove: op.Delete})
		default:
			edits = append(edits, edit{At: at, Insert: op.Insert})
			at += len(utf16.Encode([]rune(op.Insert)))
		}
	}
	return edits
}
