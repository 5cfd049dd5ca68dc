package images

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/shared/testtool"
)

// enclose runs a program on a root of its own that cannot be written to. Its
// arguments are the root, the user, and then the environment and the program.
const enclose = `set -eu
root=$1 user=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
exec chroot --userspec="$user" "$root" "$@"`

// config is what an image says of how to run it.
type config struct {
	User       string
	Entrypoint []string
	Env        []string
}

func configOf(t testing.TB, image string) config {
	t.Helper()
	var file struct{ Config config }
	if err := json.Unmarshal([]byte(crane(t, "config", image)), &file); err != nil {
		t.Fatal(err)
	}
	return file.Config
}

// container runs the program of an image as the image says, on a root that cannot
// be written to, /tmp included, until the test ends.
func container(t *testing.T, name, image string, env ...string) *process.Process {
	t.Helper()
	config := configOf(t, image)
	root := t.TempDir()
	unpack := exec.Command("tar", "-xpf", "-", "-C", root)
	unpack.Stdin = strings.NewReader(crane(t, "export", image, "-"))
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("unpacking: %v\n%s", err, out)
	}
	ctx := context.WithoutCancel(t.Context())
	cmd := exec.CommandContext(ctx, "unshare", append([]string{"--mount", "sh", "-c", enclose, "sh", root, config.User}, config.Entrypoint...)...)
	// The tools need a PATH; a program of ours looks for nothing in it.
	cmd.Env = append(append(config.Env, "PATH="+os.Getenv("PATH")), env...)
	p, err := process.Start(ctx, name, cmd, process.SaysListening)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	checkEnclosed(t, p)
	return p
}

// checkEnclosed looks at the process itself: it is nobody, it may nothing, its
// root is read-only and it has no file open.
func checkEnclosed(t *testing.T, p *process.Process) {
	t.Helper()
	proc := filepath.Join("/proc", strconv.Itoa(p.PID()))
	status := fields(t, filepath.Join(proc, "status"))
	for name, want := range map[string]string{
		"Uid:": "65532 65532 65532 65532", "Gid:": "65532 65532 65532 65532", "Groups:": "65532",
		"CapEff:": "0000000000000000", "CapPrm:": "0000000000000000",
	} {
		if status[name] != want {
			t.Errorf("%s has %s %q, want %q", p.Name, name, status[name], want)
		}
	}
	// A line is: id, parent, device, root, mount point, options, and more.
	for line := range strings.Lines(read(t, filepath.Join(proc, "mountinfo"))) {
		if words := strings.Fields(line); words[4] != "/" || !strings.HasPrefix(words[5], "ro,") {
			t.Errorf("%s can reach the mount %s", p.Name, line)
		}
	}
	files, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		to, err := os.Readlink(filepath.Join(proc, "fd", file.Name()))
		if err == nil && strings.HasPrefix(to, "/") && to != "/dev/null" {
			t.Errorf("%s has %s open", p.Name, to)
		}
	}
}

// fields are the lines of a file by their first word.
func fields(t *testing.T, path string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for line := range strings.Lines(read(t, path)) {
		name, value, _ := strings.Cut(line, "\t")
		all[name] = strings.Join(strings.Fields(value), " ")
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(data))
}

// requireContainers skips a test where no container can be made.
func requireContainers(t *testing.T) {
	t.Helper()
	tool(t, "CRANE")
	for _, program := range []string{"unshare", "chroot", "tar", "redis-server"} {
		testtool.Require(t, program)
	}
	if os.Geteuid() != 0 {
		testtool.Missing(t, "only root can mount a root that cannot be written to")
	}
	if err := exec.CommandContext(t.Context(), "unshare", "--mount", "true").Run(); err != nil {
		t.Skipf("this root has no mount namespace of its own, as in most containers, and no tool could give it one: %v", err)
	}
}
