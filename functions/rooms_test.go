package functions_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/functions/rooms"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestCreate_MakesARoomAsAsked(t *testing.T) {
	tests := []struct {
		name, body     string
		text, language string // as the store has them
	}{
		{"no body", "", "", "python"},
		{"an empty object", "{}", "", "python"},
		{"blanks around it", " \r\n\t{} \n", "", "python"},
		{"a language", `{"language":"javascript"}`, "", "javascript"},
		{"a language of signs", `{"language":"c++"}`, "", "c++"},
		{"the longest language", `{"language":"` + strings.Repeat("x", 32) + `"}`, "", strings.Repeat("x", 32)},
		{"code", `{"code":"print(1)\n"}`, "print(1)\n", "python"},
		{"both", `{"language":"go","code":"package main"}`, "package main", "go"},
		{"CRLF becomes LF", `{"code":"a\r\nb\rc\n\r\nd"}`, "a\nb\nc\n\nd", "python"},
		{"unicode", `{"code":"é😀\ud83d\ude00\u0000\u2028"}`, "é😀😀\x00\u2028", "python"},
		{"unknown fields", `{"code":"x","name":"y","nested":{"code":[1]}}`, "x", "python"},
		{"a name in another case is another name", `{"CODE":"x","Language":"go"}`, "", "python"},
		{"an empty code", `{"code":""}`, "", "python"},
		{"null means left out", `{"code":null,"language":null}`, "", "python"},
	}
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		r := newRig(t, server)
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				created := r.create(t, test.body)
				if text, language := r.stored(created.RoomID); text != test.text || language != test.language {
					t.Errorf("the store has %q in %q", text, language)
				}
			})
		}
	})
}

func TestCreate_AnswersWithLinksFromTheSettings(t *testing.T) {
	tests := []struct {
		name     string
		change   func(*functions.Settings)
		base, ws string
		digits   int
		expires  int
	}{
		{"defaults", func(s *functions.Settings) { *s = defaults(t) }, "http://localhost:3000/", "ws://localhost:8000/", 6, 7200},
		{"set", func(s *functions.Settings) {
			s.BaseURL, s.WSBaseURL, s.RoomCodeLength, s.TTLSeconds = "https://editor.example/app", "wss://relay.example", 31, 90
		}, "https://editor.example/app/", "wss://relay.example/", 31, 90},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := redistest.Embedded(t)
			got := newRig(t, server, test.change).create(t, "")
			if !regexp.MustCompile(fmt.Sprintf("^[0-9a-f]{%d}$", test.digits)).MatchString(got.RoomID) {
				t.Errorf("the id is %q", got.RoomID)
			}
			want := createdRoom{got.RoomID, test.base + got.RoomID, test.ws + "ws/" + got.RoomID, test.ws + "yjs/" + got.RoomID, test.expires}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			for _, key := range server.Keys() {
				if ttl := server.TTL(key).Seconds(); ttl <= 0 || ttl > float64(test.expires) {
					t.Errorf("key %s lives %v s", key, ttl)
				}
			}
		})
	}
}

