package window

import (
	"regexp"
	"strings"
	"sync"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// nearBytes is how far from the cursor secrets are looked for, before and behind it.
// It is more than a window, so that the middle of a private key is not shown because
// its first line is out of sight.
const nearBytes = 16 << 10

// A rule finds one kind of secret, on one line.
type rule struct {
	name  string
	hints []string // one of them is in every match, in any case; they are in lower case
	match func() *regexp.Regexp
}

// pattern compiles an expression when it is first used: most servers never use it.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// The rules find what can be told by its form. They are no proof that a text has no
// secrets.
var rules = []rule{
	{"private key", []string{"private key"}, pattern(`-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY`)},
	{"AWS access key", []string{"akia", "asia"}, pattern(`\bA[KS]IA[0-9A-Z]{16}\b`)},
	{"GitHub token", []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, pattern(`\bgh[pousr]_[A-Za-z0-9]{36}`)},
	{"GitHub token", []string{"github_pat_"}, pattern(`github_pat_[A-Za-z0-9_]{22}`)},
	{"GitLab token", []string{"glpat-"}, pattern(`glpat-[A-Za-z0-9_-]{20}`)},
	{"Slack token", []string{"xox"}, pattern(`xox[abeprs]-[A-Za-z0-9-]{10}`)},
	{"Google key", []string{"aiza"}, pattern(`AIza[A-Za-z0-9_-]{35}`)},
	{"Stripe key", []string{"k_live_"}, pattern(`\b[rs]k_live_[A-Za-z0-9]{16}`)},
	{"API key", []string{"sk-"}, pattern(`\bsk-[A-Za-z0-9_-]{20}`)},
	{"npm token", []string{"npm_"}, pattern(`\bnpm_[A-Za-z0-9]{36}`)},
	{"JSON web token", []string{"eyj"}, pattern(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10}`)},
	{"password in a URL", []string{"://"}, pattern(`://[^\s:/@"'<>{}$]{1,64}:[^\s:/@"'<>{}$]{3,}@[A-Za-z0-9\[]`)},
	{
		"assigned secret",
		[]string{"password", "passwd", "secret", "token", "key"},
		pattern(`(?i)(?:passw(?:or)?d|secret|token|api_?key|private_?key|access_?key)["']?\s{0,4}(?::=|=|:)\s{0,4}["'][^\s"'{}$<>]{12,}["']`),
	},
	{
		"assigned secret",
		[]string{"password", "secret", "token", "key"},
		pattern(`^(?:export )?[A-Z0-9_]{0,40}(?:PASSWORD|SECRET|TOKEN|KEY)[A-Z0-9_]{0,20}=[^\s"'{}$<>()]{12,}\s*$`),
	},
}

// Secret returns which kind of secret stands near a query's cursor, or "". It stays
// silent about the secret itself.
func Secret(q *suggest.Query) string {
	near := q.Code[max(0, q.Cursor-nearBytes):min(len(q.Code), q.Cursor+nearBytes)]
	lower := lowerASCII(near)
	for i := range rules {
		if rules[i].found(near, lower) {
			return rules[i].name
		}
	}
	return ""
}

// maxSecretLine is how much of a line is looked at, before a hint and behind it:
// enough for each of the kinds, and little enough for a file that is all one line.
const maxSecretLine = 1024

// found looks for the rule on the lines of a text that have a hint. lower is the
// text in lower case.
func (r *rule) found(text, lower string) bool {
	for _, hint := range r.hints {
		for from := 0; ; {
			i := strings.Index(lower[from:], hint)
			if i < 0 {
				break
			}
			at := from + i
			start := max(strings.LastIndexByte(text[:at], '\n')+1, at-maxSecretLine)
			end := min(len(text), at+maxSecretLine)
			next := max(at+len(hint), end-maxSecretLine/2) // a match may go over the end
			if i := strings.IndexByte(text[at:end], '\n'); i >= 0 {
				end = at + i
				next = end
			}
			if r.match().MatchString(text[start:end]) {
				return true
			}
			from = next
		}
	}
	return false
}

// lowerASCII keeps the length of a text, which strings.ToLower does not.
func lowerASCII(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}
