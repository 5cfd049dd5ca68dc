package lib0

import "math"

// Reader decodes values one after the other. The first error sticks: every
// later call returns a zero value, so a caller may read a whole structure and
// look at Err once.
type Reader struct {
	buf []byte
	pos int
	err error
}

// NewReader returns a Reader of b, which must not change while it is in use.
func NewReader(b []byte) Reader { return Reader{buf: b} }

// Err is the first error met, or nil.
func (r *Reader) Err() error { return r.err }

// Pos is the number of bytes read so far.
func (r *Reader) Pos() int { return r.pos }

// Len is the number of bytes that are left.
func (r *Reader) Len() int { return len(r.buf) - r.pos }

// Since returns the bytes between an earlier Pos and the present one, as a
// view into the data.
func (r *Reader) Since(pos int) []byte { return r.buf[pos:r.pos:r.pos] }

// Fail makes err the reader's error unless it already has one.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.pos = len(r.buf)
}

// Uint8 reads one byte.
func (r *Reader) Uint8() byte {
	if r.pos >= len(r.buf) {
		r.Fail(ErrTruncated)
		return 0
	}
	c := r.buf[r.pos]
	r.pos++
	return c
}

// Uvarint reads an unsigned integer of at most 2^53-1, in at most eight bytes.
// Encodings longer than they need be are accepted, as lib0 does.
func (r *Reader) Uvarint() uint64 {
	if r.pos < len(r.buf) {
		if c := r.buf[r.pos]; c < 0x80 {
			r.pos++
			return uint64(c)
		}
	}
	return r.longUvarint()
}

func (r *Reader) longUvarint() uint64 {
	var v uint64
	for shift := 0; r.pos < len(r.buf); shift += 7 {
		c := r.buf[r.pos]
		r.pos++
		if shift > 49 || shift == 49 && c&0x7f > 0x0f { // the 54th bit and above
			r.Fail(ErrOverflow)
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.Fail(ErrTruncated)
	return 0
}

// Varint reads a signed integer. Negative zero, which lib0 can write, reads as
// zero here and as -0.0 in an any value.
func (r *Reader) Varint() int64 {
	v, negative := r.varint()
	if negative {
		return -v
	}
	return v
}

func (r *Reader) varint() (magnitude int64, negative bool) {
	c := r.Uint8()
	v := uint64(c & 0x3f)
	if c&0x80 != 0 {
		rest := r.Uvarint()
		if rest > MaxSafeInteger>>6 {
			r.Fail(ErrOverflow)
			return 0, false
		}
		v |= rest << 6
	}
	return int64(v), c&0x40 != 0
}

// Bytes reads a length and that many bytes, and returns them as a view into
// the data.
func (r *Reader) Bytes() []byte {
	n := r.Uvarint()
	if n > uint64(r.Len()) {
		r.Fail(ErrTruncated)
		return nil
	}
	p := r.buf[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return p
}

// StringBytes reads a string like Bytes and makes sure that it is UTF-8, which
// surrogate halves are not. It also returns its length in UTF-16 units.
func (r *Reader) StringBytes() (p []byte, units int) {
	p = r.Bytes()
	units, ok := UTF16Len(p)
	if !ok {
		r.Fail(ErrUTF8)
		return nil, 0
	}
	return p, units
}

// String reads a string and copies it.
func (r *Reader) String() string {
	p, _ := r.StringBytes()
	return string(p)
}

func (r *Reader) fixed(n int) uint64 {
	if r.Len() < n {
		r.Fail(ErrTruncated)
		return 0
	}
	var v uint64
	for range n {
		v = v<<8 | uint64(r.buf[r.pos])
		r.pos++
	}
	return v
}

// Float32 reads a big-endian IEEE 754 number of four bytes.
func (r *Reader) Float32() float32 { return math.Float32frombits(uint32(r.fixed(4))) }

// Float64 reads a big-endian IEEE 754 number of eight bytes.
func (r *Reader) Float64() float64 { return math.Float64frombits(r.fixed(8)) }

// Int64 reads a big-endian signed integer of eight bytes.
func (r *Reader) Int64() int64 { return int64(r.fixed(8)) }
