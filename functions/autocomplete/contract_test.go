package autocomplete

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"testing"
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
		Text     string `json:"suggestion"`
		Position int    `json:"insert_position"`
		Word     string `json:"trigger_word"`
	} `json:"response"`
}

func TestSuggest_AnswersAsRecorded(t *testing.T) {
	rows, err := os.ReadFile("testdata/contract.jsonl")
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
		got, ok := Suggest(language, r.Request.Code, r.Request.Cursor)
		want := Suggestion{Text: r.Response.Text, InsertPosition: r.Response.Position, TriggerWord: r.Response.Word}
		if got != want || ok != (r.Status == http.StatusOK) {
			t.Errorf("%s: got %+v, %t", bytes.TrimSpace(row), got, ok)
		}
		checked++
	}
	if checked < 70 {
		t.Errorf("only %d exchanges checked", checked)
	}
}