func TestCreate_RefusesWhatARoomCannotBeMadeWith(t *testing.T) {
	object := func(pad int) string { return `{"pad":"` + strings.Repeat("x", pad-len(`{"pad":""}`)) + `"}` }
	tests := []struct {
		name, body, contentType string
		want                    apierr.Code
	}{
		{"language in capitals", `{"language":"Python"}`, "", apierr.Invalid},
		{"language too long", `{"language":"` + strings.Repeat("x", 33) + `"}`, "", apierr.Invalid},
		{"language empty", `{"language":""}`, "", apierr.Invalid},
		{"language with a line", `{"language":"go\n"}`, "", apierr.Invalid},
		{"language with markup", `{"language":"<b>"}`, "", apierr.Invalid},
		{"language a number", `{"language":1}`, "", apierr.Invalid},
		{"code a number", `{"code":1}`, "", apierr.Invalid},
		{"code a list", `{"code":["x"]}`, "", apierr.Invalid},
		{"code an object", `{"code":{}}`, "", apierr.Invalid},
		{"a lone high surrogate", `{"code":"x\ud800y"}`, "", apierr.Invalid},
		{"a lone low surrogate", `{"code":"\udc00"}`, "", apierr.Invalid},
		{"surrogates the wrong way round", `{"code":"\ude00\ud83d"}`, "", apierr.Invalid},
		{"bytes that are not UTF-8", "{\"code\":\"\xff\"}", "", apierr.Invalid},
		{"an encoded surrogate", "{\"code\":\"\xed\xa0\x80\"}", "", apierr.Invalid},
		{"a field twice", `{"code":"a","code":"b"}`, "", apierr.Invalid},
		{"null", `null`, "", apierr.Invalid},
		{"a list", `[]`, "", apierr.Invalid},
		{"a string", `"x"`, "", apierr.Invalid},
		{"a number", `1`, "", apierr.Invalid},
		{"not JSON", `{`, "", apierr.Invalid},
		{"not JSON at all", `code=x`, "", apierr.Invalid},
		{"something after it", `{} {}`, "", apierr.Invalid},
		{"a comment", `{/**/}`, "", apierr.Invalid},
		{"UTF-16", "\xff\xfe{\x00}\x00", "", apierr.Invalid},
		{"deep", strings.Repeat("[", 100_000), "", apierr.Invalid},
		{"a form", `code=x`, "application/x-www-form-urlencoded", apierr.UnsupportedMedia},
		{"text", `{}`, "text/plain", apierr.UnsupportedMedia},
		{"multipart", `{}`, "multipart/form-data; boundary=x", apierr.UnsupportedMedia},
		{"no media type", `{}`, "json or so", apierr.UnsupportedMedia},
		{"a body above 1 MiB", object(rooms.MaxBodyBytes + 1), "", apierr.TooLarge},
		{"code above what a room holds", `{"code":"` + strings.Repeat("x", 524_289) + `"}`, "", apierr.TooLarge},
		{"code above it in bytes only", `{"code":"` + strings.Repeat("é", 262_145) + `"}`, "", apierr.TooLarge},
	}
	server := redistest.Embedded(t)
	r := newRig(t, server)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			headers := []string{"Content-Type", test.contentType}
			if test.contentType == "" {
				headers = nil
			}
			detail := wantProblem(t, r.do("POST", "/rooms", test.body, headers...), test.want)
			if strings.Contains(detail, "Go ") || strings.Contains(detail, "rooms.") {
				t.Errorf("the detail is about our code: %s", detail)
			}
		})
	}
	if keys := server.Keys(); len(keys) != 0 {
		t.Errorf("refused, and yet Redis has %q", keys)
	}
	r.create(t, object(rooms.MaxBodyBytes))
	r.create(t, `{"code":"`+strings.Repeat("x", 524_288)+`"}`)
}

func TestCreate_MeasuresTheTextThatWouldBeKept(t *testing.T) {
	r := newRig(t, redistest.Embedded(t), func(s *functions.Settings) { s.MaxTextBytes = 4 })
	r.create(t, `{"code":"a\r\n\r\nb"}`)
	wantProblem(t, r.do("POST", "/rooms", `{"code":"a\n\n\nb"}`), apierr.TooLarge)
}

func TestCreate_TakesJSONByAnyOfItsNames(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "application/vnd.x+json", ""} {
		got := r.do("POST", "/rooms", `{"code":"x"}`, "Content-Type", contentType)
		if got.status != http.StatusCreated {
			t.Errorf("%q: status %d, %s", contentType, got.status, got.body)
		}
	}
}

// exists asks whether there is a room with the id that a path has, encoded.
func (r *rig) exists(t *testing.T, encoded string) (exists bool, id string) {
	t.Helper()
	got := r.do("GET", "/rooms/"+encoded+"/exists", "")
	var answer struct {
		Exists *bool   `json:"exists"`
		RoomID *string `json:"room_id"`
	}
	decode(t, got, &answer)
	if got.status != http.StatusOK || answer.Exists == nil || answer.RoomID == nil {
		t.Errorf("%.100q: status %d, %.200s", encoded, got.status, got.body)
		return false, ""
	}
	return *answer.Exists, *answer.RoomID
}

// oddIDs are no ids of rooms, or of none that there is.
func oddIDs() []string {
	ids := []string{
		".", "..", "...", "//", "/..", "../", "../..", "a/b", "a/../b", "/exists", "rooms/x/exists", "\\", "..\\..", "%", "%%", "%2f", "%00", "+",
		" ", "  ", "\t", "\n", "\r\n", "\r\nSet-Cookie: x=y", "a\r\nGET x", "\x00", "a\x00b", "\x1b[31m", "\x7f", "*", "room:*", "{}", "{a972ed}",
		"{room_id}", "[a-z]", "?", "a?b", "#", "a#b", ";", "a;b", "&", "=", "'", `"`, "`", "<script>", "$(id)", "null", "undefined", "true", "0", "-1",
		"NaN", "é", "e\u0301", "ß", "İ", "ｆｆｆｆｆｆ", "а972ed", "😀😀😀😀😀😀", "\u202ea972ed", "\ufeffa972ed", "\u2028", "\ufffd", "\xff", "\xff\xfeabcd",
		"\xed\xa0\x80", "\xc0\xaf\xc0\xaf", "a", "abcde", "ABCDEF", "abcdeF", "abcde-", "abcde_", "abcdef ", " abcdef", "abcdef\n", "abcdef\x00",
		"abcdef/", "abcdef.", "autocomplete", "exists", "health", "favicon.ico", ".env", ".git", "wp-login.php", "abcdef", "zzzzzz", "012345",
		strings.Repeat("a", 5), strings.Repeat("a", 32), strings.Repeat("a", 33), strings.Repeat("a", 5000), strings.Repeat("../", 500), strings.Repeat("é", 500),
	}
	for c := range 128 { // each character of ASCII, in the middle of an id
		ids = append(ids, "abc"+string(rune(c))+"ef")
	}
	return ids
}

