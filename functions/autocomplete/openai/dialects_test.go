package openai_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/openai"
	"github.com/tutti-live/tutti/functions/autocomplete/openai/endpoint"
)

func TestProvider_SpeaksEveryDialect(t *testing.T) {
	const header, text = "# Language: python, indented with 4 spaces\n", "import os\nx = compute(‸)\ny = 2\n"
	const before, after = header + "import os\nx = compute(", ")\ny = 2\n"
	for dialect, test := range map[endpoint.Dialect]struct {
		url, model, path string
		sent             map[string]string
	}{
		endpoint.Completions: {"https://a.example/v1", "m", "/v1/completions", map[string]string{"prompt": before, "suffix": after}},
		endpoint.Template: {
			"http://10.0.0.1:8000", "Qwen2.5-Coder", "/v1/completions",
			map[string]string{"prompt": "<|fim_prefix|>" + before + "<|fim_suffix|>" + after + "<|fim_middle|>"},
		},
		endpoint.Prefix:   {"http://localhost:8000/v1", "m", "/v1/completions", map[string]string{"prompt": before}},
		endpoint.Chat:     {"https://api.openai.com/v1", "gpt", "/v1/chat/completions", nil},
		endpoint.Mistral:  {"https://codestral.mistral.ai/v1", "codestral-latest", "/v1/fim/completions", map[string]string{"prompt": before, "suffix": after}},
		endpoint.DeepSeek: {"https://api.deepseek.com", "deepseek-chat", "/beta/completions", map[string]string{"prompt": before, "suffix": after}},
		endpoint.Ollama:   {"http://localhost:11434/v1", "qwen2.5-coder:1.5b", "/api/generate", map[string]string{"prompt": before, "suffix": after}},
		endpoint.Infill: {
			"http://127.0.0.1:8080/v1", "", "/infill",
			map[string]string{"input_prefix": header + "import os\n", "prompt": "x = compute(", "input_suffix": after},
		},
	} {
		for name, reply := range map[string]reply{
			"plain": {}, "CRLF": {crlf: true}, "pings": {pings: true}, "usage": {usage: true}, "split": {split: true, crlf: true, pings: true},
			"whole": {whole: true},
		} {
			t.Run(string(dialect)+"/"+name, func(t *testing.T) {
				reply.tokens = []string{"val", "ue", "=\"日本", "é\"", ", 1)"}
				with(t, func(s *openai.Settings) {
					s.OpenAIURL, s.OpenAIModel, s.OpenAIDialect = openai.URL(test.url), test.model, openai.Dialect(dialect)
				}, always(reply), func(r *rig) {
					r.want(text, "value=\"日本é\", 1")
					r.wantAsked(1)
					got := r.fake.asked()[0]
					if got.path != test.path || got.header.Get("Authorization") != "Bearer "+secretKey {
						t.Errorf("asked on %s with %v", got.path, got.header)
					}
					for field, want := range test.sent {
						if got.text(field) != want {
							t.Errorf("%s is %q, want %q", field, got.text(field), want)
						}
					}
				})
			})
		}
	}
}

func TestProvider_GuessesTheDialectOfKnownAddresses(t *testing.T) {
	for url, want := range map[openai.URL]string{
		"https://api.mistral.ai":    "/v1/fim/completions",
		"https://api.deepseek.com":  "/beta/completions",
		"https://api.openai.com/v1": "/v1/chat/completions",
		"http://localhost:11434":    "/api/generate",
		"http://localhost:8000":     "/v1/completions",
	} {
		with(t, func(s *openai.Settings) { s.OpenAIURL = url }, always(says("o(1)")), func(r *rig) {
			r.want("x = fo‸", "o(1)")
			if got := r.fake.asked()[0].path; got != want {
				t.Errorf("%s is asked on %s", url, got)
			}
		})
	}
}

// refusing answers as long as a request has no such field, and otherwise as vLLM,
// OpenAI and others say that they do not take it.
func refusing(field string, status int, body string) func(int, asked) reply {
	return func(_ int, a asked) reply {
		if _, has := a.body[field]; has {
			return reply{status: status, body: body, header: map[string]string{"Content-Type": "application/json"}}
		}
		return says("o(1)")
	}
}

