package chaos

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// module is where the programs are.
const module = "github.com/tutti-live/tutti/"

// Programs are the binaries that are tried.
type Programs struct{ Relay, Functions string }

// Built finds programs that are in a folder.
func Built(dir string) Programs {
	return Programs{Relay: filepath.Join(dir, "wsrelay"), Functions: filepath.Join(dir, "functions")}
}

// Build builds the programs of this workspace into a folder, with the race
// detector if it is wanted.
func Build(ctx context.Context, dir string, race bool) (Programs, error) {
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	if race {
		args = append(args, "-race")
	}
	args = append(args, module+"wsrelay/cmd/wsrelay", module+"functions/cmd/functions")
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil { //nolint:gosec // no word of it comes from outside
		return Programs{}, fmt.Errorf("building: %w\n%s", err, out)
	}
	return Built(dir), nil
}
