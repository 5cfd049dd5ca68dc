//go:build linux

package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	landlocksys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Enter()
	if len(os.Args) > 1 && os.Args[1] == probeVerb {
		probe(os.Args[2], os.Args[3])
		return
	}
	if len(os.Args) > 1 && os.Args[1] == parentVerb {
		parent(os.Args[2])
		return
	}
	goleak.VerifyTestMain(m)
}

// A test binary that is started with probeVerb tries something and says what came of
// it; one with parentVerb starts a program and waits to be killed.
const (
	probeVerb  = "sandbox-probe"
	parentVerb = "sandbox-parent"
)

func probe(what, arg string) {
	var err error
	switch what {
	case "read":
		_, err = os.ReadFile(arg)
	case "list":
		_, err = os.ReadDir(arg)
	case "write":
		err = os.WriteFile(arg, []byte("x"), 0o600)
	case "dial":
		_, err = net.Dial("tcp", arg)
	case "listen":
		_, err = net.Listen("tcp", arg)
	case "udp":
		_, err = net.Dial("udp", arg)
	case "execute":
		var program []byte
		if program, err = os.ReadFile("/bin/true"); err == nil {
			err = os.WriteFile(arg, program, 0o700)
		}
		if err == nil {
			err = exec.Command(arg).Run()
		}
	case "allocate":
		n, _ := strconv.Atoi(arg)
		fmt.Println(len(make([]byte, n<<20))) // ends the process if it may not
	case "environment":
		fmt.Println(strings.Join(os.Environ(), " "))
	case "limits":
		for _, resource := range []int{syscall.RLIMIT_CORE, syscall.RLIMIT_NOFILE, syscall.RLIMIT_DATA} {
			var l syscall.Rlimit
			err = syscall.Getrlimit(resource, &l)
			fmt.Print(l.Max, " ")
		}
		fmt.Println()
	case "kill":
		var pid int
		if pid, err = strconv.Atoi(arg); err == nil {
			err = syscall.Kill(pid, 0)
		}
	case "wait":
		fmt.Println("waits")
		select {}
	}
	fmt.Println(err)
}

// run runs a probe under rules and returns what it says.
func run(t *testing.T, rules sandbox.Rules, what, arg string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	rules.Read = append(rules.Read, self)
	p, err := sandbox.Start(t.Context(), rules, sandbox.Program{
		Path: self, Args: []string{probeVerb, what, arg}, Env: []string{"A=b"}, Stdout: in, Stderr: in,
	})
	in.Close()
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	<-p.Ended()
	return strings.TrimSpace(string(said))
}

func needLandlock(t *testing.T) {
	t.Helper()
	if err := sandbox.Check(); err != nil { // a kernel is nothing that could be installed
		t.Skip(err)
	}
}

