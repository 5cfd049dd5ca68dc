package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// Beginnings of the frames that matter here. The server writes fields in the
// order of their definition, so frames need not be decoded, which for long texts
// would take more time than all else.
var (
	initFrame  = []byte(`{"type":"init","code":"`)
	textFrame  = []byte(`{"type":"code_update","code":"`)
	savedFrame = []byte(`{"type":"saved",`)
	errorFrame = []byte(`{"type":"error",`)
)

// initLimit is how long a join may take.
const initLimit = 60 * time.Second

// dialer sends each message as one frame, as browsers do: gorilla cuts it to the
// length of its buffer, of which each write borrows one.
var dialer = websocket.Dialer{WriteBufferSize: 1 << 20, WriteBufferPool: new(sync.Pool), HandshakeTimeout: initLimit}

// client is somebody in a room.
type client struct {
	conn    *websocket.Conn
	room    string
	entered time.Time     // when all of init was there; set before join returns
	bytes   atomic.Int64  // received
	ended   chan struct{} // closed when the connection is
	err     error         // why; set before ended is closed
	leave   atomic.Bool   // it was closed from here
}

// join enters a room and returns when it was sent init. From then on, and for
// init too, hear is called with each frame, which it must not keep.
func join(ctx context.Context, r *relay, room string, hear func(frame []byte, at time.Time)) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, initLimit)
	defer cancel()
	conn, response, err := dialer.DialContext(ctx, "ws://"+r.Addr+"/ws/"+room, nil) //nolint:bodyclose // gorilla has read it
	if err != nil {
		if response != nil {
			err = fmt.Errorf("%w: %s", err, response.Status)
		}
		return nil, fmt.Errorf("dialling %s: %w", r.Name, err)
	}
	c := &client{conn: conn, room: room, ended: make(chan struct{})}
	ready := make(chan struct{})
	go c.read(hear, ready)
	select {
	case <-ready:
		return c, nil
	case <-c.ended:
		err = c.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	c.close()
	return nil, fmt.Errorf("no init from %s: %w", r.Name, err)
}

// read hears until the connection ends.
func (c *client) read(hear func([]byte, time.Time), ready chan<- struct{}) {
	defer close(c.ended)
	var frame bytes.Buffer
	for first := true; ; first = false {
		_, r, err := c.conn.NextReader()
		if err == nil {
			frame.Reset()
			_, err = frame.ReadFrom(r)
		}
		if err != nil {
			c.err = err
			return
		}
		at := time.Now()
		c.bytes.Add(int64(frame.Len()))
		if bytes.HasPrefix(frame.Bytes(), errorFrame) {
			c.err = fmt.Errorf("refused: %s", frame.Bytes())
			return
		}
		if first && !bytes.HasPrefix(frame.Bytes(), initFrame) {
			c.err = errors.New("something else came first")
			return
		}
		hear(frame.Bytes(), at)
		if first {
			c.entered = at
			close(ready)
		}
	}
}

// send sends a message. Only one goroutine may.
func (c *client) send(frame []byte) error { return c.conn.WriteMessage(websocket.TextMessage, frame) }

// close cuts the connection and waits until the reader has seen it.
func (c *client) close() {
	c.leave.Store(true)
	_ = c.conn.Close() // it may have ended
	<-c.ended
}

// check is an error when the connection ended by itself.
func (c *client) check() error {
	select {
	case <-c.ended:
		if !c.leave.Load() {
			return fmt.Errorf("a client was cut off: %w", c.err)
		}
	default:
	}
	return nil
}

// crowd is clients that are let go together.
type crowd struct {
	mu      sync.Mutex
	clients []*client
}

func (c *crowd) add(one *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clients = append(c.clients, one)
}

// enter has so many people come into a room, one after the other, who do nothing.
func (c *crowd) enter(ctx context.Context, r *relay, room string, people int) error {
	for range people {
		one, err := join(ctx, r, room, deaf)
		if err != nil {
			return err
		}
		c.add(one)
	}
	return nil
}

// check is an error when any of them was cut off.
func (c *crowd) check() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, one := range c.clients {
		errs = append(errs, one.check())
	}
	return errors.Join(errs...)
}

// close lets all go.
func (c *crowd) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var wg sync.WaitGroup
	for _, one := range c.clients {
		wg.Go(one.close)
	}
	wg.Wait()
	c.clients = nil
}

// deaf is for clients that nobody listens to.
func deaf([]byte, time.Time) {}
