package functions

import (
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// strictJSON reads JSON more closely than encoding/json: a name in another case
// is another name, and none may stand twice, so that no two readers of a body
// disagree on what it says. What is not Unicode becomes U+FFFD, which leaves
// positions as they are; a room refuses it.
var strictJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		err := json.Unmarshal(data, v, jsontext.AllowInvalidUTF8(true))
		if bad, ok := errors.AsType[*json.SemanticError](err); ok && bad.Err != nil {
			return fmt.Errorf("%s: %w", bad.JSONPointer, bad.Err) // the rest of it is about Go
		}
		return err
	},
}

// Validation looks for names by a rule of its own.
func init() { huma.ValidateStrictCasing = true }
