package wsrelay

import "time"

// pacer has something done in a room at once, or as soon as some time has passed
// since it was done last. It is guarded by the room's mutex.
type pacer struct {
	room *liveRoom
	do   func() (done bool) // with the mutex held

	last  time.Time   // when it was done
	timer *time.Timer // nil before it is needed
	set   bool        // the timer runs
}

// wantLocked has it done, at least interval after the last time.
func (p *pacer) wantLocked(interval time.Duration) {
	if p.set {
		return
	}
	wait := interval - time.Since(p.last)
	if wait <= 0 {
		p.nowLocked()
		return
	}
	p.set = true
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, p.later)
	} else {
		p.timer.Reset(wait)
	}
}

func (p *pacer) nowLocked() {
	if p.do() {
		p.last = time.Now()
	}
}

func (p *pacer) later() {
	defer logPanic(p.room.log, func() {})
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if p.set {
		p.set = false
		p.nowLocked()
	}
}

// stopLocked ends the timer.
func (p *pacer) stopLocked() {
	p.set = false
	if p.timer != nil {
		p.timer.Stop()
	}
}
