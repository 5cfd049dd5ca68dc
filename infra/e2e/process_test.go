package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/shared/redistest"
)

// binDir is where build puts what it builds.
var binDir string

// build builds the programs that are run as processes, once.
var build = sync.OnceValue(func() error {
	out, err := exec.Command("go", "build", "-o", binDir,
		"github.com/tutti-live/tutti/wsrelay/cmd/wsrelay", "github.com/tutti-live/tutti/infra/cmd/dev").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
})

// program returns a command for a program of ours, in an empty folder.
func program(t *testing.T, name string, env ...string) *exec.Cmd {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(binDir, name))
	cmd.Env = append(append(os.Environ(), "PORT=0"), env...)
	cmd.Dir = t.TempDir()
	return cmd
}

// process is a part of Tutti in a process of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string // ws://...
	done chan struct{}
	err  error // how it ended; set before done is closed
}

// start runs a binary on a free port until the test ends.
func start(t *testing.T, name string, env ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: program(t, name, env...), done: make(chan struct{})}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.done
	})
	address := make(chan string, 1)
	go func() {
		defer close(p.done)
		readAddress(stderr, address)
		p.err = p.cmd.Wait()
	}()
	select {
	case a := <-address:
		p.url = "ws://127.0.0.1" + a[strings.LastIndex(a, ":"):]
	case <-p.done:
		t.Fatalf("%s ended: %v", name, p.err)
	}
	return p
}

// readAddress finds the address in the log, and reads on so that the process can write.
func readAddress(log io.Reader, address chan<- string) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Message, Address string }
		if err := json.Unmarshal(lines.Bytes(), &line); err == nil && line.Message == "listening" {
			address <- line.Address
		}
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// relays starts several relays on one Redis, with times shortened.
func relays(t *testing.T, server *redistest.Server, n int) []*process {
	t.Helper()
	var started []*process
	for range n {
		started = append(started, start(t, "wsrelay", "REDIS_URL="+string(server.URL), "HEARTBEAT_INTERVAL=500ms", "PRESENCE_TIMEOUT=2s"))
	}
	return started
}

// roomOn makes a room without the functions.
func roomOn(t *testing.T, server *redistest.Server) (id string) {
	t.Helper()
	return newWorld(t, server, 0).create("")
}

func enter(t *testing.T, p *process, room string) *client {
	t.Helper()
	c := dial(t, p.url+"/ws/"+room)
	c.init = c.next("init")
	c.id = c.init.YourUserID
	return c
}

func TestProcess_KilledRelay_ItsPeopleDisappearAndItsTextDoesNot(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		two := relays(t, server, 2)
		room := roomOn(t, server)
		a, b, c := enter(t, two[0], room), enter(t, two[1], room), enter(t, two[1], room)
		b.send(`{"type":"hello","features":["saved"]}`)
		b.until("saved")
		b.write("written on the relay that dies")
		a.untilCode("written on the relay that dies")
		b.until("saved")
		two[1].signal(syscall.SIGKILL)
		gone := map[string]bool{a.until("user_left").UserID: true, a.until("user_left").UserID: true}
		if !gone[b.id] || !gone[c.id] {
			t.Errorf("left are %v, want %s and %s", gone, b.id, c.id)
		}
		again := enter(t, two[0], room)
		if again.init.Code != "written on the relay that dies" || len(again.init.Users) != 2 {
			t.Errorf("who comes back finds %+v", again.init)
		}
	})
}

func TestProcess_PausedRelay_ItsPeopleComeBack(t *testing.T) {
	server := redistest.Real(t)
	two := relays(t, server, 2)
	room := roomOn(t, server)
	a, b := enter(t, two[0], room), enter(t, two[1], room)
	a.until("user_joined")
	two[1].signal(syscall.SIGSTOP)
	if f := a.until("user_left"); f.UserID != b.id {
		t.Errorf("left is %s", f.UserID)
	}
	a.write("while it was paused")
	two[1].signal(syscall.SIGCONT)
	if f := a.until("user_joined"); f.UserID != b.id || f.Color != b.init.YourColor {
		t.Errorf("came back %+v", f)
	}
	b.untilCode("while it was paused")
}

func TestProcess_StoppedRelay_AsksEveryoneToComeBackAndLosesNothing(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		two := relays(t, server, 2)
		room := roomOn(t, server)
		a, b := enter(t, two[0], room), enter(t, two[1], room)
		a.until("user_joined")
		b.write("the last word")
		two[1].signal(syscall.SIGTERM)
		start := time.Now()
		if code := b.closeCode(); code != 1012 {
			t.Errorf("closed with %d", code)
		}
		end, _ := errors.AsType[*websocket.CloseError](b.ended)
		var reason struct {
			Retry *int64 `json:"retry_ms"`
		}
		if err := json.Unmarshal([]byte(end.Text), &reason); err != nil || reason.Retry == nil || *reason.Retry > 10_000 {
			t.Errorf("the reason is %q", end.Text)
		}
		for missing := map[string]bool{"code_update": true, "user_left": true}; len(missing) > 0; { // in any order
			f := a.any()
			if f.Type == "code_update" && f.Code == "the last word" || f.Type == "user_left" && f.UserID == b.id {
				delete(missing, f.Type)
			}
		}
		<-two[1].done
		if took := time.Since(start); two[1].err != nil || took > 9*time.Second {
			t.Errorf("ended with %v after %v", two[1].err, took)
		}
	})
}

func TestProcess_StoppedRelay_EndsInTimeThoughRedisIsAwayAndNobodyAnswers(t *testing.T) {
	server := redistest.Real(t)
	relay := relays(t, server, 1)[0]
	room := roomOn(t, server)
	a := enter(t, relay, room)
	deaf, _, err := websocket.DefaultDialer.Dial(relay.url+"/ws/"+room, nil) // never reads, so never answers a close
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	a.until("user_joined")
	server.Stall(true)
	a.write("cannot be saved")
	start := time.Now()
	relay.signal(syscall.SIGTERM)
	<-relay.done
	if took := time.Since(start); took > 9*time.Second {
		t.Errorf("took %v", took)
	}
	server.Stall(false)
}

func TestProcess_Dev_StopsWithinTwoSeconds(t *testing.T) {
	cmd := program(t, "dev")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	var base string
	for base == "" && lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "Try it"); ok {
			base = strings.TrimSpace(url)
		}
	}
	w := &world{t: t, api: strings.TrimSuffix(base, "/")}
	room := w.create("")
	ws := "ws" + strings.TrimPrefix(w.api, "http")
	a, b := dial(t, ws+"/ws/"+room), dial(t, ws+"/ws/"+room) // one on each relay
	a.next("init")
	b.next("init")
	a.write("hello")
	b.untilCode("hello")
	start := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}
