package lib0

import (
	"encoding/binary"
	"math"
	"slices"
)

// Undefined is JavaScript's undefined as an any value. JavaScript's null is
// Go's nil.
type Undefined struct{}

// BigInt is a JavaScript bigint as an any value; lib0 writes 64 bits of it.
type BigInt int64

// Tags of the any encoding.
const (
	tagUndefined = 127
	tagNull      = 126
	tagInteger   = 125
	tagFloat32   = 124
	tagFloat64   = 123
	tagBigInt    = 122
	tagFalse     = 121
	tagTrue      = 120
	tagString    = 119
	tagObject    = 118
	tagArray     = 117
	tagBytes     = 116
)

// MaxAnyDepth is the deepest nesting of objects and arrays that a [Reader]
// follows, whatever its caller asks for. What people store is rarely ten deep.
const MaxAnyDepth = 256

// Any reads an any value of at most depth nested objects and arrays. Numbers
// become float64, bigints BigInt, binary data a copied []byte, objects
// map[string]any, arrays []any.
func (r *Reader) Any(depth int) any {
	switch tag := r.Uint8(); tag {
	case tagUndefined:
		return Undefined{}
	case tagNull:
		return nil
	case tagInteger:
		v, negative := r.varint()
		if negative {
			return math.Copysign(float64(v), -1)
		}
		return float64(v)
	case tagFloat32:
		return float64(r.Float32())
	case tagFloat64:
		return r.Float64()
	case tagBigInt:
		return BigInt(r.Int64())
	case tagFalse, tagTrue:
		return tag == tagTrue
	case tagString:
		return r.String()
	case tagBytes:
		return slices.Clone(r.Bytes())
	case tagObject, tagArray:
		return r.nested(tag, min(depth, MaxAnyDepth))
	default:
		r.Fail(ErrTag)
		return nil
	}
}

// nested calls Any again, but no deeper than depth: the recursion is bounded
// by a limit, not by the data.
func (r *Reader) nested(tag byte, depth int) any {
	if depth <= 0 {
		r.Fail(ErrDepth)
		return nil
	}
	n := r.Uvarint()
	if tag == tagArray {
		array := []any{}
		for ; n > 0 && r.err == nil; n-- {
			array = append(array, r.Any(depth-1))
		}
		return array
	}
	object := map[string]any{}
	for ; n > 0 && r.err == nil; n-- {
		key := r.String()
		object[key] = r.Any(depth - 1)
	}
	return object
}

// SkipAny reads over an any value without building it, checking all that Any
// checks.
func (r *Reader) SkipAny(depth int) {
	if tag := r.skipScalar(); tag == tagObject || tag == tagArray {
		r.skipNested(tag, min(depth, MaxAnyDepth))
	}
}

// IsNullish reports whether a value, as SkipAny reads over it, is null or undefined.
func IsNullish(value []byte) bool { return value[0] == tagNull || value[0] == tagUndefined }

// skipNested reads over the elements of the object or array that tag opened.
func (r *Reader) skipNested(tag byte, depth int) {
	type level struct {
		left   uint64 // elements still to come
		object bool   // each behind a key
	}
	var levels [MaxAnyDepth]level
	open := 0
	for {
		if tag == tagObject || tag == tagArray {
			if open >= depth {
				r.Fail(ErrDepth)
				return
			}
			levels[open] = level{r.Uvarint(), tag == tagObject}
			open++
		}
		for open > 0 && levels[open-1].left == 0 {
			open--
		}
		if open == 0 || r.err != nil {
			return
		}
		top := &levels[open-1]
		top.left--
		if top.object {
			r.StringBytes()
		}
		tag = r.skipScalar()
	}
}

// skipScalar reads a tag and, unless it opens an object or array, its value.
func (r *Reader) skipScalar() (tag byte) {
	tag = r.Uint8()
	switch tag {
	case tagUndefined, tagNull, tagFalse, tagTrue, tagObject, tagArray:
	case tagInteger:
		r.varint()
	case tagFloat32:
		r.fixed(4)
	case tagFloat64, tagBigInt:
		r.fixed(8)
	case tagString:
		r.StringBytes()
	case tagBytes:
		r.Bytes()
	default:
		r.Fail(ErrTag)
	}
	return tag
}

// AppendAny appends v in the encoding that lib0 chooses for the same
// JavaScript value: integers up to 2^31-1 as integers, other numbers in four
// bytes where that loses nothing. Objects are written in the order of their
// keys. Anything that Any does not return, save int, is refused with ErrType.
func AppendAny(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case Undefined:
		return append(b, tagUndefined), nil
	case nil:
		return append(b, tagNull), nil
	case bool:
		if v {
			return append(b, tagTrue), nil
		}
		return append(b, tagFalse), nil
	case int:
		return appendNumber(b, float64(v)), nil
	case float64:
		return appendNumber(b, v), nil
	case BigInt:
		return binary.BigEndian.AppendUint64(append(b, tagBigInt), uint64(v)), nil
	case string:
		return AppendString(append(b, tagString), v), nil
	case []byte:
		return AppendBytes(append(b, tagBytes), v), nil
	case []any:
		b = AppendUvarint(append(b, tagArray), uint64(len(v)))
		var err error
		for _, element := range v {
			if b, err = AppendAny(b, element); err != nil {
				return nil, err
			}
		}
		return b, nil
	case map[string]any:
		return appendObject(b, v)
	default:
		return nil, ErrType
	}
}

func appendObject(b []byte, object map[string]any) ([]byte, error) {
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	b = AppendUvarint(append(b, tagObject), uint64(len(keys)))
	var err error
	for _, key := range keys {
		if b, err = AppendAny(AppendString(b, key), object[key]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func appendNumber(b []byte, v float64) []byte {
	const largest = 1<<31 - 1 // above it lib0 writes a float
	switch {
	case v == math.Trunc(v) && math.Abs(v) <= largest:
		if v == 0 && math.Signbit(v) {
			return append(b, tagInteger, 0x40)
		}
		return AppendVarint(append(b, tagInteger), int64(v))
	case float64(float32(v)) == v:
		return binary.BigEndian.AppendUint32(append(b, tagFloat32), math.Float32bits(float32(v)))
	default:
		return binary.BigEndian.AppendUint64(append(b, tagFloat64), math.Float64bits(v))
	}
}
