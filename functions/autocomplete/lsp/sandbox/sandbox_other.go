//go:build !linux

package sandbox

import (
	"context"
	"errors"
)

// errNotLinux says that there is nothing here to hold a program back with.
var errNotLinux = errors.New("programs are held back on Linux only")

// Check fails: there is no Landlock here.
func Check() error { return errors.Join(ErrWeak, errNotLinux) }

// A Process is a program that runs under rules: none does here.
type Process struct{}

// Start fails, with Rules.Weak too.
func Start(context.Context, Rules, Program) (*Process, error) { return nil, errNotLinux }

// Ended is never closed.
func (*Process) Ended() <-chan struct{} { return nil }

// Kill does nothing.
func (*Process) Kill() {}

// Memory fails.
func (*Process) Memory() (int64, error) { return 0, errNotLinux }

func become(Rules, []string) error { return errNotLinux }
