package fim

import (
	"slices"
	"strings"
)

// special are the tokens that no program has in it: they are removed and cut at
// whatever the family, for it may be unknown what the endpoint does with them.
// Others, like </s>, are HTML too.
var special = func() []string {
	tokens := []string{"<|fim_pad|>", "<fim_pad>", "<|eot_id|>", "<|end|>"}
	for i := range formats {
		tokens = append(tokens, slices.Concat(formats[i].tokens, formats[i].ends)...)
	}
	tokens = slices.DeleteFunc(tokens, func(token string) bool {
		return !strings.Contains(token, "fim") && !strings.HasPrefix(token, "<|") &&
			!strings.HasPrefix(token, "<｜") && !strings.HasPrefix(token, "<[")
	})
	slices.Sort(tokens)
	return slices.Compact(tokens)
}()

// tokensOf has what is removed for each family.
var tokensOf = func() map[Family][]string {
	all := map[Family][]string{Unknown: special}
	for i := range formats {
		all[formats[i].family] = slices.Concat(special, formats[i].tokens, formats[i].ends)
	}
	return all
}()

// Clean removes the tokens from a text that somebody wrote: there they would end it,
// or turn its parts around. What is left has none, nor one that the gaps closed up.
func (f Family) Clean(text string) string {
	tokens := tokensOf[f]
	if !containsAny(text, tokens) {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		out = append(out, text[i])
		if text[i] != '>' && text[i] != ']' {
			continue
		}
		for _, token := range tokens {
			if n := len(out) - len(token); n >= 0 && string(out[n:]) == token {
				out = out[:n]
				break
			}
		}
	}
	return string(out)
}

// Cut returns an answer up to the first token, and whether there was one.
func (f Family) Cut(answer string) (string, bool) {
	end := len(answer)
	for _, token := range tokensOf[f] {
		if i := strings.Index(answer[:end], token); i >= 0 {
			end = i
		}
	}
	return answer[:end], end < len(answer)
}

func containsAny(text string, tokens []string) bool {
	return slices.ContainsFunc(tokens, func(token string) bool { return strings.Contains(text, token) })
}
