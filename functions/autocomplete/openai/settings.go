package openai

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/endpoint"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/fim"
	"github.com/tutti-live/tutti/shared/config"
)

// Settings of the provider, from the environment. Their names begin with OpenAI
// because blocks of settings are embedded side by side.
type Settings struct {
	// OpenAIURL is where the endpoint is, like https://api.mistral.ai/v1 or
	// http://localhost:11434. Plain http is for loopback and private addresses.
	OpenAIURL URL `envconfig:"AUTOCOMPLETE_OPENAI_URL"`

	// OpenAIKey is what the endpoint knows us by, if it asks. OpenAIKeyFile is a
	// file that has it instead, read once.
	OpenAIKey     Secret `envconfig:"AUTOCOMPLETE_OPENAI_KEY"`
	OpenAIKeyFile string `envconfig:"AUTOCOMPLETE_OPENAI_KEY_FILE"`

	// OpenAIModel is the model by the name that the endpoint has for it. Only
	// llama.cpp, which has one model, can do without.
	OpenAIModel string `envconfig:"AUTOCOMPLETE_OPENAI_MODEL"`

	// OpenAIDialect is how the endpoint is asked: auto, completions, template,
	// prefix, chat, mistral, deepseek, ollama or infill.
	OpenAIDialect Dialect `envconfig:"AUTOCOMPLETE_OPENAI_DIALECT" default:"auto"`

	// OpenAIFamily says with which tokens the model was trained to fill gaps:
	// qwen-coder, granite, codegemma, starcoder, codestral, codellama,
	// deepseek-coder or seed-coder. auto goes by the name of the model.
	OpenAIFamily Family `envconfig:"AUTOCOMPLETE_OPENAI_FAMILY" default:"auto"`

	// OpenAIReasoningEffort is sent to chat models that reason, which are too
	// slow without: none, minimal or low. Empty for all others.
	OpenAIReasoningEffort string `envconfig:"AUTOCOMPLETE_OPENAI_REASONING_EFFORT"`

	// OpenAIBudget is how long an answer may take. What has come by then is taken.
	OpenAIBudget config.Interval `envconfig:"AUTOCOMPLETE_OPENAI_BUDGET" default:"800ms"`

	// OpenAIMaxTokens is the length of an answer of several lines; one line has
	// 64 at most.
	OpenAIMaxTokens MaxTokens `envconfig:"AUTOCOMPLETE_OPENAI_MAX_TOKENS" default:"160"`

	// OpenAIConcurrency is how many questions are asked at once: as many as small
	// servers have slots. Who comes then gets no answer from here.
	OpenAIConcurrency Concurrency `envconfig:"AUTOCOMPLETE_OPENAI_CONCURRENCY" default:"16"`

	// OpenAITokensPerMinute bounds what this process may cost, prompts included;
	// a question has 200 to 2,000. At $0.30 for a million it is 9 cents a minute.
	OpenAITokensPerMinute config.Count `envconfig:"AUTOCOMPLETE_OPENAI_TOKENS_PER_MINUTE" default:"300000"`

	// OpenAIClientTokensPerMinute is what one address may take of them: a third,
	// so that nobody can use up all alone.
	OpenAIClientTokensPerMinute config.Count `envconfig:"AUTOCOMPLETE_OPENAI_CLIENT_TOKENS_PER_MINUTE" default:"100000"`

	// OpenAIProxy is a proxy to reach the endpoint by. HTTP_PROXY and its like
	// are not heeded.
	OpenAIProxy URL `envconfig:"AUTOCOMPLETE_OPENAI_PROXY"`
}

// Check finds settings that are missing or do not fit together.
func (s *Settings) Check() error {
	bad := func(variable, reason string) error {
		return &config.Error{Variable: "AUTOCOMPLETE_OPENAI_" + variable, Reason: errors.New(reason)}
	}
	base := s.OpenAIURL.parsed()
	switch {
	case s.OpenAIURL == "":
		return bad("URL", "must say where the endpoint is")
	case base == nil || !isPrivate(base):
		return bad("URL", "http is for loopback and private addresses; use https")
	case s.OpenAIModel == "" && s.OpenAIDialect != Dialect(endpoint.Infill):
		return bad("MODEL", "must name a model, unless the dialect is infill")
	case s.OpenAIKey != "" && s.OpenAIKeyFile != "":
		return bad("KEY_FILE", "AUTOCOMPLETE_OPENAI_KEY is set too")
	case s.OpenAIProxy != "" && base.Scheme == "http":
		return bad("PROXY", "is of use with an https endpoint only")
	case !slices.Contains([]string{"", "none", "minimal", "low"}, s.OpenAIReasoningEffort):
		return bad("REASONING_EFFORT", "is none of none, minimal, low")
	case s.OpenAIDialect == Dialect(endpoint.Template) && s.family() == fim.Unknown:
		return bad("FAMILY", "cannot be told from the name of the model, and the dialect is template")
	}
	return nil
}

