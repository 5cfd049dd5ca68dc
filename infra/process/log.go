package process

import (
	"bufio"
	"io"
	"strings"
	"sync"
)

const (
	// tailLines is how much of a log is kept to explain a failure.
	tailLines = 40

	// maxLineBytes is the longest line of a log that is read as one: above any
	// stack trace in a JSON string.
	maxLineBytes = 1 << 20
)

// processLog keeps the end of what a process said, and the worst of it.
type processLog struct {
	mu    sync.Mutex
	last  []string
	worst string

	errors     int
	firstError string
}

// read takes in all that comes, so that the process can go on writing.
func (l *processLog) read(r io.Reader, each func(line string)) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	for lines.Scan() {
		l.add(lines.Text())
		each(lines.Text())
	}
	if lines.Err() != nil {
		l.add("a line that is too long: " + lines.Err().Error())
		_, _ = io.Copy(io.Discard, r) // its end is the end of the process
	}
}

func (l *processLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == tailLines {
		l.last = l.last[1:]
	}
	l.last = append(l.last, line)
	bad := strings.Contains(line, `"message":"panic"`) || strings.HasPrefix(line, "panic:") ||
		strings.HasPrefix(line, "fatal error:") || strings.Contains(line, "DATA RACE")
	if bad && l.worst == "" {
		l.worst = line
	}
	if bad || strings.Contains(line, `"severity":"ERROR"`) {
		if l.errors++; l.errors == 1 {
			l.firstError = line
		}
	}
}

func (l *processLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.last, "\n")
}

func (l *processLog) scandal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.worst
}
