package lsp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	"github.com/tutti-live/tutti/functions/autocomplete/lsp/wire"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// A server is a process that was started. Its methods are called by one goroutine.
type server struct {
	command  *command
	process  *sandbox.Process
	conn     *wire.Conn
	coder    coder
	triggers []string
	stderr   tail
	dir      string     // its own folder, which goes with it
	ours     []*os.File // our ends of its streams
	running  sync.WaitGroup

	document document
	answered int
	overdue  bool // the last answer came too late, or not at all: it may still be at work on that
}

// A document is the one text that a server has open, if it has a URI.
type document struct {
	subject subject
	file    file
	uri     string
	version int
	text    string
}

// Folders within that of the server. Documents seem to be in the workspace; the names
// of the others are none that an import could have.
const (
	workspace  = "room"
	homeFolder = ".home"
	tempFolder = ".tmp"
)

// startServer starts a process, which ends with ctx, and waits as long as starting
// lasts until it has answered initialize.
func startServer(ctx, starting context.Context, c *command, rules sandbox.Rules) (s *server, err error) {
	s = &server{command: c}
	s.dir, err = os.MkdirTemp("", "tutti-lsp-")
	if err != nil {
		return nil, err
	}
	if s.dir, err = filepath.EvalSymlinks(s.dir); err != nil {
		return nil, err
	}
	if err = s.fill(); err == nil {
		err = s.launch(ctx, rules)
	}
	if err == nil {
		err = s.initialize(starting)
	}
	if err != nil {
		err = errors.Join(err, s.stop())
		if last := s.stderr.lastLine(); last != "" { // which is about no text of anybody
			err = fmt.Errorf("%w; it says: %s", err, last)
		}
		return nil, err
	}
	return s, nil
}