func (s *Settings) family() fim.Family {
	if s.OpenAIFamily == "" || s.OpenAIFamily == autoFamily {
		return fim.FamilyOf(s.OpenAIModel)
	}
	return fim.Family(s.OpenAIFamily)
}

// isPrivate reports whether a URL has https, or an address that may be reached
// without. What names stand for is looked at when they are called.
func isPrivate(base *url.URL) bool {
	ip, err := netip.ParseAddr(base.Hostname())
	return base.Scheme == "https" || err != nil || ip.Unmap().IsLoopback() || ip.Unmap().IsPrivate()
}

// maxKeyFile is how long a file with a key may be, in bytes.
const maxKeyFile = 16 << 10

// key returns the key, wherever it is.
func (s *Settings) key() (string, error) {
	if s.OpenAIKeyFile == "" {
		return string(s.OpenAIKey), nil
	}
	var key Secret
	file, err := os.Open(s.OpenAIKeyFile)
	if err == nil {
		var content []byte
		content, err = io.ReadAll(io.LimitReader(file, maxKeyFile))
		err = errors.Join(err, file.Close())
		if err == nil {
			err = key.Decode(strings.TrimSpace(string(content)))
		}
	}
	if err == nil && key == "" {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return "", &config.Error{Variable: "AUTOCOMPLETE_OPENAI_KEY_FILE", Reason: err}
	}
	return string(key), nil
}

// URL is an http or https URL without user, query and fragment; or "".
type URL string

// Decode reads a URL and takes slashes off its end.
func (u *URL) Decode(value string) error {
	value = strings.TrimRight(value, "/")
	parsed, err := url.Parse(value)
	if value != "" && (err != nil || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" ||
		parsed.Scheme != "http" && parsed.Scheme != "https") {
		return errors.New("not a URL like https://host/v1, without a password") // which an echo of it would show
	}
	*u = URL(value)
	return nil
}

func (u URL) parsed() *url.URL {
	parsed, err := url.Parse(string(u))
	if err != nil || u == "" {
		return nil
	}
	return parsed
}

// Secret is a text that is not printed.
type Secret string

// hidden stands for a secret where it would be printed.
const hidden = "xxxxx"

// Decode checks that the secret can be sent in a header.
func (s *Secret) Decode(value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("has characters other than visible ASCII")
	}
	*s = Secret(value)
	return nil
}

// String, GoString, LogValue and MarshalText hide the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString is for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue is for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is for JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Dialect is one of endpoint.Dialects.
type Dialect endpoint.Dialect

// Decode reads the name of a dialect.
func (d *Dialect) Decode(value string) error { return decodeName(d, value, endpoint.Dialects) }

const autoFamily = "auto"

// Family is one of fim.Families, or auto.
type Family fim.Family

// Decode reads the name of a family.
func (f *Family) Decode(value string) error {
	return decodeName(f, value, append(fim.Families(), autoFamily))
}

func decodeName[T, N ~string](to *T, value string, names []N) error {
	if !slices.Contains(names, N(value)) {
		return fmt.Errorf("%q is none of %v", value, names)
	}
	*to = T(value)
	return nil
}

// MaxTokens is the length of an answer: 16 to 512 tokens, of which the longest are
// 40 lines.
type MaxTokens int

// Decode reads a number of tokens.
func (n *MaxTokens) Decode(value string) error { return config.DecodeNumber(n, value, 16, 512) }

// Concurrency is a number of questions at once, up to 1,000.
type Concurrency int

// Decode reads a number.
func (n *Concurrency) Decode(value string) error { return config.DecodeNumber(n, value, 1, 1000) }
