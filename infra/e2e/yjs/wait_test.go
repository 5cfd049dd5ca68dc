package yjs

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tutti-live/tutti/infra/e2e/scene"
)

// view returns what is known of a client now.
func (c *client) view() view {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	return c.now.copied()
}

// until waits for the events of a client to make something hold.
func (c *client) until(what string, holds func(v *view) bool) {
	c.t.Helper()
	c.r.until(c.name+": "+what, func() bool { return holds(&c.now) })
}

func (c *client) synced() {
	c.t.Helper()
	c.until("it is synced", func(v *view) bool { return v.Synced })
}

func (c *client) shows(text string) {
	c.t.Helper()
	c.until(fmt.Sprintf("the text is %q", text), func(v *view) bool { return v.Text == text })
}

// sees waits for somebody's awareness state.
func (c *client) sees(other *client, state any) {
	c.t.Helper()
	c.until(fmt.Sprintf("%s (%d) is %v", other.name, other.id, state), func(v *view) bool { return v.sees(other.id, state) })
}

// misses waits until somebody has no awareness state.
func (c *client) misses(other *client) {
	c.t.Helper()
	c.until(fmt.Sprintf("%s (%d) is gone", other.name, other.id), func(v *view) bool { return v.States[other.id] == nil })
}

// reconnected waits until a client has opened its n-th connection and is synced over it.
func (c *client) reconnected(n int) {
	c.t.Helper()
	c.until(fmt.Sprintf("it is synced over connection %d", n), func(v *view) bool { return v.Traffic.Sockets >= n && v.Synced })
}

// closed waits for the end of a connection with a code.
func (c *client) closed(code int) {
	c.t.Helper()
	c.until(fmt.Sprintf("closed with %d", code), func(v *view) bool {
		return slices.ContainsFunc(v.Closed, func(end closing) bool { return end.Code == code })
	})
}

// failed waits for something to go wrong with a connection, such as "403".
func (c *client) failed(part string) {
	c.t.Helper()
	c.until("a connection failed with "+part, func(v *view) bool { return strings.Contains(strings.Join(v.Failed, "\n"), part) })
}

// saved waits until a Hocuspocus client believes that the server has all its changes.
func (c *client) saved() {
	c.t.Helper()
	c.until("nothing is unsynced", func(v *view) bool { return v.Synced && v.Unsynced == 0 })
}

// converge waits until clients have the same document, byte for byte, and
// returns its text. Clients that can undo keep more than others.
func converge(first *client, others ...*client) string {
	first.t.Helper()
	for _, c := range others {
		scene.Eventually(first.t, first.name+" and "+c.name+" have the same document", func() bool {
			a, _ := first.state()
			b, _ := c.state()
			return bytes.Equal(a, b)
		})
	}
	return first.text()
}
