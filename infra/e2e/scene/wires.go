package scene

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Wires are the connections to a server, which can be disturbed.
type Wires struct {
	net.Listener
	mu  sync.Mutex
	all []*wire
}

// wire is a connection.
type wire struct {
	net.Conn
	deaf atomic.Bool // what comes in is lost
}

// Accept implements net.Listener.
func (w *Wires) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &wire{Conn: conn}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, c)
	return c, nil
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if err == nil && w.deaf.Load() {
		_, err = io.Copy(io.Discard, w.Conn)
		return 0, err
	}
	return n, err
}

// Deafen makes the server miss what is sent from now on, as on a line that just broke.
func (w *Wires) Deafen() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		c.deaf.Store(true)
	}
}

// Cut closes all connections without a word.
func (w *Wires) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		_ = c.Close() // it may have ended already
	}
	w.all = nil
}