func TestStart_ProgramIsHeldBack(t *testing.T) {
	needLandlock(t)
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	readable, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	given := filepath.Join(readable, "given")
	if err := os.WriteFile(given, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	own := t.TempDir()
	rules := sandbox.Rules{Read: []string{readable, "/does/not/exist"}, Write: own}
	for _, tt := range []struct {
		what, arg string
		allowed   bool
	}{
		{"list", "/usr", true},
		{"list", "/", false},
		{"list", "/etc", false},
		{"list", "/proc", false},
		{"read", "/etc/passwd", false},
		{"read", "/proc/1/environ", false},
		{"read", secret, false},
		{"read", filepath.Join(own, "..", filepath.Base(filepath.Dir(secret)), "secret"), false},
		{"read", given, true},
		{"write", given, false},
		{"write", "/dev/null", true},
		{"write", "/tmp/tutti-sandbox-probe", false},
		{"write", filepath.Join(own, "x"), true},
		{"read", filepath.Join(own, "x"), true},
		{"execute", filepath.Join(own, "true"), false},
		{"dial", server.Addr().String(), false},
		{"listen", "127.0.0.1:0", false}, // as MPTCP, which Go prefers
		{"udp", server.Addr().String(), false},
		{"kill", strconv.Itoa(os.Getpid()), false},
	} {
		if version, _ := landlocksys.LandlockGetABIVersion(); tt.what == "kill" && version < 6 {
			t.Logf("Landlock %d does not know signals", version)
			continue
		}
		said := run(t, rules, tt.what, tt.arg)
		if allowed := said == "<nil>"; allowed != tt.allowed || !allowed && !strings.Contains(said, "denied") && !strings.Contains(said, "not permitted") {
			t.Errorf("%s %s: %s", tt.what, tt.arg, said)
		}
	}
}

func TestStart_LimitsAndEnvironment(t *testing.T) {
	needLandlock(t)
	rules := sandbox.Rules{Write: t.TempDir(), Memory: 8 << 30}
	if said := run(t, rules, "environment", ""); said != "A=b\n<nil>" {
		t.Errorf("the environment is %s", said)
	}
	if said := run(t, rules, "limits", ""); said != "0 1024 8589934592 \n<nil>" {
		t.Errorf("the limits are %s", said)
	}
	if said := run(t, rules, "allocate", "9000"); !strings.Contains(said, "out of memory") && !strings.Contains(said, "failed to allocate") {
		t.Errorf("%.200s", said)
	}
}

func TestStart_AsNobody(t *testing.T) {
	needLandlock(t)
	if os.Getuid() != 0 {
		t.Skip("only root can become nobody")
	}
	const nobody = 65534
	dir, err := os.MkdirTemp("/tmp", "tutti-nobody-") // that of the test is not for others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied, own := filepath.Join(dir, "test"), filepath.Join(dir, "own")
	for _, err := range []error{os.Chmod(dir, 0o755), os.WriteFile(copied, program, 0o755), os.Mkdir(own, 0o700), os.Chown(own, nobody, nobody)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), copied, "-test.run", "^TestStart_AsNobodyProbe$", "-test.v")
	cmd.Env = []string{"SANDBOX_OWN=" + own, "TMPDIR=" + own}
	cmd.Dir = own
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestStart_AsNobodyProbe is run by TestStart_AsNobody.
func TestStart_AsNobodyProbe(t *testing.T) {
	own := os.Getenv("SANDBOX_OWN")
	if own == "" {
		t.Skip("TestStart_AsNobody runs it")
	}
	rules := sandbox.Rules{Write: own}
	if said := run(t, rules, "write", filepath.Join(own, "x")); said != "<nil>" {
		t.Error(said)
	}
	if said := run(t, rules, "read", "/etc/passwd"); !strings.Contains(said, "denied") {
		t.Error(said)
	}
}

func TestStart_ProgramThatIsNotThere(t *testing.T) {
	needLandlock(t)
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p, err := sandbox.Start(t.Context(), sandbox.Rules{Write: t.TempDir()}, sandbox.Program{Path: "/usr/bin/there-is-no-such-program", Stderr: in})
	in.Close()
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(out)
	if <-p.Ended(); !strings.Contains(string(said), "no such file") {
		t.Errorf("%s", said)
	}
}

// parent starts a program that waits, says its number, and waits too.
func parent(own string) {
	signal.Ignore(syscall.SIGPIPE)
	self, _ := os.Executable()
	p, err := sandbox.Start(context.Background(), sandbox.Rules{Read: []string{self}, Write: own}, sandbox.Program{
		Path: self, Args: []string{probeVerb, "wait", ""}, Stdout: os.Stdout,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-p.Ended()
}

func TestStart_ProgramEndsWithItsParent(t *testing.T) {
	needLandlock(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.CommandContext(t.Context(), self, parentVerb, t.TempDir())
	cmd.Stdout = in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	reader := bufio.NewReader(out)
	if line, err := reader.ReadString('\n'); err != nil || line != "waits\n" {
		t.Errorf("%q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if err := out.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(reader); err != nil { // it ends when nobody can write any more
		t.Errorf("the program goes on: %q, %v", rest, err)
	}
}
