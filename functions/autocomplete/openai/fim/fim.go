// Package fim knows the tokens with which models of code are asked to fill in the
// middle: each family was trained with its own, and takes those of another for text.
package fim

import (
	"slices"
	"strings"
)

// A Family is a group of models that were trained with the same tokens.
type Family string

// The families.
const (
	Unknown       Family = ""
	QwenCoder     Family = "qwen-coder"
	Granite       Family = "granite"
	CodeGemma     Family = "codegemma"
	StarCoder     Family = "starcoder"
	Codestral     Family = "codestral"
	CodeLlama     Family = "codellama"
	DeepSeekCoder Family = "deepseek-coder"
	SeedCoder     Family = "seed-coder"
)

// A format is how a family writes the text around a gap.
type format struct {
	family Family
	models []string // what the names of its models have in them, in lower case

	open, between, end string
	suffixFirst        bool // what follows the gap comes first

	tokens []string // those in open, between and end, without the spaces around them
	ends   []string // with which its models end an answer
}

// formats has the families. Names are looked for in this order: a model of the
// family of one may have the name of another that it was made from.
var formats = []format{
	{
		family: SeedCoder, models: []string{"seed-coder", "seedcoder"},
		open: "<[fim-suffix]>", between: "<[fim-prefix]>", end: "<[fim-middle]>", suffixFirst: true,
		tokens: []string{"<[fim-suffix]>", "<[fim-prefix]>", "<[fim-middle]>"},
		ends:   []string{"<[end▁of▁sentence]>"},
	},
	{
		family: DeepSeekCoder, models: []string{"deepseek-coder", "deepseekcoder"},
		open: "<｜fim▁begin｜>", between: "<｜fim▁hole｜>", end: "<｜fim▁end｜>",
		tokens: []string{"<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"},
		ends:   []string{"<｜end▁of▁sentence｜>", "<|EOT|>"},
	},
	{
		family: CodeLlama, models: []string{"codellama", "code-llama"},
		open: "<PRE> ", between: " <SUF>", end: " <MID>",
		tokens: []string{"<PRE>", "<SUF>", "<MID>"},
		ends:   []string{"<EOT>", "</s>"},
	},
	{
		family: Codestral, models: []string{"codestral"},
		open: "[SUFFIX]", between: "[PREFIX]", suffixFirst: true,
		tokens: []string{"[SUFFIX]", "[PREFIX]", "[MIDDLE]"},
		ends:   []string{"</s>"},
	},
	{
		family: CodeGemma, models: []string{"codegemma"},
		open: "<|fim_prefix|>", between: "<|fim_suffix|>", end: "<|fim_middle|>",
		tokens: []string{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"},
		ends:   []string{"<|file_separator|>", "<eos>"},
	},
	{
		family: QwenCoder, models: []string{"qwen"},
		open: "<|fim_prefix|>", between: "<|fim_suffix|>", end: "<|fim_middle|>",
		tokens: []string{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"},
		ends:   []string{"<|endoftext|>", "<|file_sep|>", "<|repo_name|>", "<|fim_pad|>", "<|im_start|>", "<|im_end|>"},
	},
	{
		family: StarCoder, models: []string{"starcoder", "stable-code", "granite-3b-code", "granite-8b-code", "granite-20b-code", "granite-34b-code", "granite-code"},
		open: "<fim_prefix>", between: "<fim_suffix>", end: "<fim_middle>",
		tokens: []string{"<fim_prefix>", "<fim_suffix>", "<fim_middle>"},
		ends:   []string{"<|endoftext|>", "<file_sep>", "<fim_pad>"},
	},
	{
		family: Granite, models: []string{"granite"},
		open: "<|fim_prefix|>", between: "<|fim_suffix|>", end: "<|fim_middle|>",
		tokens: []string{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"},
		ends:   []string{"<|end_of_text|>", "<|endoftext|>", "<|fim_pad|>"},
	},
}

// Families are all that are known.
func Families() []Family {
	families := make([]Family, len(formats))
	for i := range formats {
		families[i] = formats[i].family
	}
	return families
}

// FamilyOf returns the family that the name of a model speaks of, or Unknown.
func FamilyOf(model string) Family {
	model = strings.ToLower(model)
	for i := range formats {
		if slices.ContainsFunc(formats[i].models, func(name string) bool { return strings.Contains(model, name) }) {
			return formats[i].family
		}
	}
	return Unknown
}

// Render writes the prompt that asks a family of models for what stands between
// prefix and suffix, from both of which Clean must have removed tokens. An Unknown
// family is asked to go on with prefix.
func (f Family) Render(prefix, suffix string) string {
	format := f.format()
	switch {
	case format == nil:
		return prefix
	case format.suffixFirst:
		prefix, suffix = suffix, prefix
	}
	return format.open + prefix + format.between + suffix + format.end
}

// Stops are the texts with which the middle is over, the likeliest first.
func (f Family) Stops() []string {
	format := f.format()
	if format == nil {
		return nil
	}
	return slices.Concat(format.ends, format.tokens)
}

func (f Family) format() *format {
	for i := range formats {
		if formats[i].family == f && f != Unknown {
			return &formats[i]
		}
	}
	return nil
}
