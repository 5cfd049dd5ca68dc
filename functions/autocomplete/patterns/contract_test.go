package patterns

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"unicode/utf16"
)

// recorded is an exchange between a client and the service. The requests it
// refused are skipped: refusing is for whoever decodes them.
type recorded struct {
	Request struct {
		Code     string  `json:"code"`
		Cursor   int     `json:"cursor_position"`
		Language *string `json:"language"`
	} `json:"request"`
	Status   int `json:"status"`
	Response struct {
		Text string `json:"suggestion"`
		Word string `json:"trigger_word"`
	} `json:"response"`
}

func TestLegacy_AnswersAsRecorded(t *testing.T) {
	rows, err := os.ReadFile("../testdata/contract.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for row := range bytes.Lines(rows) {
		var r recorded
		if err := json.Unmarshal(row, &r); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
		if r.Status == http.StatusUnprocessableEntity {
			continue
		}
		language := "python" // what a request without a language means
		if r.Request.Language != nil {
			language = *r.Request.Language
		}
		offset := len(string(utf16.Decode(units(r.Request.Code, r.Request.Cursor))))
		got := askLegacy(t, language, r.Request.Code, offset)
		if got.Text != r.Response.Text || got.Trigger != r.Response.Word || (got.Text != "") != (r.Status == http.StatusOK) {
			t.Errorf("%s: got %+v", bytes.TrimSpace(row), got)
		}
		checked++
	}
	if checked < 70 {
		t.Errorf("only %d exchanges checked", checked)
	}
}

// units returns the first UTF-16 code units of s, as many as there are.
func units(s string, count int) []uint16 {
	all := utf16.Encode([]rune(s))
	return all[:min(count, len(all))]
}
