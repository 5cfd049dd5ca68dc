package wire

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Encodings of positions.
const (
	UTF8  = "utf-8"
	UTF16 = "utf-16" // what is meant where nothing is said
)

// Position is a place in a text. Lines and characters count from 0; what a character
// is depends on the encoding.
type Position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// Range is a piece of a text.
type Range struct {
	Start Position `json:"start"`
	End   Position `json:"end"`
}

// Capabilities are what a server says of itself, as far as it matters here.
type Capabilities struct {
	Encoding   string `json:"positionEncoding"`
	Completion *struct {
		Triggers []string `json:"triggerCharacters"`
	} `json:"completionProvider"`
}

// Initialized is the answer to initialize.
type Initialized struct {
	Capabilities Capabilities `json:"capabilities"`
}

// Kinds of items that are treated in a way of their own.
const (
	KindSnippet   = 15
	KindFile      = 17
	KindReference = 18
	KindFolder    = 19
)

// SnippetFormat is the InsertTextFormat of texts with placeholders.
const SnippetFormat = 2

// tagDeprecated marks what should not be used any more.
const tagDeprecated = 1

// Item is one completion.
type Item struct {
	Label       string          `json:"label"`
	Kind        int             `json:"kind"`
	Tags        []int           `json:"tags"`
	Deprecated  bool            `json:"deprecated"`
	Preselect   bool            `json:"preselect"`
	SortText    string          `json:"sortText"`
	FilterText  string          `json:"filterText"`
	InsertText  string          `json:"insertText"`
	Format      int             `json:"insertTextFormat"`
	Edit        *Edit           `json:"textEdit"`
	EditText    string          `json:"textEditText"` // goes with the range of the defaults
	Additional  json.RawMessage `json:"additionalTextEdits"`
	replaceable *Range
}

// IsDeprecated reports whether the item says so in one of two ways.
func (i *Item) IsDeprecated() bool {
	return i.Deprecated || slices.Contains(i.Tags, tagDeprecated)
}

// ChangesMore reports whether the item changes the text elsewhere too.
func (i *Item) ChangesMore() bool {
	var edits []json.RawMessage
	return len(i.Additional) > 0 && (json.Unmarshal(i.Additional, &edits) != nil || len(edits) > 0)
}

// Text is what the item puts in the place of its range. It may be a snippet.
func (i *Item) Text() string {
	switch {
	case i.Edit != nil:
		return i.Edit.Text
	case i.replaceable != nil && i.EditText != "":
		return i.EditText
	case i.InsertText != "":
		return i.InsertText
	}
	return i.Label
}

// Range is what the item replaces when it is inserted, or nil: the word before
// the cursor.
func (i *Item) Range() *Range {
	if i.Edit != nil {
		return i.Edit.insertRange()
	}
	return i.replaceable
}

// Edit is a TextEdit or an InsertReplaceEdit.
type Edit struct {
	Text   string `json:"newText"`
	Whole  *Range `json:"range"`
	Insert *Range `json:"insert"`
}

func (e *Edit) insertRange() *Range {
	if e.Insert != nil {
		return e.Insert
	}
	return e.Whole
}

// list is a CompletionList.
type list struct {
	Items    []Item `json:"items"`
	Defaults struct {
		Range  json.RawMessage `json:"editRange"` // a Range, or {insert, replace}
		Format int             `json:"insertTextFormat"`
	} `json:"itemDefaults"`
}

// DecodeItems reads what a server answers to textDocument/completion, null | Item[] |
// CompletionList, and gives each item the defaults of the list. Items behind the first
// most are left out.
func DecodeItems(result json.RawMessage, most int) ([]Item, error) {
	var l list
	var err error
	if len(result) > 0 && result[0] == '[' {
		err = json.Unmarshal(result, &l.Items)
	} else {
		err = json.Unmarshal(result, &l) // null changes nothing
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	replaceable, err := decodeRange(l.Defaults.Range)
	if err != nil {
		return nil, err
	}
	l.Items = l.Items[:min(most, len(l.Items))]
	for i := range l.Items {
		l.Items[i].replaceable = replaceable
		if l.Items[i].Format == 0 {
			l.Items[i].Format = l.Defaults.Format
		}
	}
	return l.Items, nil
}

func decodeRange(encoded json.RawMessage) (*Range, error) {
	if len(encoded) == 0 || string(encoded) == "null" {
		return nil, nil //nolint:nilnil // no range is what was given
	}
	var either struct {
		Range
		Insert *Range `json:"insert"`
	}
	if err := json.Unmarshal(encoded, &either); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	if either.Insert != nil {
		return either.Insert, nil
	}
	return &either.Range, nil
}
