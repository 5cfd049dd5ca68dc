package wire

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Codes of errors in JSON-RPC.
const (
	codeMethodNotFound = -32601
	codeInvalidParams  = -32602
)

// ErrMethod is what an answerer fails with that does not know a method.
var ErrMethod = errors.New("no such method")

// message is anything that a server sends.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *Error          `json:"error"`
}

// outgoing is anything that we send.
type outgoing struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  any             `json:"result,omitempty"`
	Error   *Error          `json:"error,omitempty"`
}

// Response is the answer to a call.
type Response struct {
	Result json.RawMessage
	Error  *Error
}

// Decode reads the result, or fails with the error that the server gave.
func (r *Response) Decode(result any) error {
	if r.Error != nil {
		return r.Error
	}
	if err := json.Unmarshal(r.Result, result); err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return nil
}

// Error is what a server says that cannot answer.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Error tells the code only: messages quote the text that they are about.
func (e *Error) Error() string {
	return fmt.Sprintf("the language server answers with error %d", e.Code)
}
