package openai_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/openai"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/endpoint"
	"github.com/tutti-live/tutti/shared/config"
)

func TestSettings_BadValuesAreNamed(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for variable, values := range map[string][]string{
		"URL":               {"", "model.example", "ftp://model.example", "https://me:se-cret@model.example", "https://model.example?key=se-cret", "http://8.8.8.8/v1", "http://169.254.169.254"},
		"KEY":               {"se cret", "se-cret\n", "clé-se-cret"},
		"KEY_FILE":          {"/nowhere/at/all", empty},
		"MODEL":             {""},
		"DIALECT":           {"latin", "ollama with prefix"},
		"FAMILY":            {"llama", ""},
		"BUDGET":            {"0", "2h", "soon"},
		"MAX_TOKENS":        {"15", "513", "many"},
		"CONCURRENCY":       {"0", "1001"},
		"TOKENS_PER_MINUTE": {"0", "-1"},
		"PROXY":             {"socks5://proxy"},
	} {
		for _, value := range values {
			settings := defaults(t)
			t.Run(variable+"="+value, func(t *testing.T) {
				if variable == "KEY_FILE" {
					t.Setenv("AUTOCOMPLETE_OPENAI_KEY", "")
				}
				t.Setenv("AUTOCOMPLETE_OPENAI_"+variable, value)
				settings = openai.Settings{}
				err := config.Load(&settings)
				if err == nil {
					var p *openai.Provider
					if p, err = openai.New(settings, slog.New(slog.DiscardHandler)); err == nil {
						p.Close()
					}
				}
				bad, is := errors.AsType[*config.Error](err)
				if !is || bad.Variable != "AUTOCOMPLETE_OPENAI_"+variable || strings.Contains(err.Error(), "se-cret") {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

func TestSecret_IsNotPrinted(t *testing.T) {
	s := defaults(t)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%q", s.OpenAIKey)} {
		if strings.Contains(text, secretKey) {
			t.Errorf("%s", text)
		}
	}
}

// served is a provider that asks a server on the loopback.
func served(t *testing.T, handler http.HandlerFunc, env ...string) *openai.Provider {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	_ = defaults(t)
	t.Setenv("AUTOCOMPLETE_OPENAI_URL", server.URL)
	for i := 0; i < len(env); i += 2 {
		t.Setenv(env[i], env[i+1])
	}
	var settings openai.Settings
	if err := config.Load(&settings); err != nil {
		t.Fatal(err)
	}
	p, err := openai.New(settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestNew_AsksOverTCPWithTheKeyOfAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(secretKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The proxy of the environment is not there: who heeds it fails.
	p := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secretKey || r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("%v", r.Header)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("data: {\"choices\":[{\"text\":\"o(1)\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"))
	}, "AUTOCOMPLETE_OPENAI_KEY", "", "AUTOCOMPLETE_OPENAI_KEY_FILE", file, "AUTOCOMPLETE_OPENAI_BUDGET", "10s",
		"HTTP_PROXY", "http://127.0.0.1:1", "ALL_PROXY", "http://127.0.0.1:1")
	list, err := p.Suggest(t.Context(), at("x = fo‸"))
	if err != nil || len(list) != 1 || list[0].Text != "o(1)" {
		t.Errorf("%v, %v", list, err)
	}
}

func TestNew_FollowsNoRedirects(t *testing.T) {
	followed := false
	p := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed = true
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}, "AUTOCOMPLETE_OPENAI_BUDGET", "10s")
	_, err := p.Suggest(t.Context(), at("x = fo‸"))
	if status, is := errors.AsType[*endpoint.StatusError](err); !is || status.Status != http.StatusTemporaryRedirect || followed {
		t.Errorf("%v, followed %t", err, followed)
	}
}
