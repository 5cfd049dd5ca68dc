package openai

import (
	"crypto/sha256"
	"hash/maphash"
	"io"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
)

// Limits of what is remembered. With answers of usual length it is less than 2 MB.
const (
	cacheLines  = 2000             // lines of documents at which something was asked
	cachePlaces = 4                // places on one line
	cacheTTL    = 10 * time.Minute // for a whole answer
	cacheShort  = 30 * time.Second // for none, or half of one: next time may be better
	cacheAbove  = 3                // lines above at which an answer may have begun that is typed
)

// lineKey identifies the text around a line: all that an answer depends on, except for
// the line up to the cursor.
type lineKey [sha256.Size]byte

// keyAt returns the key of a line with the lines before it.
func keyAt(w *window.Window, context string) lineKey {
	hash := sha256.New()
	for _, part := range [...]string{w.Language, context, w.Tail, w.Below} {
		_, _ = io.WriteString(hash, part) // a hash takes everything
		_, _ = hash.Write([]byte{0xff})   // which no text has
	}
	return lineKey(hash.Sum(nil))
}

// cache has answers by where they were asked for. One is also found by who has typed
// the beginning of it meanwhile.
type cache struct {
	seed maphash.Seed

	mu    sync.Mutex
	lines *lru.Cache[lineKey, []place]
}

// place is an answer behind a part of a line.
type place struct {
	typed   int    // how long that part was, in bytes
	hash    uint64 // and what it was
	text    string // "": there is no suggestion
	expires time.Time
}

func newCache() *cache {
	lines, err := lru.New[lineKey, []place](cacheLines)
	if err != nil { // only for a size that is not positive
		panic(err)
	}
	return &cache{seed: maphash.MakeSeed(), lines: lines}
}

// find returns what is left of an answer at a window's cursor, and whether it is
// known; it may be known that there is none.
func (c *cache) find(w *window.Window) (text string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	context, typed := w.Context, w.Head
	for above := 0; ; above++ {
		if text, known := c.onLineLocked(keyAt(w, context), typed); known {
			return text, true
		}
		if above == cacheAbove || context == "" {
			return "", false
		}
		start := strings.LastIndexByte(context[:len(context)-1], '\n') + 1
		context, typed = context[:start], context[start:]+typed
	}
}

func (c *cache) onLineLocked(line lineKey, typed string) (string, bool) {
	places, _ := c.lines.Get(line)
	for i := range places {
		p := &places[i]
		if p.typed > len(typed) || time.Now().After(p.expires) || maphash.String(c.seed, typed[:p.typed]) != p.hash {
			continue
		}
		since := typed[p.typed:]
		if p.text == "" { // what was refused is so a few spaces further on, and not behind a word
			if strings.TrimLeft(since, " \t") == "" {
				return "", true
			}
			continue
		}
		if rest, found := strings.CutPrefix(p.text, since); found && strings.TrimSpace(rest) != "" {
			return rest, true
		}
	}
	return "", false
}

// add remembers an answer for so long.
func (c *cache) add(w *window.Window, text string, life time.Duration) {
	added := place{
		typed: len(w.Head), hash: maphash.String(c.seed, w.Head), text: strings.Clone(text), expires: time.Now().Add(life),
	}
	line := keyAt(w, w.Context)
	c.mu.Lock()
	defer c.mu.Unlock()
	places := []place{added}
	before, _ := c.lines.Get(line)
	for _, p := range before {
		if len(places) < cachePlaces && (p.typed != added.typed || p.hash != added.hash) {
			places = append(places, p)
		}
	}
	c.lines.Add(line, places)
}
