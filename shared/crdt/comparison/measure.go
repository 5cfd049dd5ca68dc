package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

// author is the client id of who makes local edits, as in bench.mjs.
const author = 1

// subject is the side of shared/crdt. It does what bench.mjs does.
type subject struct {
	settings
	current *session
	key     string
}

// answerAll answers requests until there are no more.
func answerAll(s settings, in io.Reader, out io.Writer) error {
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	side := &subject{settings: s}
	if s.thread {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	for {
		var r request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a, err := side.answer(r)
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

func (s *subject) answer(r request) (answer, error) {
	switch r.Measure {
	case "costly":
		return s.costly(r)
	case "memory":
		return memory(r)
	default:
		return s.time(r)
	}
}

// A result is what a measured function made, to be checked.
type result struct {
	doc  *crdt.Doc
	data []byte
}

// time runs a measure as often as it is asked to.
func (s *subject) time(r request) (answer, error) {
	prepare, ok := measures[r.Measure]
	if !ok {
		return answer{}, fmt.Errorf("no measure is called %q", r.Measure)
	}
	opened, err := s.open(r)
	if err != nil {
		return answer{}, err
	}
	run := prepare(opened)
	runtime.GC()
	var made result
	ms, err := s.clock(func() error {
		for range r.Times {
			if made, err = run(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	a := answer{MS: ms / float64(r.Times)}
	if r.Check && made.doc != nil {
		a.Bytes = digest(made.doc.EncodeStateAsUpdate(nil))
		a.Text = digest([]byte(made.doc.Text(workload.Root).String()))
	} else if r.Check && made.data != nil {
		a.Bytes = digest(made.data)
	}
	return a, nil
}

// open returns the session that is asked for. What another measure worked on
// is dropped before: a large heap makes collecting garbage slow.
func (s *subject) open(r request) (*session, error) {
	needs := "doc"
	switch r.Measure {
	case "apply", "event", "delta":
		needs = "updates"
	case "local", "localEvent":
		needs = "edits"
	}
	if key := r.Trace + " " + needs; s.key != key {
		opened, err := openSession(s.settings, r.Trace, needs)
		if err != nil {
			return nil, err
		}
		s.current, s.key = opened, key
	}
	return s.current, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// measures are the functions to be timed, after what they need was made.
var measures = map[string]func(s *session) func() (result, error){
	"apply":      func(s *session) func() (result, error) { return s.stream(func(*crdt.Doc) {}) },
	"event":      func(s *session) func() (result, error) { return s.stream(listen) },
	"delta":      func(s *session) func() (result, error) { return s.stream(listenToText) },
	"local":      func(s *session) func() (result, error) { return s.localEdits(func(*crdt.Doc) {}) },
	"localEvent": func(s *session) func() (result, error) { return s.localEdits(listen) },
	"load": func(s *session) func() (result, error) {
		return func() (result, error) { return docResult(replay(s.State)) }
	},
	"encode": onDoc(func(s *session) []byte { return s.doc.EncodeStateAsUpdate(nil) }),
	"text": onDoc(func(s *session) []byte {
		_ = s.doc.Text(workload.Root).String()
		return nil
	}),
	"vector":      onDoc(func(s *session) []byte { return s.doc.EncodeStateVector() }),
	"diffPercent": onDoc(func(s *session) []byte { return s.doc.EncodeStateAsUpdate(s.percent) }),
	"diffTen":     onDoc(func(s *session) []byte { return s.doc.EncodeStateAsUpdate(s.ten) }),
	"merge": func(s *session) func() (result, error) {
		return func() (result, error) { return dataResult(crdt.MergeUpdates(s.last...)) }
	},
	"cut": func(s *session) func() (result, error) {
		return func() (result, error) { return dataResult(crdt.DiffUpdate(s.State, s.percent)) }
	},
	"vectorOf": func(s *session) func() (result, error) {
		return func() (result, error) { return dataResult(crdt.StateVectorFromUpdate(s.State)) }
	},
}

func docResult(doc *crdt.Doc, err error) (result, error) { return result{doc: doc}, err }
func dataResult(data []byte, err error) (result, error)  { return result{data: data}, err }

// onDoc measures what is done to a document that has the whole session.
func onDoc(run func(s *session) []byte) func(s *session) func() (result, error) {
	return func(s *session) func() (result, error) {
		return func() (result, error) { return dataResult(run(s), nil) }
	}
}

func replay(updates ...[]byte) (*crdt.Doc, error) {
	doc := crdt.NewDoc()
	return doc, applyAll(doc, updates)
}

func applyAll(doc *crdt.Doc, updates [][]byte) error {
	for i, update := range updates {
		if err := doc.ApplyUpdate(update, nil); err != nil {
			return fmt.Errorf("update %d: %w", i, err)
		}
	}
	return nil
}

// reported is so that what is reported is also looked at.
var reported struct{ units int }

func listen(doc *crdt.Doc) {
	doc.OnUpdate(func(update []byte, _ any, _ []crdt.TextChange) { reported.units += len(update) })
}

func listenToText(doc *crdt.Doc) {
	doc.Text(workload.Root)
	doc.OnUpdate(func(_ []byte, _ any, changes []crdt.TextChange) {
		for _, change := range changes {
			reported.units += len(change.Delta)
		}
	})
}

// costly applies the updates of a costly case, of which one may be refused.
func (s *subject) costly(r request) (answer, error) {
	setup, err := readFrames(filepath.Join(s.made, r.Trace+".setup"))
	if err != nil {
		return answer{}, err
	}
	updates, err := readFrames(filepath.Join(s.made, r.Trace+".updates"))
	if err != nil {
		return answer{}, err
	}
	doc, err := replay(setup...)
	if err != nil {
		return answer{}, err
	}
	runtime.GC()
	var a answer
	a.MS, err = s.clock(func() error {
		if err := applyAll(doc, updates); err != nil {
			a.Refused = err.Error()
		}
		return nil
	})
	if r.Check && a.Refused == "" {
		a.Bytes = digest(doc.EncodeStateAsUpdate(nil))
	}
	return a, err
}

func readFrames(path string) ([][]byte, error) {
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	return workload.ParseFrames(data)
}