// fill makes the folders and files that the server finds.
func (s *server) fill() error {
	for _, folder := range []string{workspace, homeFolder, tempFolder} {
		if err := os.Mkdir(filepath.Join(s.dir, folder), 0o700); err != nil {
			return err
		}
	}
	for name, content := range s.command.files {
		if err := os.WriteFile(filepath.Join(s.dir, workspace, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// launch starts the process and what reads from it.
func (s *server) launch(ctx context.Context, rules sandbox.Rules) error {
	var ends [3]struct{ theirs, ours *os.File }
	var err error
	ends[0].theirs, ends[0].ours, err = os.Pipe()
	for i := 1; i < len(ends) && err == nil; i++ {
		ends[i].ours, ends[i].theirs, err = os.Pipe()
	}
	for _, end := range ends {
		if end.ours != nil {
			s.ours = append(s.ours, end.ours)
			defer end.theirs.Close() //nolint:errcheck // nothing was written to it
		}
	}
	if err != nil {
		return err
	}
	rules.Write, rules.Read = s.dir, s.command.read
	s.process, err = sandbox.Start(ctx, rules, sandbox.Program{
		Path: s.command.program, Args: s.command.args, Env: s.environment(),
		Stdin: ends[0].theirs, Stdout: ends[1].theirs, Stderr: ends[2].theirs,
	})
	if err != nil {
		return err
	}
	s.conn = wire.NewConn(ends[1].ours, ends[0].ours, s.answer)
	s.running.Go(func() { _ = s.conn.Run() })                        // Err says why it ended
	s.running.Go(func() { _, _ = io.Copy(&s.stderr, ends[2].ours) }) // so that it can go on writing
	return nil
}

func (s *server) environment() []string {
	return append([]string{
		"HOME=" + filepath.Join(s.dir, homeFolder), "TMPDIR=" + filepath.Join(s.dir, tempFolder), "LANG=C.UTF-8",
	}, s.command.env...)
}

// lastWords is how long is listened to the streams of a process that has ended, which
// somebody else may hold.
const lastWords = 100 * time.Millisecond

// stop kills the process, waits until nothing of it is left and removes its folder.
func (s *server) stop() error {
	if s.process != nil {
		s.process.Kill()
		<-s.process.Ended()
	}
	var err error
	for _, end := range s.ours {
		err = errors.Join(err, end.SetDeadline(time.Now().Add(lastWords)))
	}
	s.running.Wait()
	for _, end := range s.ours {
		err = errors.Join(err, end.Close())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// call asks something and waits for the answer.
func (s *server) call(ctx context.Context, method string, params, result any) error {
	call, err := s.conn.Call(method, params)
	if err != nil {
		return err
	}
	select {
	case response := <-call.Reply:
		return response.Decode(result)
	case <-s.conn.Done():
		return s.conn.Err()
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, context.Cause(ctx))
	}
}

// initialize tells the server what we can do, and learns the same of it.
func (s *server) initialize(ctx context.Context) error {
	root := s.uri("")
	var initialized wire.Initialized
	err := s.call(ctx, "initialize", tree{
		"processId": nil, "rootUri": root, "rootPath": nil, "capabilities": capabilities,
		"workspaceFolders":      []tree{{"uri": root, "name": workspace}},
		"initializationOptions": s.command.options,
	}, &initialized)
	if err != nil {
		return err
	}
	s.coder = coder{utf8: initialized.Capabilities.Encoding == wire.UTF8}
	if completion := initialized.Capabilities.Completion; completion != nil {
		s.triggers = completion.Triggers
	}
	if err := s.conn.Notify("initialized", tree{}); err != nil {
		return err
	}
	return s.conn.Notify("workspace/didChangeConfiguration", tree{"settings": s.command.config})
}

// capabilities are what we can do: less makes answers simpler.
var capabilities = tree{
	"general": tree{"positionEncodings": []string{wire.UTF8, wire.UTF16}},
	"workspace": tree{
		"configuration": true, "workspaceFolders": true, "didChangeConfiguration": tree{},
	},
	"window": tree{"workDoneProgress": true},
	"textDocument": tree{
		"synchronization": tree{},
		"completion": tree{
			"completionItem": tree{
				"snippetSupport": false, "insertReplaceSupport": true, "deprecatedSupport": true, "preselectSupport": true,
				"tagSupport": tree{"valueSet": []int{1}}, "documentationFormat": []string{},
			},
			"completionList": tree{"itemDefaults": []string{"editRange", "insertTextFormat"}},
			"contextSupport": true,
		},
	},
}

// answer is what a server gets that asks something.
func (s *server) answer(method string, params json.RawMessage) (any, error) {
	switch method {
	case "workspace/configuration":
		return s.configuration(params)
	case "client/registerCapability", "client/unregisterCapability", "window/workDoneProgress/create", "window/showMessageRequest":
		return nil, nil //nolint:nilnil // null is the answer
	case "workspace/applyEdit":
		return tree{"applied": false}, nil
	case "window/showDocument":
		return tree{"success": false}, nil
	case "workspace/workspaceFolders":
		return []tree{{"uri": s.uri(""), "name": workspace}}, nil
	}
	return nil, wire.ErrMethod
}

// maxSections is how many sections of settings a server may ask for at once.
const maxSections = 100

func (s *server) configuration(params json.RawMessage) (any, error) {
	var asked struct {
		Items []struct{ Section string }
	}
	if err := json.Unmarshal(params, &asked); err != nil || len(asked.Items) > maxSections {
		return nil, errors.New("items are wrong")
	}
	sections := make([]any, len(asked.Items))
	for i, item := range asked.Items {
		sections[i] = section(s.command.config, item.Section)
	}
	return sections, nil
}

// section finds a part of settings by its name, such as python.analysis; nil is that
// there is nothing.
func section(settings tree, name string) any {
	if name == "" {
		return settings
	}
	if part, found := settings[name]; found {
		return part
	}
	first, rest, _ := strings.Cut(name, ".")
	inner, ok := settings[first].(tree)
	if !ok || rest == "" {
		return nil
	}
	return section(inner, rest)
}

func (s *server) uri(name string) string {
	u := url.URL{Scheme: "file", Path: filepath.Join(s.dir, workspace, name)}
	return u.String()
}

// show makes a text the one that the server has open. The text of somebody else is
// closed before; a new name keeps what the server may have remembered of it apart.
func (s *server) show(subject subject, f file, text string) error {
	d := &s.document
	if d.uri != "" && d.file == f && subject.continues(d.subject, d.text, text) {
		d.version++
		d.subject = subject
		if d.text == text {
			return nil
		}
		d.text = text
		return s.conn.Notify("textDocument/didChange", tree{
			"textDocument":   tree{"uri": d.uri, "version": d.version},
			"contentChanges": []tree{{"text": text}},
		})
	}
	if err := s.hide(); err != nil {
		return err
	}
	*d = document{subject: subject, file: f, uri: s.uri("x" + strings.ToLower(rand.Text()) + "." + f.ext), version: 1, text: text}
	return s.conn.Notify("textDocument/didOpen", tree{"textDocument": tree{
		"uri": d.uri, "languageId": f.id, "version": d.version, "text": text,
	}})
}

// hide closes the text that is open.
func (s *server) hide() error {
	uri := s.document.uri
	s.document = document{}
	if uri == "" {
		return nil
	}
	return s.conn.Notify("textDocument/didClose", tree{"textDocument": tree{"uri": uri}})
}

// complete asks for completions at a place in the text that is open.
func (s *server) complete(at *place, trigger string) (wire.Call, error) {
	const invoked, typed = 1, 2 // CompletionTriggerKind
	reason := tree{"triggerKind": invoked}
	if trigger != "" {
		reason = tree{"triggerKind": typed, "triggerCharacter": trigger}
	}
	return s.conn.Call("textDocument/completion", tree{
		"textDocument": tree{"uri": s.document.uri}, "position": at.position(), "context": reason,
	})
}

// warmPause is between two questions to a server that does not know enough yet.
const warmPause = 50 * time.Millisecond

// warm waits until the server has something useful to say about each of its samples,
// and closes them.
func (s *server) warm(ctx context.Context) error {
	for _, sample := range s.command.samples {
		if err := s.know(ctx, sample); err != nil {
			return err
		}
	}
	return s.hide()
}

// know asks about a sample until there is a useful answer.
func (s *server) know(ctx context.Context, sample sample) error {
	before, after, _ := strings.Cut(sample.text, "|")
	q := &suggest.Query{Language: sample.language, Code: before + after, Cursor: len(before), Most: 1}
	at := s.coder.placeOf(q)
	if err := s.show(subject{}, fileOf(q.Language), s.coder.plain(q.Code)); err != nil {
		return err
	}
	for {
		var result json.RawMessage
		err := s.call(ctx, "textDocument/completion", tree{
			"textDocument": tree{"uri": s.document.uri}, "position": at.position(),
		}, &result)
		var refusal *wire.Error // it may not be able to answer yet
		if err != nil && !errors.As(err, &refusal) {
			return err
		}
		if err == nil {
			if found, err := choose(q, &at, result, nil); err != nil || len(found) > 0 {
				return err
			}
		}
		select {
		case <-time.After(warmPause):
		case <-ctx.Done():
			return fmt.Errorf("the sample: %w", context.Cause(ctx))
		}
	}
}
