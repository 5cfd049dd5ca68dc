package room

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"
)

// pooledConn is a connection that waits in a pool between two commands. It
// tells when the other end has closed it meanwhile. The client library finds
// out by itself, but not through TLS: after a restart of Redis one command after
// the other would fail, each on one more connection that nobody is at the other
// end of.
type pooledConn struct {
	net.Conn
	forget func(*pooledConn) // called when it is closed; may be nil
}

// Close closes the connection.
func (c *pooledConn) Close() error {
	if c.forget != nil {
		c.forget(c)
	}
	return c.Conn.Close()
}

// SyscallConn is what the client library looks at before it uses a connection
// from the pool.
func (c *pooledConn) SyscallConn() (syscall.RawConn, error) {
	plain := c.Conn
	if secure, is := plain.(*tls.Conn); is {
		plain = secure.NetConn()
	}
	conn, is := plain.(syscall.Conn)
	if !is {
		return nil, errors.ErrUnsupported
	}
	raw, err := conn.SyscallConn()
	return waitingConn{raw}, err
}

// waitingConn is a connection on which nothing is to come.
type waitingConn struct{ syscall.RawConn }

var errUnasked = errors.New("the server has closed the connection, or has said something that it was not asked")

// Read fails if there is something to read, be it the end. Through TLS that
// cannot be told from the server's word that it closes.
func (c waitingConn) Read(func(fd uintptr) bool) error {
	var unasked bool
	err := c.RawConn.Read(func(fd uintptr) bool {
		unasked = readable(fd)
		return true
	})
	if err == nil && unasked {
		err = errUnasked
	}
	return err
}

// heardConn is a connection on which something comes all the time. It fails
// when nothing comes for silenceLimit.
type heardConn struct {
	net.Conn
	limit time.Time // what the client library has set, as it does while it logs in
}

// SetReadDeadline is remembered, because Read sets one too.
func (c *heardConn) SetReadDeadline(t time.Time) error {
	c.limit = t
	return c.Conn.SetReadDeadline(t)
}

func (c *heardConn) Read(b []byte) (int, error) {
	deadline := time.Now().Add(silenceLimit)
	if !c.limit.IsZero() && c.limit.Before(deadline) {
		deadline = c.limit
	}
	if err := c.Conn.SetReadDeadline(deadline); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}
