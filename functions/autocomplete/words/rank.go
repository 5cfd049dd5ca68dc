package words

import (
	"maps"
	"slices"
	"strings"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
	"github.com/tutti-live/tutti/functions/autocomplete/words/token"
)

// What speaks for a name. Each place where it stands adds a weight to its score, the
// nearer the more, times what is below for each way in which the place is unlike the
// cursor's. The figures are those that did best on files of their own, which are none
// of those that accuracy is reported for; it takes much to change the outcome.
const (
	nearWeight = 24  // of a place right beside the cursor; one far away weighs 1
	nearBytes  = 200 // the distance at which half of that is left

	memberWeight  = 0.1   // a member is wanted and this is none, or the other way round
	lineWeight    = 0.3   // one begins a line and the other does not
	foldWeight    = 0.033 // what is typed has another case
	commentWeight = 0.1   // a comment, where code is wanted
	stringWeight  = 0.5   // a string, likewise

	usualWeight = 1  // of the most usual name of the language
	usualHalf   = 50 // the rank of a name of half that weight
)

// contextWeights are the factors for as many tokens before a place as there are
// before the cursor. Of more than three the further ones add little.
var contextWeights = func() (weights [longestContext + 1]float64) {
	copy(weights[:], []float64{1, 3, 24, 432})
	for n := 4; n < len(weights); n++ {
		weights[n] = weights[n-1] + 8
	}
	return weights
}()

// When a member is suggested of which nothing is typed.
const (
	receiverContext = 2   // tokens: a dot and what stands before it
	certainShare    = 0.6 // the part of all scores that the member must have
)

// A Ranking says how well words go on from what is typed at a cursor.
type Ranking struct {
	words []rankedWord
	index map[string]int // of words
	total float64        // of their scores
}

type rankedWord struct {
	text       string
	score      float64
	ofReceiver bool // it was seen after the same dot and what stands before that
}

// Rank ranks the words that go on from what is typed at the cursor of q: those of
// the text and those that are usual in its language.
func Rank(q *suggest.Query) *Ranking {
	p, ok := placeOf(q)
	if !ok {
		return new(Ranking)
	}
	defer p.release()
	return p.rank()
}

// Score returns how much speaks for a word, compared with others of the same ranking;
// 0 if nothing does.
func (r *Ranking) Score(word string) float64 {
	if i, ok := r.index[word]; ok {
		return r.words[i].score
	}
	return 0
}

func (p *place) rank() *Ranking {
	r := &Ranking{index: make(map[string]int)}
	folded := make(map[string]float64) // by words that begin in another case
	for i := range p.tokens {
		t := &p.tokens[i]
		if t.Kind != token.Word || int(t.End-t.Start) <= len(p.typed) {
			continue
		}
		word := p.text[t.Start:t.End]
		switch {
		case strings.HasPrefix(word, p.typed):
			context := p.context(i)
			w := r.add(word, p.weight(i)*contextWeights[context])
			w.ofReceiver = w.ofReceiver || context >= receiverContext
		case word[0]|0x20 == p.typed[0]|0x20 && strings.EqualFold(word[:len(p.typed)], p.typed):
			folded[word] += p.weight(i) * contextWeights[p.context(i)] * foldWeight
		}
	}
	for _, word := range slices.Sorted(maps.Keys(folded)) {
		r.add(p.typed+word[len(p.typed):], folded[word])
	}
	if p.here == token.Code {
		p.addUsual(r)
	}
	return r
}

// weight is what tokens[i] adds to the score of its word, whatever stands before it.
func (p *place) weight(i int) float64 {
	t := &p.tokens[i]
	distance := p.cursor - int(t.End)
	if i >= p.at {
		distance = int(t.Start) - p.cursor
	}
	weight := 1 + nearWeight*nearBytes/(nearBytes+float64(distance))
	if p.here == token.Code {
		switch t.Place {
		case token.Comment:
			weight *= commentWeight
		case token.String:
			weight *= stringWeight
		}
	}
	if isMember(p.text, int(t.Start)) != p.member {
		weight *= memberWeight
	}
	if t.First != p.first {
		weight *= lineWeight
	}
	return weight
}

func (r *Ranking) add(word string, score float64) *rankedWord {
	i, ok := r.index[word]
	if !ok {
		i = len(r.words)
		r.index[word] = i
		r.words = append(r.words, rankedWord{text: word})
	}
	r.words[i].score += score
	r.total += score
	return &r.words[i]
}

// best returns up to n words, the one with the highest score first.
func (r *Ranking) best(n int) []string {
	var best []rankedWord // never longer than n
	for _, w := range r.words {
		at, _ := slices.BinarySearchFunc(best, w.score, func(w rankedWord, score float64) int {
			if w.score >= score {
				return -1
			}
			return 1
		})
		if at < n {
			best = slices.Insert(best[:min(len(best), n-1)], at, w)
		}
	}
	names := make([]string, len(best))
	for i, w := range best {
		names[i] = w.text
	}
	return names
}

// certain returns the best word if it was seen after the same receiver, and little
// speaks for others.
func (r *Ranking) certain() []string {
	best := r.best(1)
	if len(best) == 0 {
		return nil
	}
	if w := r.words[r.index[best[0]]]; !w.ofReceiver || w.score < certainShare*r.total {
		return nil
	}
	return best
}
