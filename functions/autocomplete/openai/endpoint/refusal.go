package endpoint

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// A refusal is what an answer says that is no success.
type refusal struct {
	status     int
	field      string // which it does not take, or ""
	aboutModel bool   // the model is not there, which says nothing about the dialect
}

// optional are the fields that a request can do without, or say otherwise. Those
// whose names are words of English count only where they are named as fields.
var optional = []string{"suffix", "stream_options", "max_tokens", "temperature", "reasoning_effort", "stop"}

// understand finds out whether it was one field of a request that an endpoint
// refused. There are many forms; all of them name it.
func understand(status int, body []byte, sent map[string]any) refusal {
	r := refusal{status: status}
	text := string(body)
	r.aboutModel = strings.Contains(text, "model") && !strings.Contains(text, "chat/completions") // where OpenAI sends us
	if status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
		return r
	}
	var named struct {
		Error struct {
			Param string `json:"param"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &named) == nil && named.Error.Param != "" { // most endpoints do not say so
		if _, was := sent[named.Error.Param]; was && slices.Contains(optional, named.Error.Param) {
			r.field = named.Error.Param
		}
		return r
	}
	if _, was := sent["suffix"]; was && strings.Contains(text, "does not support insert") { // so says Ollama
		r.field = "suffix"
		return r
	}
	first := len(text)
	for _, field := range optional {
		if _, was := sent[field]; !was {
			continue
		}
		if i := fieldIndex(text, field); i >= 0 && i < first {
			first, r.field = i, field
		}
	}
	return r
}

// fieldIndex returns where a text names a field, or -1.
func fieldIndex(text, field string) int {
	if field != "stop" {
		return strings.Index(text, field)
	}
	for _, quote := range []string{`"`, `'`, "`"} {
		if i := strings.Index(text, quote+field+quote); i >= 0 {
			return i
		}
	}
	return -1
}
