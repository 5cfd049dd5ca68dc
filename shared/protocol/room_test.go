package protocol

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestDecode_Accepts(t *testing.T) {
	three := int64(3)
	for frame, want := range map[string]any{
		`{"type":"code_update","code":"a\nb"}`:                  SetCode{Code: "a\nb"},
		`{"code":"","type":"code_update","extra":{"deep":[1]}}`: SetCode{},
		`{"type":"code_update","code":"😀\ud83d\ude00"}`:         SetCode{Code: "😀😀"},
		`{"type":"code_update","code":"x","base_version":3}`:    SetCode{Code: "x", BaseVersion: &three},
		`{"type":"cursor_move","line":1,"column":0}`:            MoveCursor{Line: 1},
		`{"type":"cursor_move","line":7,"column":9,"code":5}`:   MoveCursor{Line: 7, Column: 9},
		`{"type":"hello"}`: Hello{},
		`{"type":"hello","name":" Ada ","features":["saved","new"]}`:  Hello{Name: "Ada", Features: []string{"saved", "new"}},
		`{"type":"language_change","language":"c++"}`:                 SetLanguage{Language: "c++"},
		" {\"type\" : \"language_change\", \"language\": \"go\" } \n": SetLanguage{Language: "go"},
	} {
		got, err := Decode([]byte(frame))
		if err != nil || fmt.Sprintf("%#v", deref(got)) != fmt.Sprintf("%#v", deref(want)) {
			t.Errorf("Decode(%s) = %#v, %v; want %#v", frame, got, err, want)
		}
	}
}

// deref makes two SetCodes comparable as text.
func deref(m any) any {
	if s, ok := m.(SetCode); ok && s.BaseVersion != nil {
		return fmt.Sprint(s.Code, *s.BaseVersion)
	}
	return m
}

func TestDecode_Refuses(t *testing.T) {
	for _, c := range []struct{ name, frame, code string }{
		{"nothing", ``, ErrCodeBadJSON},
		{"words", `hello`, ErrCodeBadJSON},
		{"array", `[]`, ErrCodeBadJSON},
		{"null", `null`, ErrCodeBadJSON},
		{"string", `"code_update"`, ErrCodeBadJSON},
		{"cut off", `{"type":"code_update","code":"x"`, ErrCodeBadJSON},
		{"more behind it", `{"type":"code_update","code":"x"}{}`, ErrCodeBadJSON},
		{"name twice", `{"type":"code_update","code":"x","code":"y"}`, ErrCodeBadJSON},
		{"type twice", `{"type":"code_update","type":"hello","code":"x"}`, ErrCodeBadJSON},
		{"lone high surrogate", `{"type":"code_update","code":"\ud83d"}`, ErrCodeBadJSON},
		{"lone low surrogate", `{"type":"code_update","code":"\ude00x"}`, ErrCodeBadJSON},
		{"halves swapped", `{"type":"code_update","code":"\ude00\ud83d"}`, ErrCodeBadJSON},
		{"not UTF-8", "{\"type\":\"code_update\",\"code\":\"\xff\"}", ErrCodeBadJSON},
		{"surrogate in UTF-8", "{\"type\":\"code_update\",\"code\":\"\xed\xa0\x80\"}", ErrCodeBadJSON},
		{"overlong UTF-8", "{\"type\":\"code_update\",\"code\":\"\xc0\xaf\"}", ErrCodeBadJSON},
		{"raw control character", "{\"type\":\"code_update\",\"code\":\"\x01\"}", ErrCodeBadJSON},
		{"comment", `{"type":"hello"/**/}`, ErrCodeBadJSON},
		{"deep nesting", `{"type":"hello","x":` + strings.Repeat("[", 1<<16) + `}`, ErrCodeBadJSON},
		{"no type", `{"code":"x"}`, ErrCodeInvalid},
		{"type in capitals", `{"TYPE":"code_update","code":"x"}`, ErrCodeInvalid},
		{"type a number", `{"type":1}`, ErrCodeInvalid},
		{"type null", `{"type":null}`, ErrCodeInvalid},
		{"unknown type", `{"type":"drop_table"}`, ErrCodeUnknownType},
		{"a server's type", `{"type":"user_left","user_id":"0123456789abcdef"}`, ErrCodeUnknownType},
		{"no code", `{"type":"code_update"}`, ErrCodeInvalid},
		{"code null", `{"type":"code_update","code":null}`, ErrCodeInvalid},
		{"code a number", `{"type":"code_update","code":1}`, ErrCodeInvalid},
		{"code in capitals", `{"type":"code_update","Code":"x"}`, ErrCodeInvalid},
		{"base version a string", `{"type":"code_update","code":"x","base_version":"1"}`, ErrCodeInvalid},
		{"no line", `{"type":"cursor_move","column":1}`, ErrCodeInvalid},
		{"no column", `{"type":"cursor_move","line":1}`, ErrCodeInvalid},
		{"line zero", `{"type":"cursor_move","line":0,"column":1}`, ErrCodeInvalid},
		{"line a fraction", `{"type":"cursor_move","line":1.5,"column":1}`, ErrCodeInvalid},
		{"line a string", `{"type":"cursor_move","line":"1","column":1}`, ErrCodeInvalid},
		{"line huge", `{"type":"cursor_move","line":1e400,"column":1}`, ErrCodeInvalid},
		{"column negative", `{"type":"cursor_move","line":1,"column":-1}`, ErrCodeInvalid},
		{"column above any text", `{"type":"cursor_move","line":1,"column":16777217}`, ErrCodeInvalid},
		{"name too long", `{"type":"hello","name":"` + strings.Repeat("é", MaxNameLength+1) + `"}`, ErrCodeInvalid},
		{"name with a line break", `{"type":"hello","name":"a\nb"}`, ErrCodeInvalid},
		{"features a string", `{"type":"hello","features":"saved"}`, ErrCodeInvalid},
		{"too many features", `{"type":"hello","features":["a"` + strings.Repeat(`,"a"`, MaxFeatures) + `]}`, ErrCodeInvalid},
		{"no language", `{"type":"language_change"}`, ErrCodeInvalid},
		{"language empty", `{"type":"language_change","language":""}`, ErrCodeInvalid},
		{"language with a space", `{"type":"language_change","language":"a b"}`, ErrCodeInvalid},
		{"language too long", `{"type":"language_change","language":"` + strings.Repeat("a", MaxLanguageLength+1) + `"}`, ErrCodeInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decode([]byte(c.frame))
			refused, ok := errors.AsType[*RefusedError](err)
			if !ok || refused.Code != c.code {
				t.Fatalf("Decode = %#v, %v; want an error with code %s", got, err, c.code)
			}
			if len(refused.Message) > 200 {
				t.Errorf("the message repeats %d bytes of what the client sent", len(refused.Message))
			}
		})
	}
}

