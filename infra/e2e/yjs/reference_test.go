package yjs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
)

// reference are the servers that come with the libraries, on the paths of the relay.
type reference struct {
	*script
	t    testing.TB
	port int
	url  string // ws://...
}

func startReference(t testing.TB) *reference {
	t.Helper()
	r := &reference{t: t}
	r.start()
	return r
}

// start listens on the port of the last time, if there was one.
func (r *reference) start() {
	r.t.Helper()
	first := make(chan []byte, 1)
	r.script = run(r.t, func(line []byte) {
		select {
		case first <- line:
		default: // servers log errors
		}
	}, "reference.mjs", strconv.Itoa(r.port))
	var listening struct{ Port int }
	select {
	case line := <-first:
		if err := json.Unmarshal(line, &listening); err != nil {
			r.t.Fatalf("%v: %s", err, line)
		}
	case <-r.done:
		r.t.Fatalf("the reference ended: %v", r.err)
	}
	r.port, r.url = listening.Port, fmt.Sprintf("ws://127.0.0.1:%d", listening.Port)
}
