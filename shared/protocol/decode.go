package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What a client can send. Decode returns one of these.
type (
	// SetCode is code_update from a client: the whole text as it has it now.
	SetCode struct {
		Code string
		// BaseVersion is the version that the client changed, if it says so.
		BaseVersion *int64
	}

	// MoveCursor is cursor_move from a client. A column of 0 is taken too:
	// the first clients of this protocol counted columns from there.
	MoveCursor struct{ Line, Column int }

	// Hello says who the client is and which optional messages it wants.
	Hello struct {
		Name     string
		Features []string
	}

	// SetLanguage is language_change: the language of the room's text.
	SetLanguage struct{ Language string }
)

// Machine words of ErrorFrame.Code that Decode gives.
const (
	ErrCodeBadJSON     = "bad_json"     // not one JSON object in valid Unicode
	ErrCodeUnknownType = "unknown_type" // no message of that type
	ErrCodeInvalid     = "invalid"      // a field is missing, of the wrong type or out of range
)

// A RefusedError tells why a message was refused, in the terms of ErrorFrame.
type RefusedError struct{ Code, Message string }

func (e *RefusedError) Error() string { return e.Code + ": " + e.Message }

// Frame returns the message that tells the client.
func (e *RefusedError) Frame() ErrorFrame { return ErrorFrame(*e) }

func refuse(code, format string, args ...any) error {
	return &RefusedError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Decode reads a client's frame. It returns a SetCode, MoveCursor, Hello or
// SetLanguage, or a *RefusedError. Names are matched to the letter, a name may
// not stand twice in an object, and text must be valid Unicode: a lone
// surrogate is refused, because replacing it would change what was typed.
func Decode(frame []byte) (any, error) {
	kind, err := peekType(frame)
	if err != nil {
		return nil, err
	}
	switch kind {
	case TypeCodeUpdate:
		return decodeSetCode(frame)
	case TypeCursorMove:
		return decodeMoveCursor(frame)
	case TypeHello:
		return decodeHello(frame)
	case TypeLanguageChange:
		return decodeSetLanguage(frame)
	default:
		return nil, refuse(ErrCodeUnknownType, "no message has the type %q", shorten(kind))
	}
}

// peekType finds the "type" of a message without reading what stands behind
// it, so that a long text is read once.
func peekType(frame []byte) (string, error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(frame))
	start, err := dec.ReadToken()
	if err != nil {
		return "", badJSON(err)
	}
	if start.Kind() != jsontext.KindBeginObject {
		return "", refuse(ErrCodeBadJSON, "a message is a JSON object")
	}
	for dec.PeekKind() == jsontext.KindString {
		name, err := dec.ReadToken()
		if err != nil {
			return "", badJSON(err)
		}
		if name.String() != "type" {
			if err := dec.SkipValue(); err != nil {
				return "", badJSON(err)
			}
			continue
		}
		value, err := dec.ReadToken()
		if err != nil {
			return "", badJSON(err)
		}
		if value.Kind() != jsontext.KindString {
			return "", refuse(ErrCodeInvalid, "type must be a string")
		}
		return value.String(), nil
	}
	if _, err := dec.ReadToken(); err != nil {
		return "", badJSON(err)
	}
	return "", refuse(ErrCodeInvalid, "type is missing")
}

func decodeSetCode(frame []byte) (any, error) {
	var m struct {
		Code        *string `json:"code"`
		BaseVersion *int64  `json:"base_version"`
	}
	if err := unmarshal(frame, &m); err != nil {
		return nil, err
	}
	if m.Code == nil {
		return nil, refuse(ErrCodeInvalid, "code is missing")
	}
	return SetCode{Code: *m.Code, BaseVersion: m.BaseVersion}, nil
}

func decodeMoveCursor(frame []byte) (any, error) {
	var m struct {
		Line   *int `json:"line"`
		Column *int `json:"column"`
	}
	if err := unmarshal(frame, &m); err != nil {
		return nil, err
	}
	switch {
	case m.Line == nil:
		return nil, refuse(ErrCodeInvalid, "line is missing")
	case m.Column == nil:
		return nil, refuse(ErrCodeInvalid, "column is missing")
	case *m.Line < 1 || *m.Line > MaxPosition:
		return nil, refuse(ErrCodeInvalid, "line must be from 1 to %d", MaxPosition)
	case *m.Column < 0 || *m.Column > MaxPosition:
		return nil, refuse(ErrCodeInvalid, "column must be from 1 to %d", MaxPosition)
	}
	return MoveCursor{Line: *m.Line, Column: *m.Column}, nil
}

func decodeHello(frame []byte) (any, error) {
	var m struct {
		Name     string   `json:"name"`
		Features []string `json:"features"`
	}
	if err := unmarshal(frame, &m); err != nil {
		return nil, err
	}
	name := strings.TrimSpace(m.Name)
	switch {
	case utf8.RuneCountInString(name) > MaxNameLength:
		return nil, refuse(ErrCodeInvalid, "name must have at most %d characters", MaxNameLength)
	case strings.ContainsFunc(name, unicode.IsControl):
		return nil, refuse(ErrCodeInvalid, "name must not have control characters")
	case len(m.Features) > MaxFeatures:
		return nil, refuse(ErrCodeInvalid, "features must be at most %d", MaxFeatures)
	}
	return Hello{Name: name, Features: m.Features}, nil
}

func decodeSetLanguage(frame []byte) (any, error) {
	var m struct {
		Language *string `json:"language"`
	}
	if err := unmarshal(frame, &m); err != nil {
		return nil, err
	}
	if m.Language == nil {
		return nil, refuse(ErrCodeInvalid, "language is missing")
	}
	if !ValidLanguage(*m.Language) {
		return nil, refuse(ErrCodeInvalid,
			"language must be 1 to %d lower-case letters, digits, or any of . _ + # -", MaxLanguageLength)
	}
	return SetLanguage{Language: *m.Language}, nil
}

// ValidLanguage reports whether id can name a language: 1 to MaxLanguageLength
// lower-case ASCII letters, digits or any of "._+#-", as in "python", "c++" or
// "objective-c". Which languages there are is for editors to know.
func ValidLanguage(id string) bool {
	if id == "" || len(id) > MaxLanguageLength {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("._+#-", rune(c)) {
			return false
		}
	}
	return true
}

// unmarshal reads the fields of a message whose type is known.
func unmarshal(frame []byte, fields any) error {
	err := json.Unmarshal(frame, fields)
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		field := strings.TrimPrefix(string(wrong.JSONPointer), "/")
		return refuse(ErrCodeInvalid, "%s has the wrong type", shorten(field))
	}
	if err != nil {
		return badJSON(err)
	}
	return nil
}

func badJSON(err error) error {
	message := "not a JSON object in valid Unicode"
	if at, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		message = fmt.Sprintf("%s, at byte %d", message, at.ByteOffset)
	}
	return refuse(ErrCodeBadJSON, "%s", message)
}

// maxQuoted bounds what an error frame repeats of a client's words, in bytes.
const maxQuoted = 40

func shorten(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	return strings.ToValidUTF8(s[:maxQuoted], "") + "…"
}
