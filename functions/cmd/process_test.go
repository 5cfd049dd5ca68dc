// Package cmd_test starts the commands as processes.
package cmd_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/shared/redistest"
)

// binaries is where TestMain builds the commands.
var binaries string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tutti-cmd")
	if err != nil {
		panic(err)
	}
	binaries = dir
	if out, err := exec.Command("go", "build", "-o", dir, "./functions", "./framework").CombinedOutput(); err != nil {
		panic(string(out))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// command prepares a command with this environment and no other.
func command(t *testing.T, name string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, name))
	cmd.Env = append([]string{"LOG_LEVEL=debug"}, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	return cmd, &stderr
}

func TestFunctions_ABadSettingEndsItWithOneLineThatNamesIt(t *testing.T) {
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, taken, _ := net.SplitHostPort(listener.Addr().String())
	tests := []struct{ variable, value string }{
		{"ROOM_TTL_SECONDS", "soon"},
		{"ROOM_TTL_SECONDS", "0"},
		{"ROOM_TTL_SECONDS", "7200\nROOM_CODE_LENGTH=6"},
		{"CORS_ORIGINS", "*"},
		{"MISS_RATE", "-1"},
		{"LOG_LEVEL", "loud"},
		{"REDIS_URL", "redis://:hunter2@local host"},
		{"REDIS_URL", "redis://:hunter2@localhost/notadatabase"},
		{"FUNCTION_TARGET", "createRoom"},
		{"PORT", "http"},
		{"PORT", taken},
	}
	for _, test := range tests {
		t.Run(test.variable+"="+test.value, func(t *testing.T) {
			cmd, stderr := command(t, "functions", "PORT=0", test.variable+"="+test.value)
			err := cmd.Run()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Errorf("ended with %v", err)
			}
			said := stderr.String()
			if !strings.HasPrefix(said, test.variable+": ") || strings.Count(said, "\n") != 1 || !strings.HasSuffix(said, "\n") {
				t.Errorf("said %q", said)
			}
			if strings.Contains(said, "hunter2") {
				t.Errorf("told the password: %q", said)
			}
		})
	}
}

// startFunctions starts cmd/functions and returns its address and its log.
func startFunctions(t *testing.T, env ...string) (cmd *exec.Cmd, address string, log *bufio.Scanner) {
	t.Helper()
	cmd, _ = command(t, "functions", append(env, "PORT=0")...)
	cmd.Stderr = nil
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log = bufio.NewScanner(stderr)
	for log.Scan() {
		var line struct{ Message, Address string }
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("%q: %v", log.Text(), err)
		}
		if line.Message == "listening" {
			_, port, _ := net.SplitHostPort(line.Address)
			return cmd, net.JoinHostPort("127.0.0.1", port), log
		}
	}
	t.Fatalf("it did not listen: %v", cmd.Wait())
	return nil, "", nil
}

func TestFunctions_EndsWellWhenAskedTo(t *testing.T) {
	server := redistest.Embedded(t)
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd, address, log := startFunctions(t, "REDIS_URL="+strings.Replace(string(server.URL), "redis://", "redis://:hunter2@", 1))
			conn, answer := halfARequest(t, address)
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			waitFor(t, "connections are refused", func() bool { return !reachable(address) })
			_, _ = io.WriteString(conn, requestBody)
			if response, err := http.ReadResponse(answer, nil); err != nil || response.StatusCode != http.StatusOK {
				t.Errorf("the request under way: %v, %v", response, err)
			}
			for log.Scan() {
				if !json.Valid(log.Bytes()) || strings.Contains(log.Text(), "hunter2") {
					t.Errorf("logged %q", log.Text())
				}
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

const requestBody = `{"code":"def ","cursor_position":4}`

// halfARequest sends a request without its body, and waits until that is read.
func halfARequest(t *testing.T, address string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = fmt.Fprintf(conn, "POST /rooms/autocomplete HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n", len(requestBody))
	answer := bufio.NewReader(conn)
	if line, err := answer.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("no go-ahead for the body: %q, %v", line, err)
	}
	_, _ = answer.ReadString('\n') // the empty line after it
	return conn, answer
}

// status sends a request and returns the status of the answer.
func status(t *testing.T, method, url string, body io.Reader) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Error(err)
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

func reachable(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	giveUp := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-giveUp:
			t.Fatalf("still not: %s", what)
		}
	}
}

// freePort finds a port to listen on, below those that the system gives to
// outgoing connections: one of these could take it before the server does.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		if listener, err := net.Listen("tcp", ":"+port); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// startFramework starts cmd/framework and returns its URL.
func startFramework(t *testing.T, env ...string) (cmd *exec.Cmd, stderr *bytes.Buffer, url string) {
	t.Helper()
	port := freePort(t)
	address := net.JoinHostPort("127.0.0.1", port)
	cmd, stderr = command(t, "framework", append(env, "PORT="+port)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, address+" is served", func() bool { return reachable(address) })
	return cmd, stderr, "http://" + address
}

func TestFramework_ServesTheTargetAndNothingElse(t *testing.T) {
	server := redistest.Embedded(t)
	tests := []struct {
		target string
		want   map[string]int
	}{
		{"CreateRoom", map[string]int{"POST /rooms": 201, "GET /rooms": 405, "GET /rooms/abcdef/exists": 404, "POST /": 404, "GET /health": 404}},
		{"RoomExists", map[string]int{"GET /rooms/abcdef/exists": 200, "GET /rooms/a%2Fb/exists": 200, "POST /rooms/abcdef/exists": 405, "POST /rooms": 404}},
		{"RoomsAPI", map[string]int{
			"POST /rooms": 201, "GET /rooms": 405, "GET /rooms/abcdef/exists": 200, "GET /health": 200, "GET /readyz": 200,
			"GET /docs": 200, "GET /openapi.json": 200, "GET /no": 404,
		}},
	}
	for _, test := range tests {
		t.Run(test.target, func(t *testing.T) {
			cmd, _, url := startFramework(t, "FUNCTION_TARGET="+test.target, "REDIS_URL="+string(server.URL))
			for request, want := range test.want {
				method, path, _ := strings.Cut(request, " ")
				if got := status(t, method, url+path, http.NoBody); got != want {
					t.Errorf("%s: status %d, want %d", request, got, want)
				}
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			wantSignalled(t, cmd)
		})
	}
}

// wantSignalled checks that SIGTERM ends a process soon.
func wantSignalled(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	watchdog := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	_ = cmd.Wait()
	if ended, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || ended.Signal() != syscall.SIGTERM {
		t.Errorf("SIGTERM did not end it: %v", cmd.ProcessState)
	}
}

func TestFramework_ABadSettingEndsItWithTheFirstRequest(t *testing.T) {
	cmd, stderr, url := startFramework(t, "FUNCTION_TARGET=CreateRoom", "ROOM_TTL_SECONDS="+strconv.Itoa(1<<40))
	if response, err := http.Get(url); err == nil {
		_ = response.Body.Close()
		t.Errorf("answered %d", response.StatusCode)
	}
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(stderr.String(), "ROOM_TTL_SECONDS: ") {
		t.Errorf("said %q", stderr)
	}
}
