package process

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is where the programs are.
const module = "github.com/tutti-live/tutti/"

// Programs are the binaries of Tutti.
type Programs struct{ Relay, Functions string }

// Built finds programs that are in a folder.
func Built(dir string) Programs {
	return Programs{Relay: filepath.Join(dir, "wsrelay"), Functions: filepath.Join(dir, "functions")}
}

// Build builds the programs of this workspace into a folder: as they are
// deployed, or with the race detector.
func Build(ctx context.Context, dir string, race bool) (Programs, error) {
	args, cgo := []string{"build", "-trimpath", "-ldflags", "-s -w"}, "CGO_ENABLED=0"
	if race { // which needs cgo
		args, cgo = []string{"build", "-race"}, "CGO_ENABLED=1"
	}
	args = append(args, "-o", dir+string(filepath.Separator), module+"wsrelay/cmd/wsrelay", module+"functions/cmd/functions")
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(cmd.Environ(), cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		return Programs{}, fmt.Errorf("building: %w\n%s", err, out)
	}
	return Built(dir), nil
}

// SaysListening reads the address from the log of a program of Tutti.
func SaysListening(line string) (addr string) {
	var said struct{ Message, Address string }
	if json.Unmarshal([]byte(line), &said) != nil || said.Message != "listening" {
		return ""
	}
	return "127.0.0.1" + said.Address[strings.LastIndex(said.Address, ":"):]
}
