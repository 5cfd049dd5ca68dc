package autocomplete

// unitsByLead holds how many UTF-16 code units a byte of UTF-8 adds, by its
// upper four bits: the first byte of a character counts for all of it.
var unitsByLead = [16]int{
	0x0: 1, 0x1: 1, 0x2: 1, 0x3: 1, 0x4: 1, 0x5: 1, 0x6: 1, 0x7: 1, // ASCII
	0xC: 1, 0xD: 1, 0xE: 1, // the first of two or three bytes
	0xF: 2, // the first of four: a surrogate pair
}

// byteOffset returns where the UTF-16 code unit number cursor begins in s, in
// bytes, or len(s) if s has no more units than that. Whole is false if that is
// inside a surrogate pair; the offset is then that of the pair.
func byteOffset(s string, cursor int) (offset int, whole bool) {
	if cursor >= len(s) { // no character has more units than bytes
		return len(s), true
	}
	units := 0
	for i := range len(s) {
		n := unitsByLead[s[i]>>4]
		if units+n > cursor {
			return i, units == cursor
		}
		units += n
	}
	return len(s), true
}

// units is the length of s in UTF-16 code units.
func units(s string) (n int) {
	for i := range len(s) {
		n += unitsByLead[s[i]>>4]
	}
	return n
}
