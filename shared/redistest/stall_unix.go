//go:build unix

package redistest

import (
	"syscall"
	"testing"
)

func (p *process) pause(t testing.TB, stalled bool) {
	t.Helper()
	signal := syscall.SIGCONT
	if stalled {
		signal = syscall.SIGSTOP
	}
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Error(err)
	}
}
