// Package wire is the client's side of JSON-RPC 2.0 as the language server protocol
// 3.17 frames it, and the few messages of the protocol that completion needs.
package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
)

const (
	// writeLimit is how long a server may take to read a message. Pipes hold 64 KiB,
	// so one that does not read would hold us up for ever.
	writeLimit = 2 * time.Second

	// maxUnsent is how many messages wait to be written; answers to a server that
	// asks faster than it reads have to wait.
	maxUnsent = 32
)

// ErrClosed says that the connection has ended.
var ErrClosed = errors.New("the connection to the language server has ended")

// Output is where messages go to: a pipe, which has deadlines.
type Output interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

// A Conn is a connection to a server. Its methods may be called by several
// goroutines; Run is called once.
type Conn struct {
	in     *bufio.Reader // owned by Run
	out    Output        // owned by the writer that Run starts
	answer func(method string, params json.RawMessage) (any, error)
	unsent chan []byte
	failed sync.Once
	done   chan struct{} // closed by failed
	err    error         // why it ended; set before done is closed

	mu      sync.Mutex
	last    int64 // the id that was given last
	pending map[int64]chan<- Response
}

// NewConn makes a connection. answer says what the server gets that asks something;
// its error ErrMethod is "method not found". It must not block.
func NewConn(in io.Reader, out Output, answer func(method string, params json.RawMessage) (any, error)) *Conn {
	return &Conn{
		in: bufio.NewReaderSize(in, 64<<10), out: out, answer: answer,
		unsent: make(chan []byte, maxUnsent), done: make(chan struct{}), pending: make(map[int64]chan<- Response),
	}
}

// Run reads and writes messages until one of both fails, and returns why. Done is
// closed at the first failure, but Run ends only with its input and its output:
// whoever owns those closes them then.
func (c *Conn) Run() error {
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := c.write(); err != nil {
			c.fail(err)
		}
	})
	c.fail(c.read())
	writer.Wait()
	return c.err
}

// fail ends the connection for a reason, if it has not ended.
func (c *Conn) fail(err error) {
	c.failed.Do(func() {
		c.err = fmt.Errorf("%w: %w", ErrClosed, err)
		close(c.done)
	})
}

// Err is why the connection has ended, once Done is closed.
func (c *Conn) Err() error { return c.err }

// Done is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// read handles what comes until nothing does any more.
func (c *Conn) read() error {
	for {
		body, err := readFrame(c.in)
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			return fmt.Errorf("%w: %w", ErrFrame, err)
		}
		if err := c.handle(&m); err != nil {
			return err
		}
	}
}

// handle delivers an answer or gives one. Notices, answers that nobody waits for and
// ids that we did not give are nothing to us.
func (c *Conn) handle(m *message) error {
	switch {
	case m.Method != "" && len(m.ID) > 0:
		return c.reply(m)
	case m.Method != "" || len(m.ID) == 0:
		return nil
	}
	var id int64
	if json.Unmarshal(m.ID, &id) != nil {
		return nil //nolint:nilerr // it is not one of ours
	}
	c.mu.Lock()
	waiting, found := c.pending[id]
	delete(c.pending, id)
	c.mu.Unlock()
	if found {
		waiting <- Response{Result: m.Result, Error: m.Error} // has room for it
	}
	return nil
}

// reply answers what the server asks.
func (c *Conn) reply(m *message) error {
	out := outgoing{ID: m.ID}
	result, err := c.answer(m.Method, m.Params)
	switch {
	case errors.Is(err, ErrMethod):
		out.Error = &Error{Code: codeMethodNotFound, Message: "no such method"}
	case err != nil:
		out.Error = &Error{Code: codeInvalidParams, Message: err.Error()}
	default:
		out.Result = result
		if result == nil {
			out.Result = json.RawMessage("null")
		}
	}
	return c.send(out)
}

// write writes what is to be sent until the connection ends or the server does not
// read.
func (c *Conn) write() error {
	for {
		select {
		case <-c.done:
			return nil
		case body := <-c.unsent:
			if err := c.out.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
				return err
			}
			if _, err := c.out.Write(frame(body)); err != nil {
				return err
			}
		}
	}
}

// send hands a message to the writer. It waits while the writer has many.
func (c *Conn) send(m outgoing) error {
	m.Version = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	select {
	case <-c.done: // though there may be room
		return c.err
	default:
	}
	select {
	case c.unsent <- body:
		return nil
	case <-c.done:
		return c.err
	}
}

// Notify tells the server something.
func (c *Conn) Notify(method string, params any) error {
	return c.send(outgoing{Method: method, Params: params})
}

// A Call is a question that was asked.
type Call struct {
	id    int64
	Reply <-chan Response // gets the answer, if there ever is one
}

// Call asks the server something.
func (c *Conn) Call(method string, params any) (Call, error) {
	reply := make(chan Response, 1)
	c.mu.Lock()
	c.last++
	call := Call{id: c.last, Reply: reply}
	c.pending[call.id] = reply
	c.mu.Unlock()
	id := strconv.AppendInt(nil, call.id, 10)
	return call, c.send(outgoing{ID: id, Method: method, Params: params})
}

// Cancel tells the server that nobody needs an answer. It still gives one, if only to
// say that it did not look for it.
func (c *Conn) Cancel(call Call) error {
	return c.Notify("$/cancelRequest", map[string]int64{"id": call.id})
}
