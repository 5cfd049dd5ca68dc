package crdt

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tutti-live/tutti/shared/lib0"
)

// What is wrong with content, beyond what a lib0.Reader finds itself.
var (
	errParent = errors.New("parent is neither a name nor an id")
	errKind   = errors.New("unknown kind of struct")
	errType   = errors.New("unknown nested type")
	errClock  = fmt.Errorf("clock above %d", maxClock)
)

// Nested types, as their content names them.
const (
	typeXMLElement = 3 // and its name
	typeXMLHook    = 5 // and its name
	typeXMLText    = 6 // the last one
)

// readContent reads the content of a struct of f.kind: its length, and where
// in the update its bytes are. Those of text are the text itself; those of
// values leave out their number, so that they can be cut and joined.
func readContent(r *lib0.Reader, f *ref, limits *Limits) {
	f.len, f.from = 1, uint32(r.Pos())
	switch f.kind {
	case kindDeleted:
		f.len = uint32(min(r.Uvarint(), maxClock+1))
	case kindString:
		text, units := r.StringBytes()
		f.len = uint32(units)
		f.from = uint32(r.Pos() - len(text))
	case kindJSON, kindAny:
		n := r.Uvarint()
		if n > uint64(r.Len()) { // each takes a byte or more
			r.Fail(lib0.ErrTruncated)
			return
		}
		f.len, f.from = uint32(n), uint32(r.Pos())
		for ; n > 0 && r.Err() == nil; n-- {
			if f.kind == kindAny {
				r.SkipAny(limits.AnyDepth)
			} else if text, _ := r.StringBytes(); string(text) != "undefined" { // as Yjs has it
				checkJSON(r, text, limits)
			}
		}
	case kindBinary:
		r.Bytes()
	case kindEmbed:
		text, _ := r.StringBytes()
		checkJSON(r, text, limits)
	case kindFormat:
		r.StringBytes()
		text, _ := r.StringBytes()
		checkJSON(r, text, limits)
	case kindType:
		switch ref := r.Uvarint(); {
		case ref == typeXMLElement || ref == typeXMLHook:
			r.StringBytes()
		case ref > typeXMLText:
			r.Fail(errType)
		}
	case kindDoc:
		r.StringBytes()
		options := r.Pos()
		r.SkipAny(limits.AnyDepth)
		checkOptions(r, r.Since(options), limits)
	default:
		r.Fail(errKind)
	}
	f.to = uint32(r.Pos())
}

// checkJSON refuses JSON that Yjs cannot read: from then on each client would fail
// on the whole document. What was stored is not refused.
func checkJSON(r *lib0.Reader, text []byte, limits *Limits) {
	if r.Err() == nil && limits != &acceptAll && (!json.Valid(text) || jsonDepth(text) > limits.AnyDepth) {
		r.Fail(errJSON)
	}
}

// checkOptions refuses options of a subdocument that Yjs cannot read, as checkJSON
// does: it takes all but null and undefined for an object.
func checkOptions(r *lib0.Reader, options []byte, limits *Limits) {
	if r.Err() == nil && limits != &acceptAll && lib0.IsNullish(options) {
		r.Fail(errOptions)
	}
}

// jsonDepth is how deeply objects and arrays are nested in valid JSON.
func jsonDepth(text []byte) int {
	deepest, depth, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inString = !inString
		case inString && c == '\\':
			i++
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

var (
	errJSON    = errors.New("content that is no JSON, or too deep")
	errOptions = errors.New("a subdocument without options")
)

// appendContent writes content as readContent found it, without its first
// units.
func appendContent(b []byte, k kind, length uint32, content []byte, skip uint32) []byte {
	if k == kindDeleted {
		return lib0.AppendUvarint(b, uint64(length-skip))
	}
	if skip > 0 {
		_, content = cutContent(k, content, skip, length)
	}
	switch k {
	case kindString:
		return lib0.AppendBytes(b, content)
	case kindJSON, kindAny:
		return append(lib0.AppendUvarint(b, uint64(length-skip)), content...)
	default:
		return append(b, content...)
	}
}

// appendRef writes a struct of the update to another one, without its first
// units.
func (u *update) appendRef(b []byte, f *ref, skip uint32) []byte {
	if f.kind == kindGC || f.kind == kindSkip {
		return lib0.AppendUvarint(append(b, byte(f.kind)), uint64(f.len-skip))
	}
	origin, originClock := f.origin, f.originClock
	if skip > 0 {
		origin, originClock = f.owner, f.clock+skip-1
	}
	info := byte(f.kind)
	if origin >= 0 {
		info |= infoOrigin
	}
	if f.right >= 0 {
		info |= infoRight
	}
	// A struct cut at its beginning still has the key of its parent in memory,
	// and Yjs still sets the bit for it.
	if f.parent >= 0 && u.parents[f.parent].keyed {
		info |= infoKey
	}
	b = append(b, info)
	if origin >= 0 {
		b = lib0.AppendUvarint(lib0.AppendUvarint(b, u.clients[origin].id), uint64(originClock))
	}
	if f.right >= 0 {
		b = lib0.AppendUvarint(lib0.AppendUvarint(b, u.clients[f.right].id), uint64(f.rightClock))
	}
	if info&(infoOrigin|infoRight) == 0 {
		b = u.appendParent(b, &u.parents[f.parent])
	}
	return appendContent(b, f.kind, f.len, u.data[f.from:f.to], skip)
}

func (u *update) appendParent(b []byte, p *parent) []byte {
	if p.root != nil {
		b = lib0.AppendBytes(append(b, 1), p.root)
	} else {
		b = lib0.AppendUvarint(append(b, 0), u.clients[p.client].id)
		b = lib0.AppendUvarint(b, uint64(p.clock))
	}
	if p.keyed {
		b = lib0.AppendBytes(b, p.key)
	}
	return b
}
