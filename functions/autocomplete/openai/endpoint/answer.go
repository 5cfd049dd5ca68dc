package endpoint

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// chunk is a piece of an answer, in whatever dialect: no two of them use one field
// for different things.
type chunk struct {
	Error json.RawMessage `json:"error"`
	Usage *struct {
		Total      int `json:"total_tokens"`
		Prompt     int `json:"prompt_tokens"`
		Completion int `json:"completion_tokens"`
	} `json:"usage"`

	// OpenAI, Mistral, DeepSeek. The last chunk may have no choices, but the usage.
	Choices []struct {
		Text         string  `json:"text"`
		Delta        message `json:"delta"`
		Message      message `json:"message"`
		FinishReason string  `json:"finish_reason"`
	} `json:"choices"`

	// Ollama.
	Response   string `json:"response"`
	Done       bool   `json:"done"`
	DoneReason string `json:"done_reason"`
	Prompted   int    `json:"prompt_eval_count"`
	Evaluated  int    `json:"eval_count"`

	// llama.cpp.
	Content         string `json:"content"`
	Stop            bool   `json:"stop"`
	StopType        string `json:"stop_type"`
	TokensEvaluated int    `json:"tokens_evaluated"`
	TokensPredicted int    `json:"tokens_predicted"`
}

type message struct {
	Content string `json:"content"`
}

// length is why an answer ends that was not over.
const length = "length"

// A reader puts an answer together.
type reader struct {
	dialect Dialect
	more    func(text string) bool
	outcome Outcome
	heard   bool // something in the dialect was said
	over    bool // the model was at its end
}

// errEnough says that no more of an answer is wanted.
var errEnough = errors.New("enough")

// readAnswer reads an answer as it comes.
func readAnswer(response *http.Response, dialect Dialect, more func(string) bool) (Outcome, error) {
	r := &reader{dialect: dialect, more: more, outcome: Outcome{Cut: true}}
	body := &bounded{from: response.Body, left: maxBody}
	var err error
	switch {
	case dialect == Ollama || dialect == ollamaTemplate || dialect == ollamaPrefix:
		err = eachLine(body, func(line []byte) error { return r.chunk(line) })
	case isJSON(response): // it does not stream
		err = r.whole(body)
	default:
		err = eachEvent(body, r.event)
	}
	switch {
	case errors.Is(err, errEnough):
		err = nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = ErrCut
	case err == nil && !r.heard:
		err = ErrMalformed
	}
	return r.outcome, err
}

func (r *reader) whole(body io.Reader) error {
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return r.chunk(content)
}

// event takes an event of a stream.
func (r *reader) event(kind string, data []byte) error {
	data = bytes.TrimSpace(data)
	switch {
	case kind == "error":
		return ErrStream
	case len(data) == 0:
		return nil
	case string(data) == "[DONE]":
		r.heard, r.outcome.Cut = true, r.outcome.Cut && r.over
		return errEnough
	}
	return r.chunk(data)
}

// chunk takes a piece in JSON.
func (r *reader) chunk(data []byte) error {
	if data = bytes.TrimSpace(data); len(data) == 0 {
		return nil
	}
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("%w: %T", ErrMalformed, err) // its text would show a piece of the answer
	}
	if len(c.Error) > 0 && string(c.Error) != "null" {
		return ErrStream
	}
	r.heard = true
	text, finished, reason := c.text(r.dialect)
	r.count(&c)
	if text != "" && !r.over && !r.more(text) {
		return errEnough
	}
	if finished {
		r.over, r.outcome.Cut = true, reason == length
	}
	if c.Stop || c.Done { // the usage was in the same chunk
		return errEnough
	}
	return nil
}

// text returns what a chunk adds, and whether the answer ends with it, and why.
func (c *chunk) text(dialect Dialect) (text string, finished bool, reason string) {
	switch dialect {
	case Ollama, ollamaTemplate, ollamaPrefix:
		return c.Response, c.Done, c.DoneReason
	case Infill:
		if c.StopType == "limit" {
			return c.Content, c.Stop, length
		}
		return c.Content, c.Stop, ""
	}
	if len(c.Choices) == 0 {
		return "", false, ""
	}
	choice := &c.Choices[0]
	return choice.Text + choice.Delta.Content + choice.Message.Content, choice.FinishReason != "", choice.FinishReason
}

// count takes over what an endpoint says that it used.
func (r *reader) count(c *chunk) {
	tokens := c.Prompted + c.Evaluated + c.TokensEvaluated + c.TokensPredicted
	if c.Usage != nil {
		tokens = max(c.Usage.Total, c.Usage.Prompt+c.Usage.Completion)
	}
	const most = 1 << 20 // no question and answer of ours has more
	r.outcome.Tokens = min(max(r.outcome.Tokens, tokens), most)
}

// bounded reads at most so many bytes.
type bounded struct {
	from io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// eachLine calls take with each line, without its line break.
func eachLine(from io.Reader, take func(line []byte) error) error {
	lines := bufio.NewReaderSize(from, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return ErrTooLarge
		}
		if err == nil || errors.Is(err, io.EOF) && len(line) > 0 {
			if err := take(bytes.TrimRight(line, "\r\n")); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// eachEvent calls take with each event of a stream of server-sent events, as the
// HTML standard has them. The last one may lack the empty line at its end.
func eachEvent(from io.Reader, take func(kind string, data []byte) error) error {
	var kind string
	var data []byte
	dispatch := func() error {
		err := take(kind, data)
		kind, data = "", data[:0]
		return err
	}
	err := eachLine(from, func(line []byte) error {
		if len(line) == 0 {
			return dispatch()
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			kind = string(value)
		case "error": // llama.cpp has had errors so
			return ErrStream
		case "data":
			if len(data)+len(value) > maxLine {
				return ErrTooLarge
			}
			if len(data) > 0 {
				data = append(data, '\n')
			}
			data = append(data, value...)
		}
		return nil
	})
	if err != nil || kind == "" && len(data) == 0 {
		return err
	}
	return dispatch()
}
