package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// A request asks a worker for one measurement. bench.mjs reads the same.
type request struct {
	Measure string `json:"measure"`
	Trace   string `json:"trace,omitempty"`  // the recorded session or costly case
	Updates source `json:"updates,omitzero"` // what documents are made of whose memory is measured
	Times   int    `json:"times,omitempty"`  // how often it is done; an answer is per time
	Check   bool   `json:"check,omitempty"`  // whether the digests of what came out are wanted
}

// A source is a file of updates.
type source struct {
	File   string `json:"file"`
	Framed bool   `json:"framed"` // many updates, not one
	First  int    `json:"first"`  // only so many of them; 0 means all
}

// An answer is what a worker measured.
type answer struct {
	MS      float64 `json:"ms,omitempty"`
	Heap    float64 `json:"heap,omitempty"` // bytes
	RSS     float64 `json:"rss,omitempty"`  // bytes
	Bytes   string  `json:"bytes,omitempty"`
	Text    string  `json:"text,omitempty"`
	Refused string  `json:"refused,omitempty"` // why a costly case was
	Version string  `json:"version,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// A worker is a process that measures one implementation. One that is not
// asked does nothing.
type worker struct {
	name     string
	cmd      *exec.Cmd
	requests io.WriteCloser
	answers  *bufio.Reader
}

// Implementations, in the order of the columns.
const (
	ours  = "go"
	yjs   = "yjs"
	ywasm = "ywasm"
	plain = "plain" // ours, without saying where the text changed
)

func startWorker(ctx context.Context, name, self string, s settings) (*worker, error) {
	var cmd *exec.Cmd
	if name == ours {
		cmd = exec.CommandContext(ctx, self, "-worker", "-traces", s.traces, "-made", s.made, "-thread="+strconv.FormatBool(s.thread)) //nolint:gosec // this very program
	} else {
		script := filepath.Join(s.node, "bench.mjs")
		cmd = exec.CommandContext(ctx, "node", "--expose-gc", script, name, s.traces, s.made, strconv.FormatBool(s.thread)) //nolint:gosec // a developer's own folders
		cmd.Env = append(os.Environ(), "NODE_ENV=production")
	}
	cmd.Stderr = os.Stderr
	requests, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &worker{name, cmd, requests, bufio.NewReader(answers)}, nil
}

// ask waits for the answer.
func (w *worker) ask(r request) (answer, error) {
	var a answer
	line, err := json.Marshal(r)
	if err != nil {
		return a, err
	}
	if _, err := w.requests.Write(append(line, '\n')); err != nil {
		return a, fmt.Errorf("%s: %w", w.name, err)
	}
	if line, err = w.answers.ReadBytes('\n'); err != nil {
		return a, fmt.Errorf("%s gave no answer to %s: %w", w.name, r.Measure, err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, fmt.Errorf("%s: %w", w.name, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("%s, %s of %s: %w", w.name, r.Measure, r.Trace, errors.New(a.Error))
	}
	return a, nil
}

// close ends the worker's input, and with it the worker.
func (w *worker) close() error {
	return errors.Join(w.requests.Close(), w.cmd.Wait())
}
