package awareness

// For the tests of this package.
const (
	MaxGone  = maxGone
	MaxClock = maxClock
)

// Gone returns the clients whose clock is kept without a state.
func (s *States) Gone() []uint64 { return s.gone }
