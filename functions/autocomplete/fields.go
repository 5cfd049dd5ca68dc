package autocomplete

import (
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"
)

// position is a whole number however it is written: in JSON, 4.0 is 4.
type position int

// UnmarshalJSON reads a number that was found to be whole and not too big.
func (p *position) UnmarshalJSON(b []byte) error {
	var number float64
	err := json.Unmarshal(b, &number)
	*p = position(number)
	return err
}

// defaultLanguage is that of a request that names none.
const defaultLanguage = "python"

// language is that of a request. One that is empty or null is not left out.
type language struct {
	name  string
	given bool
}

// Schema says that it is a string.
func (language) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

// UnmarshalJSON reads a string and, unlike a string, no null.
func (l *language) UnmarshalJSON(b []byte) error {
	l.given = true
	if string(b) == "null" {
		return errors.New("expected string")
	}
	return json.Unmarshal(b, &l.name)
}

func (l language) orDefault() string {
	if l.given {
		return l.name
	}
	return defaultLanguage
}
