// Package sandbox starts programs that are not trusted with what they are fed: they
// may read what they need, write one folder and nothing else, and open no network
// connection.
//
// Landlock, seccomp and limits on resources are for a process to give to itself. So the
// program that starts others starts itself again with the hidden argument Verb; that
// process gives up its rights and becomes the other program. Its main has to call
// Enter before anything else.
//
// What is held back: files outside Rules, sockets other than those of Unix (seccomp,
// and TCP by Landlock besides), signals to others (since Linux 6.12), memory, core
// dumps, gaining rights by executing (no_new_privs). What is not: reading /usr, CPU
// time, the number of processes. A container around it can do that.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Verb is the first argument of a process that is to become another program.
const Verb = "sandbox-exec"

// maxOpenFiles is how many a program may have open. Language servers map their
// libraries and close them; Node keeps a few dozen.
const maxOpenFiles = 1024

// ErrWeak says that the kernel cannot hold back what it should: no Landlock, or
// one that does not know TCP (before Linux 6.7).
var ErrWeak = errors.New("the kernel has no Landlock of version 4 or newer")

// Rules are what a program may do.
type Rules struct {
	// Read are files and folders that may be read and executed, besides those of the
	// system: /usr and what the loader needs. Those that do not exist are left out.
	Read []string `json:"read,omitempty"`

	// Write is the one folder that may be written.
	Write string `json:"write"`

	// Memory is the most that a process may have of its own, in bytes; the
	// program's children each have their own. 0: no limit.
	Memory uint64 `json:"memory,omitempty"`

	// Weak allows what ErrWeak says: the program then runs with what the kernel can do.
	Weak bool `json:"weak,omitempty"`
}

// A Program is what is to run. Its streams are the caller's to close, also after Start.
type Program struct {
	Path   string   // absolute
	Args   []string // without the name
	Env    []string // all of it
	Stdin  *os.File
	Stdout *os.File
	Stderr *os.File
}

// helperArgs are the arguments with which this program becomes another.
func helperArgs(rules Rules, program string, args []string) ([]string, error) {
	encoded, err := json.Marshal(rules)
	if err != nil {
		return nil, err
	}
	return append([]string{Verb, string(encoded), program}, args...), nil
}

// Enter does nothing in a process that was not started by Start. In one that was
// it does not return: the process becomes the other program, or ends with exit code
// 126 and the reason on stderr.
func Enter() {
	if len(os.Args) < 2 || os.Args[1] != Verb {
		return
	}
	const cannotExecute = 126 // as shells say it
	fmt.Fprintln(os.Stderr, "sandbox:", enter(os.Args[2:]))
	os.Exit(cannotExecute)
}

// enter returns only errors.
func enter(args []string) error {
	if len(args) < 2 {
		return errors.New("no program is given")
	}
	var rules Rules
	if err := json.Unmarshal([]byte(args[0]), &rules); err != nil {
		return err
	}
	return become(rules, args[1:])
}
