package protocol

import "github.com/go-json-experiment/json"

// Encode returns the text frame for one of the server's messages.
func Encode(message any) []byte {
	var frame any
	switch m := message.(type) {
	case Init:
		frame = typed[Init]{TypeInit, m}
	case Welcome:
		frame = typed[Welcome]{TypeWelcome, m}
	case CodeUpdate:
		frame = typed[CodeUpdate]{TypeCodeUpdate, m}
	case CursorMove:
		frame = typed[CursorMove]{TypeCursorMove, m}
	case UserJoined:
		frame = typed[UserJoined]{TypeUserJoined, m}
	case UserLeft:
		frame = typed[UserLeft]{TypeUserLeft, m}
	case LanguageChanged:
		frame = typed[LanguageChanged]{TypeLanguageChanged, m}
	case Saved:
		frame = typed[Saved]{TypeSaved, m}
	case ErrorFrame:
		frame = typed[ErrorFrame]{TypeError, m}
	default:
		panic("protocol: not a message of the server")
	}
	b, err := json.Marshal(frame)
	if err != nil { // only invalid UTF-8 could: all text is checked where it comes in
		panic("protocol: " + err.Error())
	}
	return b
}

// typed puts the type before the fields of a message.
type typed[M any] struct {
	Type    string `json:"type"`
	Message M      `json:",embed"`
}