func TestEncode_FieldForField(t *testing.T) {
	for want, message := range map[string]any{
		`{"type":"init","code":"<a>\n","users":["u1"],"cursors":{"u1":{"line":1,"column":2,"color":"#C72626"}},"your_user_id":"u1",` +
			`"your_color":"#C72626","version":4,"language":"python","room_id":"a972ed","expires_in":7200,` +
			`"participants":[{"id":"u1","name":"","color":"#C72626"}]}`: Init{
			Code: "<a>\n", Users: []string{"u1"}, Cursors: map[string]Cursor{"u1": {1, 2, "#C72626"}}, YourUserID: "u1",
			YourColor: "#C72626", Version: 4, Language: "python", RoomID: "a972ed", ExpiresIn: 7200,
			Participants: []Participant{{ID: "u1", Color: "#C72626"}},
		},
		`{"type":"init","code":"","users":[],"cursors":{},"your_user_id":"","your_color":"","version":0,"language":"","room_id":"",` +
			`"expires_in":0,"participants":[]}`: Init{},
		`{"type":"code_update","code":"é😀","user_id":"u1","version":5}`:                         CodeUpdate{"é😀", "u1", 5},
		`{"type":"cursor_move","user_id":"u1","line":3,"column":4,"color":"#1C978F"}`:           CursorMove{"u1", Cursor{3, 4, "#1C978F"}},
		`{"type":"user_joined","user_id":"u1","color":"#1C978F"}`:                               UserJoined{UserID: "u1", Color: "#1C978F"},
		`{"type":"user_joined","user_id":"u1","color":"#1C978F","name":"Ada"}`:                  UserJoined{"u1", "#1C978F", "Ada"},
		`{"type":"user_left","user_id":"u1"}`:                                                   UserLeft{"u1"},
		`{"type":"language_changed","language":"go","user_id":"u1"}`:                            LanguageChanged{"go", "u1"},
		`{"type":"saved","version":6,"updates":2}`:                                              Saved{6, 2},
		`{"type":"error","code":"bad_json","message":"not a JSON object in valid \"Unicode\""}`: ErrorFrame{"bad_json", `not a JSON object in valid "Unicode"`},
	} {
		if got := string(Encode(message)); got != want {
			t.Errorf("Encode(%T)\n got %s\nwant %s", message, got, want)
		}
	}
}

func TestRestartReason_FitsInACloseFrame(t *testing.T) {
	if got, want := RestartReason(1500e6), `{"retry_ms":1500}`; got != want {
		t.Errorf("RestartReason = %s, want %s", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"code_update","code":"x","base_version":1}`))
	f.Add([]byte(`{"type":"hello","name":"Ada","features":["saved"]}`))
	f.Add([]byte(`{"type":"cursor_move","line":1,"column":1}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		message, err := Decode(frame)
		if _, ok := errors.AsType[*RefusedError](err); err != nil && !ok {
			t.Errorf("an error that cannot be told to the client: %v", err)
		}
		if (message == nil) == (err == nil) {
			t.Errorf("message %v and error %v", message, err)
		}
	})
}

func BenchmarkDecode_100KiBText(b *testing.B) {
	frame := []byte(`{"type":"code_update","code":"` + strings.Repeat(`print(\"hello\")\n`, 6000) + `"}`)
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		if _, err := Decode(frame); err != nil {
			b.Fatal(err)
		}
	}
}
