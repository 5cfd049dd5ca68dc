package crdt

import (
	"errors"
	"fmt"
)

// Errors that the methods of a document return, wrapped with what was wrong.
var (
	// ErrMalformed: the bytes are not what they should be. The sender is
	// broken or hostile; nothing was changed.
	ErrMalformed = errors.New("crdt: malformed")
	// ErrLimit: the bytes are well-formed and ask for more than Limits grants.
	// Nothing was changed.
	ErrLimit = errors.New("crdt: limit exceeded")
	// ErrPendingFull is the ErrLimit of an update that waits for others while
	// too much waits already. Whoever sent it should be asked for what is
	// missing, by a state vector.
	ErrPendingFull = fmt.Errorf("%w: too much waits for missing updates", ErrLimit)
	// ErrRange: a position or length lies outside the text.
	ErrRange = errors.New("crdt: position outside the text")
	// ErrBusy: the document was edited from within an OnUpdate function, or an
	// update was applied within Transact.
	ErrBusy = errors.New("crdt: another change of the document is under way")
	// ErrBroken: a fault of this package ended a change half-way, with a panic
	// that someone caught. The document must be loaded anew.
	ErrBroken = errors.New("crdt: an earlier fault left the document unsound")
)

// Limits is what a document accepts from updates, whose writers it does not
// trust; what it has stored itself, it reads with [Doc.Load]. The zero value of
// a field means its default.
type Limits struct {
	// StructLen is the most units one struct may have. A struct of 2^53-1
	// deleted units takes ten bytes and would close its client's id for ever.
	StructLen uint32
	// DeleteRanges is the most ranges the delete set of one update may have.
	// Each of them may cut a struct in three.
	DeleteRanges int
	// PendingBytes is how much may wait for updates that have not arrived. All of
	// it may have to be read again with each update.
	PendingBytes int
	// PendingRanges is how many deleted ranges may wait for what they delete.
	PendingRanges int
	// AnyDepth is how deeply objects and arrays may be nested in each other in
	// one value.
	AnyDepth int
}

// DefaultLimits returns the limits of a document for which none were set.
func DefaultLimits() Limits { return defaultLimits }

var defaultLimits = Limits{
	StructLen:     1 << 26, // 64 M units, more than any document of this kind
	DeleteRanges:  1 << 17, // twenty times those of the largest trace we know
	PendingBytes:  1 << 18, // a burst of lost updates is a few kilobytes
	PendingRanges: 1 << 14,
	AnyDepth:      64,
}

// maxClock is the largest clock, and so the most units one client can make.
// Yjs counts to 2^53; two thousand million keystrokes are enough, and half the
// memory.
const maxClock = 1<<31 - 1

// maxUpdateLen is the most bytes an update may have: offsets into it are kept
// in 32 bits.
const maxUpdateLen = 1<<31 - 1

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

func overLimit(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrLimit}, args...)...)
}
