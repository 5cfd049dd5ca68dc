package main

import (
	"fmt"
	"os"
	"time"
)

// clock returns how many milliseconds a function takes.
func (s *subject) clock(run func() error) (float64, error) {
	if !s.thread {
		start := time.Now()
		err := run()
		return milliseconds(time.Since(start)), err
	}
	start, err := threadTime()
	if err != nil {
		return 0, err
	}
	if err := run(); err != nil {
		return 0, err
	}
	end, err := threadTime()
	return milliseconds(end - start), err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// threadTime returns how long this thread has run. The system brings that up to
// date when the thread stops, so it stops for a moment before.
func threadTime() (ran time.Duration, err error) {
	<-time.After(time.Millisecond)
	data, err := os.ReadFile("/proc/thread-self/schedstat") // Linux only
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Sscan(string(data), &ran); err != nil {
		return 0, fmt.Errorf("schedstat: %w", err)
	}
	return ran, nil
}
