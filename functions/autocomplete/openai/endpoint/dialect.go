package endpoint

import (
	"net/url"
	"slices"
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/fim"
)

// A Dialect is a way to ask an endpoint what stands in a gap.
type Dialect string

// The dialects.
const (
	Auto        Dialect = "auto"        // what the address and the answers tell
	Completions Dialect = "completions" // POST /completions with a suffix
	Template    Dialect = "template"    // POST /completions, with the family's tokens written by us
	Prefix      Dialect = "prefix"      // POST /completions, without what follows the cursor
	Chat        Dialect = "chat"        // POST /chat/completions
	Mistral     Dialect = "mistral"     // POST /fim/completions
	DeepSeek    Dialect = "deepseek"    // POST /beta/completions with a suffix
	Ollama      Dialect = "ollama"      // POST /api/generate with a suffix
	Infill      Dialect = "infill"      // POST /infill of llama.cpp

	// What Auto comes to where a model of Ollama takes no suffix.
	ollamaTemplate Dialect = "ollama with template"
	ollamaPrefix   Dialect = "ollama with prefix"
)

// Dialects are those that may be chosen.
var Dialects = []Dialect{Auto, Completions, Template, Prefix, Chat, Mistral, DeepSeek, Ollama, Infill}

// paths has where each dialect is spoken, below the base URL. Those of the API of
// OpenAI are below the version.
var paths = map[Dialect]string{
	Completions: "/v1/completions", Template: "/v1/completions", Prefix: "/v1/completions",
	Chat: "/v1/chat/completions", Mistral: "/v1/fim/completions", DeepSeek: "/beta/completions",
	Ollama: "/api/generate", ollamaTemplate: "/api/generate", ollamaPrefix: "/api/generate",
	Infill: "/infill",
}

// guess says which dialect an endpoint speaks, as far as its address tells.
func guess(base *url.URL, model string) Dialect {
	switch host := base.Hostname(); {
	case host == "api.mistral.ai" || host == "codestral.mistral.ai":
		return Mistral
	case host == "api.deepseek.com":
		return DeepSeek
	case host == "api.openai.com" && !strings.Contains(model, "instruct"):
		return Chat
	case base.Port() == "11434":
		return Ollama
	}
	return Completions
}

// address is where a dialect is spoken. The base may end with a version or not; one
// with any other path is taken as it is.
func address(base *url.URL, dialect Dialect) string {
	root, path := strings.TrimRight(base.String(), "/"), paths[dialect]
	if version, found := strings.CutPrefix(path, "/v1"); found {
		if strings.Trim(base.Path, "/") != "" {
			return root + version
		}
		return root + path
	}
	return strings.TrimSuffix(strings.TrimSuffix(root, "/v1"), "/beta") + path
}

// insteadOf returns which dialect to try when an endpoint has refused one, or "".
func insteadOf(dialect Dialect, family fim.Family, refusal refusal) Dialect {
	rendered := map[Dialect][2]Dialect{
		Completions: {Template, Prefix}, Infill: {Template, Prefix}, Ollama: {ollamaTemplate, ollamaPrefix},
	}[dialect]
	if family == fim.Unknown {
		rendered[0] = rendered[1]
	}
	switch {
	case refusal.field == "suffix", dialect == Infill && slices.Contains([]int{404, 501}, refusal.status):
		return rendered[0]
	case dialect == Completions && slices.Contains([]int{404, 405}, refusal.status) && !refusal.aboutModel:
		return Chat
	}
	return ""
}