// everyByte percent-encodes all of s: then no rule for paths changes it.
func everyByte(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02x", s[i])
	}
	return b.String()
}

func TestExists_AnswersForAnyID(t *testing.T) {
	ids := oddIDs()
	if len(ids) < 200 {
		t.Errorf("only %d ids", len(ids))
	}
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		r := newRig(t, server)
		for _, id := range ids {
			// What is not UTF-8 cannot stand in JSON.
			want := string([]rune(id))
			for _, encoded := range []string{url.PathEscape(id), everyByte(id)} {
				if encoded == "." || encoded == ".." {
					continue // these are no ids, but steps of a path
				}
				if exists, echoed := r.exists(t, encoded); exists || echoed != want {
					t.Errorf("%.100q: exists %t, room_id %.100q", encoded, exists, echoed)
				}
			}
		}
		if keys := server.Keys(); len(keys) != 0 {
			t.Errorf("asking made keys: %q", keys)
		}
	})
}

func TestExists_StepsOfAPathAreNoIDs(t *testing.T) {
	r := newRig(t, redistest.Embedded(t))
	for path, location := range map[string]string{
		"/rooms//exists":          "/rooms/exists",
		"/rooms/./exists":         "/rooms/exists",
		"/rooms/../exists":        "/exists",
		"/rooms/abcdef/../exists": "/rooms/exists",
	} {
		if got := r.do("GET", path, ""); got.status != http.StatusTemporaryRedirect || got.header.Get("Location") != location {
			t.Errorf("%s: status %d to %q, want %q", path, got.status, got.header.Get("Location"), location)
		}
		wantProblem(t, r.do("GET", location, ""), apierr.NotFound)
	}
	// The last one is net/http's: it takes an encoded slash alone for the end of a path.
	for _, path := range []string{"/rooms/a/b/exists", "/rooms/abcdef/exists/", "/rooms/abcdef", "/rooms/", "/rooms/%2f/exists"} {
		wantProblem(t, r.do("GET", path, ""), apierr.NotFound)
	}
}

func TestExists_FindsARoom(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		r := newRig(t, server)
		id := r.create(t, "").RoomID
		for _, encoded := range []string{id, everyByte(id)} {
			if exists, echoed := r.exists(t, encoded); !exists || echoed != id {
				t.Errorf("exists %t, room_id %q, want %q", exists, echoed, id)
			}
		}
		for _, other := range []string{strings.ToUpper(id) + "A", id + "0", id[1:], id + "%00", id + "%20", "%2e%2f" + id} {
			if exists, _ := r.exists(t, other); exists {
				t.Errorf("there is a room with the id %q", other)
			}
		}
		server.Wipe()
		if exists, _ := r.exists(t, id); exists {
			t.Error("the room is gone and still exists")
		}
	})
}

func TestExists_EndsWithTheRoom(t *testing.T) {
	r := newRig(t, redistest.Embedded(t), func(s *functions.Settings) { s.TTLSeconds = 1 })
	id := r.create(t, "").RoomID
	eventually(t, "the room is gone", func() bool {
		exists, _ := r.exists(t, id)
		return !exists
	})
}

func TestLogs_NameRoomsByAHashOnly(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		r := newRig(t, server)
		code := r.secret("my_secret_code")
		id := r.create(t, `{"code":"`+code+`"}`).RoomID
		asJSON, _ := json.Marshal(map[string]any{"code": code + "\ndef ", "cursor_position": 19})
		requests := []struct{ method, path, body string }{
			{"GET", "/rooms/" + id + "/exists", ""},
			{"GET", "/rooms/" + id, ""},
			{"DELETE", "/rooms/" + id + "/exists", ""},
			{"GET", "/" + id + "?room=" + id, ""},
			{"GET", "//rooms/" + id + "/../" + id, ""},
			{"POST", "/rooms?code=" + code, `{"code":"` + code + `","language":"` + id + `!"}`},
			{"POST", "/rooms", `{"code":["` + code + `"]}`},
			{"POST", "/rooms", code},
			{"POST", "/rooms/autocomplete", string(asJSON)},
			{"POST", "/rooms/autocomplete", code},
		}
		for _, request := range requests {
			r.do(request.method, request.path, request.body, "Referer", "http://localhost:3000/"+id, "User-Agent", id, "Cookie", id)
		}
		server.Stop()
		r.do("GET", "/rooms/"+id+"/exists", "")
		r.do("POST", "/rooms", `{"code":"`+code+`"}`)
		server.Start()
		if log := r.log.String(); strings.Count(log, `"message":"request"`) < len(requests) || !strings.Contains(log, `"room":"`) {
			t.Errorf("the log has too little: %s", log) // the rest is looked at when the test ends
		}
	})
}
