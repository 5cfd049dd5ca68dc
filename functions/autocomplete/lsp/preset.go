package lsp

import (
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A command is how a server is started and what it is told.
type command struct {
	name      string   // for logs
	languages []string // that it is asked about
	program   string   // absolute path
	args      []string
	env       []string          // besides what every server gets
	read      []string          // files and folders that it needs, besides those of the system
	files     map[string]string // what is in its workspace
	options   any               // initializationOptions
	config    map[string]any    // answers to workspace/configuration, as a tree
	samples   []sample          // what it has to know before it is asked for others
}

// A sample is a text with a | where the cursor is, at which there is something to
// suggest.
type sample struct{ language, text string }

// A finder looks for the files of servers.
type finder struct {
	dir    string // Settings.Dir
	memory int64  // of a process, in bytes
}

// errNotFound says that a server is not installed.
var errNotFound = errors.New("not installed")

// presets are the servers whose ways are known.
var presets = map[string]func(finder) (command, error){
	"pyright":    pyright,
	"pylsp":      pylsp,
	"gopls":      gopls,
	"typescript": typescript,
	"clangd":     clangd,
}

func isPreset(name string) bool { return presets[name] != nil }

func presetNames() []string { return slices.Sorted(maps.Keys(presets)) }

// newCommand makes the command that a setting names.
func newCommand(setting string, f finder) (command, error) {
	if preset := presets[setting]; preset != nil {
		c, err := preset(f)
		if err != nil {
			return command{}, fmt.Errorf("%s: %w", setting, err)
		}
		c.name = setting
		return c, nil
	}
	words := strings.Fields(setting)
	if _, err := exec.LookPath(words[0]); err != nil {
		return command{}, err
	}
	program, err := filepath.EvalSymlinks(words[0])
	if err != nil {
		return command{}, err
	}
	folder := home(program)
	if folder == "/" {
		return command{}, fmt.Errorf("%s must be in a folder of its own: it may read all that is beside it", program)
	}
	return command{name: filepath.Base(words[0]), program: words[0], args: words[1:], read: []string{folder}}, nil
}

// look finds a program by any of its names. real is the file behind links.
func (f finder) look(names ...string) (path, real string, err error) {
	for _, name := range names {
		for _, candidate := range []string{filepath.Join(f.dir, name), filepath.Join(f.dir, "bin", name), name} {
			if f.dir == "" {
				candidate = name
			}
			found, err := exec.LookPath(candidate)
			if err != nil {
				continue
			}
			if found, err = filepath.Abs(found); err != nil {
				return "", "", err
			}
			real, err = filepath.EvalSymlinks(found)
			return found, real, err
		}
	}
	return "", "", fmt.Errorf("%s: %w", names[0], errNotFound)
}

// nodePackage finds a folder in the node_modules of the folder of servers, or in
// those that a program on PATH is installed in.
func (f finder) nodePackage(folder, file, program string) (string, error) {
	roots := []string{filepath.Join(f.dir, "node_modules")}
	if _, real, err := f.look(program); err == nil {
		for dir := filepath.Dir(real); dir != "/"; dir = filepath.Dir(dir) {
			if filepath.Base(dir) == "node_modules" {
				roots = append(roots, dir)
			}
		}
	}
	for _, root := range roots {
		found, err := filepath.EvalSymlinks(filepath.Join(root, folder, file))
		if err != nil {
			continue
		}
		if found, err = filepath.Abs(found); err != nil {
			return "", err
		}
		return filepath.Dir(found), nil
	}
	return "", fmt.Errorf("%s/%s: %w", folder, file, errNotFound)
}

// home is the folder that a program is installed in: that of its bin, or its own. The
// program may read all of it.
func home(program string) string {
	dir := filepath.Dir(program)
	if filepath.Base(dir) == "bin" && filepath.Dir(dir) != "/" {
		return filepath.Dir(dir)
	}
	return dir
}

// goMemory tells a server that is written in Go to collect its garbage in time.
func (f finder) goMemory() string { return fmt.Sprintf("GOMEMLIMIT=%d", f.memory/2) }

// nodeMemory does so for one in Node, in mebibytes.
func (f finder) nodeMemory() string { return fmt.Sprintf("--max-old-space-size=%d", f.memory/2>>20) }

// nodeArch is what npm calls this machine.
func nodeArch() string {
	if runtime.GOARCH == "amd64" {
		return "x64"
	}
	return runtime.GOARCH
}
