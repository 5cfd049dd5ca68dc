package functions_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/functions/autocomplete"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/redistest"
)

const noSuggestion = "No autocomplete suggestion available for current context"

func TestAutocomplete_AnswersAsRecorded(t *testing.T) {
	rows, err := os.ReadFile("autocomplete/testdata/contract.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, redistest.Embedded(t), func(s *functions.Settings) { s.Providers = autocomplete.ProviderNames{"patterns"} })
	seen := map[int]int{}
	for row := range bytes.Lines(rows) {
		var recorded struct {
			Request  json.RawMessage
			Status   int
			Response map[string]any
		}
		if err := json.Unmarshal(row, &recorded); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
		seen[recorded.Status]++
		got := r.do("POST", "/rooms/autocomplete", string(recorded.Request))
		switch recorded.Status {
		case http.StatusOK:
			var answer map[string]any
			decode(t, got, &answer)
			if got.status != http.StatusOK || !reflect.DeepEqual(answer, recorded.Response) {
				t.Errorf("%s: status %d, %s", recorded.Request, got.status, got.body)
			}
		case http.StatusNotFound:
			if detail := wantProblem(t, got, apierr.NotFound); detail != recorded.Response["detail"] || detail != noSuggestion {
				t.Errorf("%s: detail %q", recorded.Request, detail)
			}
		case http.StatusUnprocessableEntity:
			wantProblem(t, got, apierr.Invalid)
		default:
			t.Errorf("recorded status %d", recorded.Status)
		}
	}
	if seen[200] != 33 || seen[404] != 47 || seen[422] != 6 {
		t.Errorf("exchanges by status: %v", seen)
	}
}

func TestAutocomplete_TakesWholeNumbersHoweverWritten(t *testing.T) {
	const suggested = http.StatusOK
	tests := []struct {
		position string
		status   int
		inserted int
	}{
		{"4", suggested, 4},
		{"4.0", suggested, 4},
		{"4.000e0", suggested, 4},
		{"0.4e1", suggested, 4},
		{"1e3", suggested, 1000}, // past the end means the end
		{"9007199254740991", suggested, 9007199254740991},
		{"0", 404, 0},
		{"-0", 404, 0},
		{"0.0", 404, 0},
		{"9007199254740992", 422, 0}, // from here on, not every number can be written
		{"1e30", 422, 0},
		{"1e400", 422, 0},
		{"123456789012345678901234567890", 422, 0},
		{"-1", 422, 0},
		{"-0.5", 422, 0},
		{"4.5", 422, 0},
		{"4e-1", 422, 0},
		{`"4"`, 422, 0},
		{`""`, 422, 0},
		{"true", 422, 0},
		{"null", 422, 0},
		{"[4]", 422, 0},
		{"{}", 422, 0},
		{"04", 422, 0},
		{"+4", 422, 0},
		{"0x4", 422, 0},
		{"NaN", 422, 0},
		{"Infinity", 422, 0},
	}
	r := newRig(t, redistest.Embedded(t))
	for _, test := range tests {
		t.Run(test.position, func(t *testing.T) {
			got := r.do("POST", "/rooms/autocomplete", `{"code":"def ","cursor_position":`+test.position+`}`)
			switch test.status {
			case suggested:
				var answer struct {
					Suggestion     string `json:"suggestion"`
					InsertPosition int    `json:"insert_position"`
					TriggerWord    string `json:"trigger_word"`
				}
				decode(t, got, &answer)
				if got.status != suggested || answer.InsertPosition != test.inserted || answer.TriggerWord != "def" {
					t.Errorf("status %d, %s", got.status, got.body)
				}
			case http.StatusNotFound:
				wantProblem(t, got, apierr.NotFound)
			default:
				wantProblem(t, got, apierr.Invalid)
			}
		})
	}
}

func TestAutocomplete_TellsLanguagesApart(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	tests := []struct {
		language string // as JSON; empty: left out
		status   int
	}{
		{"", 200},
		{`"python"`, 200},
		{`""`, 404}, // an empty language is not the default one
		{`"Python"`, 404},
		{`" python"`, 404},
		{`"go"`, 404},
		{`"` + strings.Repeat("x", 10_000) + `"`, 404},
		{`"\u0000"`, 404},
		{"null", 422},
		{"1", 422},
		{`["python"]`, 422},
	}
	for _, test := range tests {
		body := `{"code":"def ","cursor_position":4}`
		if test.language != "" {
			body = `{"code":"def ","cursor_position":4,"language":` + test.language + `}`
		}
		if got := r.do("POST", "/rooms/autocomplete", body); got.status != test.status {
			t.Errorf("language %.20s: status %d, %s", test.language, got.status, got.body)
		}
	}
}

func TestAutocomplete_RefusesWhatItCannotRead(t *testing.T) {
	body := func(size int) string {
		const frame = `{"code":"","cursor_position":0}`
		return `{"code":"` + strings.Repeat("x", size-len(frame)) + `","cursor_position":0}`
	}
	tests := []struct {
		name, body, contentType string
		want                    apierr.Code
	}{
		{"no body", "", "", apierr.Invalid},
		{"null", "null", "", apierr.Invalid},
		{"not JSON", "{", "", apierr.Invalid},
		{"a list", "[]", "", apierr.Invalid},
		{"something after it", `{"code":"x","cursor_position":0}x`, "", apierr.Invalid},
		{"code a number", `{"code":1,"cursor_position":0}`, "", apierr.Invalid},
		{"a name in another case", `{"Code":"x","cursor_position":0}`, "", apierr.Invalid},
		{"a field twice", `{"code":"x","cursor_position":0,"cursor_position":1}`, "", apierr.Invalid},
		{"a form", "code=x", "application/x-www-form-urlencoded", apierr.UnsupportedMedia},
		{"text", `{"code":"x","cursor_position":0}`, "text/plain", apierr.UnsupportedMedia},
		{"a body of 1 MiB and one byte", body(1<<20 + 1), "", apierr.TooLarge},
		{"a body of 1 MiB", body(1 << 20), "", apierr.NotFound},
		{"half a character", `{"code":"def \ud83d","cursor_position":5}`, "", apierr.NotFound},
	}
	r := newRig(t, redistest.Embedded(t))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			headers := []string{"Content-Type", test.contentType}
			if test.contentType == "" {
				headers = nil
			}
			wantProblem(t, r.do("POST", "/rooms/autocomplete", test.body, headers...), test.want)
		})
	}
}

func TestAutocomplete_SuggestsBehindHalfACharacter(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	// The recorded service read lone surrogates too. One is one unit, as its stand-in.
	got := r.do("POST", "/rooms/autocomplete", `{"code":"\ud83d\ndef ","cursor_position":6}`)
	if got.status != http.StatusOK || !strings.Contains(got.body, `"insert_position":6`) {
		t.Errorf("status %d, %s", got.status, got.body)
	}
}

func TestAutocomplete_NeedsNoRedis(t *testing.T) {
	server := redistest.Embedded(t)
	r := newRig(t, server)
	server.Stop()
	defer server.Start()
	if got := r.do("POST", "/rooms/autocomplete", `{"code":"def ","cursor_position":4}`); got.status != http.StatusOK {
		t.Errorf("status %d, %s", got.status, got.body)
	}
}

func TestAutocomplete_ManyMistakesAreToldInFewWords(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	kinds := strings.Repeat(`"x",`, 100_000) + `"x"`
	got := r.do("POST", "/rooms/autocomplete", `{"code":"","cursor_position":0,"kinds":[`+kinds+`]}`)
	wantProblem(t, got, apierr.Invalid)
	if len(got.body) > 2000 {
		t.Errorf("the answer has %d bytes", len(got.body))
	}
}
