package fim

import (
	"slices"
	"strings"
	"testing"
)

func TestFamily_RendersAsItsModelsWereTrained(t *testing.T) {
	for family, want := range map[Family]string{
		Unknown:       "P",
		QwenCoder:     "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
		Granite:       "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
		CodeGemma:     "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>",
		StarCoder:     "<fim_prefix>P<fim_suffix>S<fim_middle>",
		Codestral:     "[SUFFIX]S[PREFIX]P",
		CodeLlama:     "<PRE> P <SUF>S <MID>",
		DeepSeekCoder: "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>",
		SeedCoder:     "<[fim-suffix]>S<[fim-prefix]>P<[fim-middle]>",
	} {
		if got := family.Render("P", "S"); got != want {
			t.Errorf("%q renders %q, want %q", family, got, want)
		}
		if family != Unknown && !slices.Contains(Families(), family) {
			t.Errorf("%q is not among the families", family)
		}
	}
}

func TestFamilyOf_KnowsModelsByTheirNames(t *testing.T) {
	for model, want := range map[string]Family{
		"Qwen/Qwen2.5-Coder-7B":                QwenCoder,
		"qwen3-coder:30b":                      QwenCoder,
		"codestral-latest":                     Codestral,
		"deepseek-ai/deepseek-coder-6.7b-base": DeepSeekCoder,
		"deepseek-chat":                        Unknown,
		"bigcode/starcoder2-3b":                StarCoder,
		"ibm-granite/granite-8b-code-base":     StarCoder,
		"granite4:micro":                       Granite,
		"google/codegemma-2b":                  CodeGemma,
		"codellama:7b-code":                    CodeLlama,
		"ByteDance-Seed/Seed-Coder-8B-Base":    SeedCoder,
		"gpt-5-mini":                           Unknown,
		"":                                     Unknown,
	} {
		if got := FamilyOf(model); got != want {
			t.Errorf("%s is of %q, want %q", model, got, want)
		}
	}
}

func TestFamily_CleanLeavesNoToken(t *testing.T) {
	for _, test := range []struct {
		family     Family
		text, want string
	}{
		{Unknown, "a < b && c > d[0]", "a < b && c > d[0]"},
		{Unknown, "<s>html</s>", "<s>html</s>"},
		{Codestral, "<s>html</s>[PREFIX]", "<s>html"},
		{Unknown, "x<|fim_suffix|>y", "xy"},
		{Unknown, "x<|fim_<|fim_<|fim_prefix|>prefix|>prefix|>y", "xy"},
		{CodeLlama, "a<PRE>b<S<MID>UF>c", "abc"},
		{QwenCoder, "<｜fim▁hole｜><fim_middle>", ""},
	} {
		if got := test.family.Clean(test.text); got != test.want {
			t.Errorf("%q cleans %q to %q, want %q", test.family, test.text, got, test.want)
		}
	}
}

func FuzzFamily_Clean(f *testing.F) {
	f.Add("<|fim_<|fim_prefix|>prefix|>", 1)
	f.Add("[PRE[PREFIX]FIX]</s<PRE>>", 5)
	f.Fuzz(func(t *testing.T, text string, which int) {
		families := append(Families(), Unknown)
		family := families[uint(which)%uint(len(families))]
		got := family.Clean(text)
		if containsAny(got, tokensOf[family]) {
			t.Errorf("%q leaves a token of %q: %q", text, family, got)
		}
		if cut, was := family.Cut(text); !strings.HasPrefix(text, cut) || was != (cut != text) || containsAny(cut, tokensOf[family]) {
			t.Errorf("%q is cut to %q", text, cut)
		}
	})
}
