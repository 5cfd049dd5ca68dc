package autocomplete

import (
	"testing"
	"unicode/utf8"
)

func FuzzSuggest(f *testing.F) {
	for _, code := range []string{"", "def ", "a\r\nimport", "def été", "x = 😀", "\xf0\x9f", "\x80=", "\xff"} {
		f.Add(code, len(code))
		f.Add(code, len(code)/2)
	}
	f.Fuzz(func(t *testing.T, code string, cursor int) {
		if cursor < 0 {
			t.Skip()
		}
		got, ok := Suggest("python", code, cursor)
		if !ok {
			if got != (Suggestion{}) {
				t.Errorf("no suggestion, and yet %+v", got)
			}
			return
		}
		if got.Text == "" || got.TriggerWord == "" {
			t.Errorf("empty suggestion %+v", got)
		}
		if got.InsertPosition != cursor {
			t.Errorf("InsertPosition = %d, want %d", got.InsertPosition, cursor)
		}
		end, _ := byteOffset(code, cursor)
		if before, _ := Suggest("python", code[:end], cursor); before != got && utf8.ValidString(code) {
			t.Errorf("without what follows the cursor %+v, with it %+v", before, got)
		}
	})
}
