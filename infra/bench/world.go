package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/infra/process"
)

// world is a Tutti: a Redis, the functions and relays.
type world struct {
	bench  *bench
	redis  *process.Process
	admin  *redis.Client // for looking; the programs have their own
	api    *process.Process
	relays []*relay // those that were started
}

// relay is a relay in a process of its own.
type relay struct {
	*process.Process
	admin string // address of its metrics
}

// relayCount is how many relays a world begins with.
const relayCount = 2

// newWorld starts all of it: with limits that a test from one address does not
// reach, and with logs that say where it listens.
func newWorld(ctx context.Context, b *bench) (_ *world, err error) {
	w := &world{bench: b}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if err := w.startRedis(ctx); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, b.programs.Functions) //nolint:gosec // just built
	cmd.Env = append(cmd.Environ(), "PORT=0", "LOG_LEVEL=info", "REDIS_URL="+w.url(), "CREATE_RATE=1000000", "ROOM_CODE_LENGTH=16")
	if w.api, err = process.Start(ctx, "functions", cmd, process.SaysListening); err != nil {
		return nil, err
	}
	for range relayCount {
		if _, err := w.startRelay(ctx); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *world) startRedis(ctx context.Context) error {
	addr, err := process.FreeAddr(ctx)
	if err != nil {
		return err
	}
	if w.redis, err = process.StartRedis(ctx, addr, w.bench.dir); err != nil {
		return err
	}
	w.admin = redis.NewClient(&redis.Options{Addr: addr, DisableIdentity: true})
	return nil
}

func (w *world) url() string { return "redis://" + w.redis.Addr }

// startRelay starts one more relay. It runs until the world ends, unless it is
// killed before.
func (w *world) startRelay(ctx context.Context) (*relay, error) {
	admin, err := process.FreeAddr(ctx)
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(admin)
	if err != nil {
		return nil, err
	}
	name, args := w.bench.programs.Relay, []string(nil)
	if w.bench.profile != "" {
		if name, err = os.Executable(); err != nil {
			return nil, err
		}
		args = append(args, "-serve-relay")
	}
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // just built
	cmd.Env = append(cmd.Environ(), "PORT=0", "ADMIN_PORT="+port, "LOG_LEVEL=info", "REDIS_URL="+w.url(),
		"MAX_CONNECTIONS=10000", "MAX_CONNECTIONS_PER_CLIENT=10000")
	p, err := process.Start(ctx, fmt.Sprint("relay ", len(w.relays)+1), cmd, process.SaysListening)
	if err != nil {
		return nil, err
	}
	r := &relay{Process: p, admin: admin}
	w.relays = append(w.relays, r)
	return r, nil
}

// relay is the i-th relay, counted around.
func (w *world) relay(i int) *relay { return w.relays[i%len(w.relays)] }

// started is all processes there are or were.
func (w *world) started() []*process.Process {
	all := []*process.Process{w.redis, w.api}
	for _, r := range w.relays {
		all = append(all, r.Process)
	}
	return slices.DeleteFunc(all, func(p *process.Process) bool { return p == nil })
}

// running is the processes that are not known to have ended.
func (w *world) running() []*process.Process {
	return slices.DeleteFunc(w.started(), (*process.Process).HasEnded)
}

// close ends all that was started, and shows what went wrong there: that makes
// the figures doubtful.
func (w *world) close() (err error) {
	if w.admin != nil {
		err = w.admin.Close()
	}
	for _, p := range w.started() {
		p.Kill()
		if n, first := p.Errors(); n > 0 {
			fmt.Fprintf(os.Stderr, "%s told of %d errors, first of: %s\n", p.Name, n, first)
		}
	}
	return err
}

// create makes a room with a text, which is given as JSON has it.
func (w *world) create(ctx context.Context, escaped []byte) (id string, err error) {
	body := append(append([]byte(`{"code":"`), escaped...), `"}`...)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.api.Addr+"/rooms", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("POST /rooms: %s", response.Status)
	}
	var answer struct {
		RoomID string `json:"room_id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("the answer of POST /rooms: %w", err)
	}
	return answer.RoomID, nil
}
