package bridge

// compose makes one change of several that follow each other. Halves are composed
// first: one behind the other, each would go through all that came before.
func compose(changes []Change) Change {
	switch n := len(changes); n {
	case 0:
		return nil
	case 1:
		return changes[0].withoutText()
	default:
		return compose(changes[:n/2]).Then(compose(changes[n/2:]))
	}
}

// Then is the change that does what c does and then next, a change of the text that
// c makes. It has numbers only: which text comes does not matter to it.
func (c Change) Then(next Change) Change {
	if len(c) == 0 {
		return next.withoutText()
	}
	var out composed
	first, second := steps{rest: c}, steps{rest: next}
	for !first.done() || !second.done() {
		switch a, b := first.step(), second.step(); {
		case b.kind == comes:
			out.add(b.n)
			second.take(b.n)
		case a.kind == goes:
			out.drop(a.n)
			first.take(a.n)
		default:
			n := min(a.n, b.n)
			first.take(n)
			second.take(n)
			switch {
			case a.kind == stays && b.kind == stays:
				out.at += n
			case a.kind == stays:
				out.drop(n)
			case b.kind == stays:
				out.add(n)
			} // what came and went again was never there
		}
	}
	return out.change
}

// composed is a change that is made from its beginning to its end.
type composed struct {
	change Change
	at     int // in the text before it
}

func (o *composed) add(n int) {
	if last := len(o.change) - 1; last >= 0 && o.change[last].At == o.at && o.change[last].Drop == 0 {
		o.change[last].Add += n
	} else {
		o.change = append(o.change, Hunk{At: o.at, Add: n})
	}
}

func (o *composed) drop(n int) {
	o.change = o.change.drop(o.at, n)
	o.at += n
}

// The kinds of step.
const (
	stays = iota
	comes
	goes
)

// step is a number of units to which the same happens.
type step struct{ kind, n int }

// steps goes through a change.
type steps struct {
	rest  Change
	at    int // in the text before the change
	added int // of the first of rest
}

func (s *steps) done() bool { return len(s.rest) == 0 }

// endless is how many units stay behind a change.
const endless = int(^uint(0) >> 1)

// step is the next one, or what is left of it.
func (s *steps) step() step {
	switch {
	case s.done():
		return step{stays, endless}
	case s.at < s.rest[0].At:
		return step{stays, s.rest[0].At - s.at}
	case s.added < s.rest[0].Add:
		return step{comes, s.rest[0].Add - s.added}
	default:
		return step{goes, s.rest[0].At + s.rest[0].Drop - s.at}
	}
}

// take goes n units on, at most to the end of the step.
func (s *steps) take(n int) {
	if s.done() {
		return
	}
	if s.step().kind == comes {
		s.added += n
	} else {
		s.at += n
	}
	if h := s.rest[0]; s.at == h.At+h.Drop && s.added == h.Add {
		s.rest, s.added = s.rest[1:], 0
	}
}
