package process

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os/exec"
	"strconv"
	"strings"
)

// StartRedis runs a redis-server that keeps everything in memory only. What it
// is told to write goes into dir.
func StartRedis(ctx context.Context, addr, dir string, args ...string) (*Process, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	args = append([]string{"--bind", host, "--port", port, "--dir", dir, "--save", "", "--appendonly", "no"}, args...)
	cmd := exec.CommandContext(ctx, "redis-server", args...) //nolint:gosec // the words are ours
	return Start(ctx, "redis-server on port "+port, cmd, func(line string) string {
		if strings.Contains(line, "Ready to accept connections") {
			return addr
		}
		return ""
	})
}

// Ports below those that systems give to outgoing connections: a server that is
// stopped and started again finds its own port free.
const (
	lowestPort  = 20_000
	highestPort = 32_000

	portAttempts = 20
)

// FreeAddr finds a port that nobody listens on.
func FreeAddr(ctx context.Context) (string, error) {
	var failed error
	for range portAttempts {
		port := lowestPort + rand.IntN(highestPort-lowestPort) //nolint:gosec // keeps no secret
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err == nil {
			err = ln.Close()
		}
		if err == nil {
			return addr, nil
		}
		failed = errors.Join(failed, err)
	}
	return "", failed
}
