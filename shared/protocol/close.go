package protocol

import (
	"encoding/json"
	"time"
)

// Close codes that Tutti sends on a WebSocket. The registered ones keep their
// meaning; 4000 to 4099 tell a client not to retry.
const (
	CloseNormal          = 1000 // the session is over
	CloseGoingAway       = 1001 // the other side leaves the page
	ClosePolicyViolation = 1008 // the client broke a rule that it cannot break by accident
	CloseMessageTooBig   = 1009 // a frame above the limit
	CloseInternal        = 1011 // our fault
	CloseServiceRestart  = 1012 // reconnect; the reason is a RestartReason
	CloseTryAgainLater   = 1013 // overloaded, or this client reads too slowly
	CloseForbidden       = 4003 // origin or token
	CloseRoomNotFound    = 4004 // no such room
	CloseRoomFull        = 4005 // the room has all the people it can hold
)

// RestartReason is the reason text of CloseServiceRestart: a JSON object that
// tells the client how long to wait before it connects again, so that not all
// come back at once.
func RestartReason(retry time.Duration) string {
	reason, err := json.Marshal(struct {
		RetryMilliseconds int64 `json:"retry_ms"`
	}{retry.Milliseconds()})
	if err != nil { // one number: this cannot be
		panic(err)
	}
	return string(reason)
}