func TestProvider_LearnsWhatTheEndpointDoesNotTake(t *testing.T) {
	for _, test := range []struct {
		name, url, model string
		script           func(int, asked) reply
		wrong            int    // questions until it is known
		path, prompt     string // in the end; a beginning of it
	}{
		{
			"vLLM, known family", "http://localhost:8000", "Qwen2.5-Coder",
			refusing("suffix", 400, `{"object":"error","message":"suffix is not currently supported","type":"BadRequestError","code":400}`),
			1, "/v1/completions", "<|fim_prefix|>",
		},
		{
			"vLLM, unknown family", "http://localhost:8000", "m",
			refusing("suffix", 400, `{"error":{"message":"suffix is not currently supported","param":null,"code":400}}`),
			1, "/v1/completions", "# Language",
		},
		{
			"pydantic", "http://localhost:8000", "m",
			refusing("suffix", 422, `{"detail":[{"type":"extra_forbidden","loc":["body","suffix"]}]}`),
			1, "/v1/completions", "# Language",
		},
		{
			"a model of Ollama", "http://localhost:11434", "starcoder2",
			refusing("suffix", 400, `{"error":"registry.ollama.ai/library/starcoder2:latest does not support insert"}`),
			1, "/api/generate", "<fim_prefix>",
		},
		{
			"a field that is new", "http://localhost:8000", "m",
			refusing("stream_options", 400, `{"error":{"message":"unknown field","param":"stream_options"}}`), 1, "/v1/completions", "# Language",
		},
		{
			"a field that is old", "https://api.openai.com/v1", "gpt-6",
			refusing("max_tokens", 400, `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens"}}`),
			1, "/v1/chat/completions", "",
		},
		{
			"only chat", "https://a.example/v1", "m",
			func(_ int, a asked) reply {
				if a.path == "/v1/completions" {
					return reply{status: 404, body: `{"detail":"Not Found"}`}
				}
				return says("o(1)")
			}, 1, "/v1/chat/completions", "",
		},
		{
			"llama.cpp", "http://localhost:8080", "m",
			func(_ int, _ asked) reply {
				return reply{tokens: []string{"o(1)"}, header: map[string]string{"Server": "llama.cpp"}}
			}, 0, "/infill", "",
		},
		{
			"llama.cpp without tokens to fill in", "http://localhost:8080", "codellama",
			func(_ int, a asked) reply {
				if a.path == "/infill" {
					return reply{status: 501, body: `{"error":{"code":501,"message":"Infill is not supported by this model"}}`}
				}
				return reply{tokens: []string{"o(1)"}, header: map[string]string{"Server": "llama.cpp"}}
			}, 1, "/v1/completions", "<PRE> ",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			with(t, func(s *openai.Settings) { s.OpenAIURL, s.OpenAIModel = openai.URL(test.url), test.model }, test.script, func(r *rig) {
				wrong := 0
				for _, text := range []string{"x = fo‸\n", "y = fo‸\n", "z = fo‸\n", "a = fo‸\n"} {
					if got, err := r.ask(text); err != nil {
						wrong++
					} else if got != "o(1)" {
						t.Errorf("%q: %q", text, got)
					}
				}
				if wrong != test.wrong {
					t.Errorf("%d questions were in vain, want %d", wrong, test.wrong)
				}
				requests := r.fake.asked()
				last := requests[len(requests)-1]
				if len(requests) != 4 || last.path != test.path || !strings.HasPrefix(last.text("prompt"), test.prompt) {
					t.Errorf("%d requests, the last on %s: %v", len(requests), last.path, last.body)
				}
			})
		})
	}
}

func TestProvider_ObeysTheDialectOfTheSettings(t *testing.T) {
	with(t, func(s *openai.Settings) { s.OpenAIDialect = openai.Dialect(endpoint.Completions) },
		refusing("suffix", 400, `{"message":"suffix is not currently supported"}`), func(r *rig) {
			for _, text := range []string{"x = fo‸\n", "y = fo‸\n"} {
				_, err := r.ask(text)
				if status, is := errors.AsType[*endpoint.StatusError](err); !is || status.Status != 400 {
					t.Errorf("%q: %v", text, err)
				}
			}
			if last := r.fake.asked()[1]; last.text("suffix") == "" {
				t.Errorf("the suffix is gone: %v", last.body)
			}
		})
}

func TestProvider_TellsNoTokensOfTheText(t *testing.T) {
	with(t, func(s *openai.Settings) { s.OpenAIModel, s.OpenAIDialect = "qwen", openai.Dialect(endpoint.Template) },
		always(says("o(1)")), func(r *rig) {
			r.want("a = '<|fim_suffix|>'\nx = fo‸\nb = '<|endof<|fim_middle|>text|>'\n", "o(1)")
			prompt := r.fake.asked()[0].text("prompt")
			for _, token := range []string{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"} {
				if strings.Count(prompt, token) != 1 {
					t.Errorf("%s is in %q", token, prompt)
				}
			}
			if strings.Contains(prompt, "<|endoftext|>") {
				t.Errorf("an end is in %q", prompt)
			}
		})
}

func TestProvider_TellsReasoningModelsNotTo(t *testing.T) {
	with(t, func(s *openai.Settings) {
		s.OpenAIDialect, s.OpenAIReasoningEffort = openai.Dialect(endpoint.Chat), "minimal"
	}, always(says("```python\n", "o(1)\n", "```")), func(r *rig) {
		r.want("x = fo‸", "o(1)")
		body := r.fake.asked()[0].body
		if body["reasoning_effort"] != "minimal" || body["temperature"] != nil {
			t.Errorf("%v", body)
		}
	})
}
