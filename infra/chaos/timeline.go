package chaos

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// clock is how times are told: of the day, to be found in the logs of processes.
const clock = "15:04:05.000"

// timeline is what was done when.
type timeline struct {
	start time.Time

	mu   sync.Mutex
	said []string
}

func (t *timeline) note(format string, args ...any) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = append(t.said, fmt.Sprintf("%s %+7.2fs  %s", now.Format(clock), now.Sub(t.start).Seconds(), fmt.Sprintf(format, args...)))
}

func (t *timeline) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.said)
}
