package wsrelay

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/protocol"
)

// state is what editors of the Yjs ecosystem put into a client's state.
type state struct {
	User struct {
		Name       string `json:"name,omitempty"`
		Color      string `json:"color,omitempty"`
		ColorLight string `json:"colorLight,omitempty"`
	} `json:"user"`
	Cursor    *selection `json:"cursor,omitempty"`    // of y-codemirror.next
	Selection *selection `json:"selection,omitempty"` // of y-monaco
}

type selection struct {
	Anchor *crdt.RelativePosition `json:"anchor"`
	Head   *crdt.RelativePosition `json:"head"`
}

// readState reads what it can of a state, whose fields may be anything.
func readState(text string) (s state) {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &fields) != nil {
		return state{}
	}
	_ = json.Unmarshal(fields["user"], &s.User) // what is of another type says nothing to us
	s.Cursor, s.Selection = readSelection(fields["cursor"]), readSelection(fields["selection"])
	return s
}

func readSelection(text json.RawMessage) *selection {
	var s *selection
	if json.Unmarshal(text, &s) != nil {
		return nil
	}
	return s
}

func (s state) caret() *crdt.RelativePosition {
	for _, at := range []*selection{s.Cursor, s.Selection} {
		if at != nil && at.Head != nil {
			return at.Head
		}
	}
	return nil
}

// cssColor is what goes to clients of the JSON protocol, which may use it as it is.
var cssColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// cleanName is a name as the JSON protocol allows it.
func cleanName(name string) string {
	name = strings.TrimSpace(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, name))
	for utf8.RuneCountInString(name) > protocol.MaxNameLength {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	return name
}
