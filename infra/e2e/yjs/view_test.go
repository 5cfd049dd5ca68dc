package yjs

import (
	"encoding/json"
	"maps"
	"reflect"
	"time"
)

// view is what is known of a client from its events.
type view struct {
	Status   string // connecting, connected, disconnected; "final" when y-websocket 3.1 gave up
	Synced   bool
	Text     string
	Unsynced int    // changes that a Hocuspocus server has not said it has
	Scope    string // what a Hocuspocus server admitted the client to: read-write or readonly
	Denied   string // why one did not

	States map[uint64]json.RawMessage // everybody's awareness state, as the client knows it
	// How often somebody's state came and went. Those of others also go when the
	// client loses its own connection.
	Joined, Left map[uint64]int

	Traffic traffic
	Closed  []closing // the ends of its connections
	Failed  []string  // what went wrong with them, such as a refusal by HTTP
}

// traffic is what came over all connections of a client.
type traffic struct {
	Sockets int            // connections that opened: more than one when it reconnected
	Frames  int            // that came
	Bytes   int            // in them
	Last    int64          // Unix milliseconds of the last
	Kinds   map[string]int // frames by kind: step1, step2, update, awareness, ... (frames.mjs)
}

// silence is how long ago the last frame came.
func (t traffic) silence() time.Duration { return time.Since(time.UnixMilli(t.Last)) }

// closing is the end of a connection: 1006 without a close frame, 1005 when
// the frame had no code.
type closing struct {
	Code   int
	Reason string
}

func newView() view {
	return view{States: make(map[uint64]json.RawMessage), Joined: make(map[uint64]int), Left: make(map[uint64]int)}
}

// apply takes in an event.
func (v *view) apply(line []byte) {
	var e struct {
		Event, Status, Text, Scope, Reason, Message string
		Synced                                      bool
		Unsynced, Code                              int
		States                                      map[uint64]json.RawMessage
	}
	if err := json.Unmarshal(line, &e); err != nil {
		v.Failed = append(v.Failed, err.Error())
	}
	switch e.Event {
	case "status":
		v.Status = e.Status
	case "synced":
		v.Synced = e.Synced
	case "text":
		v.Text = e.Text
	case "unsynced":
		v.Unsynced = e.Unsynced
	case "admitted":
		v.Scope = e.Scope
	case "denied":
		v.Denied = e.Reason
	case "closed":
		v.Closed = append(v.Closed, closing{e.Code, e.Reason})
	case "failed":
		v.Failed = append(v.Failed, e.Message)
	case "traffic":
		v.Traffic = traffic{}
		_ = json.Unmarshal(line, &v.Traffic) // read once above
	case "awareness":
		countNew(v.Joined, e.States, v.States)
		countNew(v.Left, v.States, e.States)
		v.States = e.States
	}
}

// countNew counts who is in one set of states and not in another. What yjs says
// of it is no help: to it, who comes back was only updated.
func countNew(times map[uint64]int, these, those map[uint64]json.RawMessage) {
	for id := range these {
		if _, ok := those[id]; !ok {
			times[id]++
		}
	}
}

// sees says whether somebody's awareness state is this one.
func (v *view) sees(id uint64, state any) bool {
	var got, want any
	data, err := json.Marshal(state)
	if err != nil || v.States[id] == nil || json.Unmarshal(data, &want) != nil || json.Unmarshal(v.States[id], &got) != nil {
		return false
	}
	return reflect.DeepEqual(got, want)
}

// copied returns a view that no event changes.
func (v *view) copied() view {
	c := *v
	c.Joined, c.Left = maps.Clone(v.Joined), maps.Clone(v.Left)
	return c
}
