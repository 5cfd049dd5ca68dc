package config_test

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/config"
)

type settings struct {
	config.HTTP
	config.Redis
	config.Rooms
	config.Links
}

func TestLoad_Defaults(t *testing.T) {
	for _, v := range config.Names(&settings{}) {
		t.Setenv(v.Name, "") // so that the test's end brings the old value back
		if err := os.Unsetenv(v.Name); err != nil {
			t.Fatal(err)
		}
	}
	var s settings
	if err := config.Load(&s); err != nil {
		t.Fatal(err)
	}
	if s.Port != 8000 || s.URL != "redis://localhost:6379" || s.BaseURL != "http://localhost:3000" ||
		s.WSBaseURL != "ws://localhost:8000" || s.TTL() != 2*time.Hour || s.RoomCodeLength != 6 || s.TextName != "code" ||
		s.LogLevel.Level() != slog.LevelInfo || len(s.CORSOrigins) != 1 || s.CORSOrigins[0] != "http://localhost:3000" {
		t.Errorf("defaults are %+v", s)
	}
}

func TestLoad_BadValueIsOneLineThatNamesTheVariable(t *testing.T) {
	for variable, values := range map[string][]string{
		"PORT":             {"http", "-1", "65536", "80 "},
		"CORS_ORIGINS":     {"*", "https://*.example", "example.com", "https://a.example/", "https://A.example", "https://a.example/x", "https://ok.example,*"},
		"TRUSTED_PROXIES":  {"-1", "all"},
		"LOG_LEVEL":        {"loud"},
		"REDIS_URL":        badRedisURLs,
		"ROOM_TTL_SECONDS": {"0", "2h", "99999999"},
		"MAX_TEXT_BYTES":   {"0", "1GB"},
		"ROOM_TEXT_NAME":   {"", " ", "my text", "code\n", "naïve", "a/b", "{code}", strings.Repeat("x", 65)},
		"BASE_URL":         {"localhost", "ftp://localhost", "https://user@host", "https://host?x=1"},
		"WS_BASE_URL":      {"http://localhost:8000"},
		"ROOM_CODE_LENGTH": {"5", "33", "six"},
	} {
		for _, value := range values {
			t.Run(variable+"="+value, func(t *testing.T) {
				t.Setenv(variable, value)
				err := config.Load(&settings{})
				bad, ok := errors.AsType[*config.Error](err)
				if !ok || bad.Variable != variable {
					t.Fatalf("Load = %v, want an error that names %s", err, variable)
				}
				if line := err.Error(); !strings.HasPrefix(line, variable) || strings.Contains(line, "\n") {
					t.Errorf("%q is not one line that begins with the variable", line)
				}
				if strings.Contains(err.Error(), "se cret") {
					t.Errorf("%q shows a password", err)
				}
			})
		}
	}
}

func TestLoad_TakesWhatPeopleWrite(t *testing.T) {
	t.Setenv("CORS_ORIGINS", " https://a.example , http://localhost:5173,")
	t.Setenv("BASE_URL", "https://a.example/editor/")
	t.Setenv("WS_BASE_URL", "wss://relay.example/")
	var s settings
	if err := config.Load(&s); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.CORSOrigins, "|"); got != "https://a.example|http://localhost:5173" {
		t.Errorf("origins are %s", got)
	}
	if s.BaseURL != "https://a.example/editor" || s.WSBaseURL != "wss://relay.example" {
		t.Errorf("base URLs are %s and %s", s.BaseURL, s.WSBaseURL)
	}
}

func TestTextName_TakesWhatEditorsCallTheirText(t *testing.T) {
	for _, name := range []string{"code", "monaco", "codemirror", "quill", "y-text_1.0", "X", strings.Repeat("x", 64)} {
		t.Setenv("ROOM_TEXT_NAME", name)
		var s settings
		if err := config.Load(&s); err != nil || string(s.TextName) != name {
			t.Errorf("%q is read as %q, %v", name, s.TextName, err)
		}
	}
}
