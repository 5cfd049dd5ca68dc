package endpoint

import (
	"encoding/json"
	"fmt"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/fim"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/trim"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
)

// maxStops is how many texts may stop an answer: OpenAI refuses more.
const maxStops = 4

// maxStopless is how many tokens are asked for in a chat beyond those wanted: for
// fences and words around the code.
const maxStopless = 32

// bytesPerToken is for estimates. Code has three to four.
const bytesPerToken = 3

// A Request is a question in the words of a dialect.
type Request struct {
	Dialect Dialect
	Family  fim.Family // whose tokens may be in the answer
	Tokens  int        // an estimate of what the prompt has

	body map[string]any
}

// Chat reports whether the answer may have more in it than code.
func (r *Request) Chat() bool { return r.Dialect == Chat }

// Prepare writes the question what stands at the cursor of a window, in at most so
// many tokens.
func (c *Client) Prepare(w *window.Window, tokens int) *Request {
	dialect, refused := c.known()
	family := c.family
	prefix, suffix := family.Clean(w.Header()+w.Prefix()), family.Clean(w.Suffix())
	r := &Request{
		Dialect: dialect,
		Family:  family,
		Tokens:  (len(prefix)+len(suffix))/bytesPerToken + 1,
		body:    map[string]any{"stream": true},
	}
	if c.Model != "" {
		r.body["model"] = c.Model
	}
	switch dialect {
	case Chat:
		c.fillChat(r, w.Language, prefix, suffix, tokens)
	case Ollama, ollamaTemplate, ollamaPrefix:
		r.fillOllama(w, prefix, suffix, tokens)
	case Infill:
		r.fillInfill(w, suffix, tokens)
	default:
		r.fillCompletions(w, prefix, suffix, tokens)
	}
	r.omit(refused)
	return r
}

func (r *Request) fillCompletions(w *window.Window, prefix, suffix string, tokens int) {
	r.body["prompt"], r.body["max_tokens"], r.body["temperature"] = prefix, tokens, 0
	r.body["stop"] = r.stops(w)
	switch {
	case r.Dialect == Template:
		r.body["prompt"] = r.Family.Render(prefix, suffix)
	case r.Dialect != Prefix && suffix != "":
		r.body["suffix"] = suffix
	}
	if r.Dialect != Mistral { // which says what was used without being asked, and refuses what it does not know
		r.body["stream_options"] = map[string]any{"include_usage": true}
	}
}

// instructions tell a chat model what is wanted, for it was made to talk.
const instructions = "You complete code in an editor. The user's message is a piece of %s code in which " + trim.CursorMark +
	" marks the cursor. Reply with exactly the text to insert there and nothing else: no explanation, no Markdown, " +
	"nothing that stands before or after the cursor already. Be brief: finish the statement or the small block."

func (c *Client) fillChat(r *Request, language, prefix, suffix string, tokens int) {
	r.Tokens += len(instructions) / bytesPerToken
	r.body["messages"] = []map[string]string{
		{"role": "system", "content": fmt.Sprintf(instructions, language)},
		{"role": "user", "content": prefix + trim.CursorMark + suffix},
	}
	r.body["max_tokens"] = tokens + maxStopless
	r.body["stream_options"] = map[string]any{"include_usage": true}
	if c.ReasoningEffort != "" { // such models refuse a temperature
		r.body["reasoning_effort"] = c.ReasoningEffort
	} else {
		r.body["temperature"] = 0
	}
}

func (r *Request) fillOllama(w *window.Window, prefix, suffix string, tokens int) {
	r.body["prompt"] = prefix
	r.body["options"] = map[string]any{"num_predict": tokens, "temperature": 0, "stop": r.stops(w)}
	switch r.Dialect {
	case Ollama:
		if suffix == "" {
			suffix = "\n" // without one it takes the prompt for a message and replies to it
		}
		r.body["suffix"] = suffix
	case ollamaTemplate:
		r.body["prompt"] = r.Family.Render(prefix, suffix)
		r.body["raw"] = true
	default:
		r.body["raw"] = true
	}
}

func (r *Request) fillInfill(w *window.Window, suffix string, tokens int) {
	r.body["input_prefix"] = r.Family.Clean(w.Header() + w.Context)
	r.body["prompt"] = r.Family.Clean(w.Head)
	r.body["input_suffix"] = suffix
	r.body["n_predict"], r.body["temperature"] = tokens, 0
	r.body["stop"] = r.stops(w)
	r.body["cache_prompt"] = true
}

// stops are the texts at which the endpoint may stop.
func (r *Request) stops(w *window.Window) []string {
	var stops []string
	if !w.Multi {
		stops = append(stops, "\n\n") // not "\n", with which some models begin
	}
	if r.Dialect == Template || r.Dialect == ollamaTemplate {
		stops = append(stops, r.Family.Stops()...)
	}
	if w.Language != "markdown" {
		stops = append(stops[:min(len(stops), maxStops-1)], "```")
	}
	return stops[:min(len(stops), maxStops)]
}

// omit leaves out what the endpoint has refused.
func (r *Request) omit(refused map[string]bool) {
	for field := range refused {
		if field == "max_tokens" { // newer models know it by another name; it is never left out
			if tokens, has := r.body[field]; has {
				r.body["max_completion_tokens"] = tokens
			}
		}
		delete(r.body, field)
	}
}

func (r *Request) marshal() ([]byte, error) {
	body, err := json.Marshal(r.body)
	if err != nil {
		return nil, fmt.Errorf("writing a request: %w", err)
	}
	return body, nil
}
