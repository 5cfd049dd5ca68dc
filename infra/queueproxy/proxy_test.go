package queueproxy

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/infra/process"
	"github.com/tutti-live/tutti/shared/redistest"
)

// The ports of the queue-proxy, of which only the first can be chosen.
const (
	proxyAddr = "127.0.0.1:8012"
	adminAddr = "127.0.0.1:8022"
)

// timeouts are those of a Knative service, in seconds; 0: never.
type timeouts struct{ request, responseStart, idle int }

// ours is what infra/knative says of the relay.
var ours = timeouts{request: 3600}

func TestMain(m *testing.M) {
	if os.Getenv("QUEUE_PROXY") != "" { // the network is new: it has a loopback, which is down
		if err := exec.Command("ip", "link", "set", "lo", "up").Run(); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// cluster is what is needed to stand for one: a Redis, functions and relays.
type cluster struct {
	t        *testing.T
	programs process.Programs
	redis    string // as an environment variable
	api      *process.Process
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	if os.Getenv("QUEUE_PROXY") == "" {
		t.Skip("`make e2e-knative` runs it, in a network of its own")
	}
	ctx := context.WithoutCancel(t.Context())
	programs, err := process.Build(ctx, t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, programs: programs, redis: "REDIS_URL=" + string(redistest.Real(t).URL)}
	c.api = c.start("functions", programs.Functions)
	return c
}

// start runs a program of ours until the test ends.
func (c *cluster) start(name, program string) *process.Process {
	c.t.Helper()
	ctx := context.WithoutCancel(c.t.Context())
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(cmd.Environ(), "PORT=0", c.redis)
	p, err := process.Start(ctx, name, cmd, process.SaysListening)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(p.Kill)
	return p
}

// proxy puts a queue-proxy in front of a relay, until the test ends.
func proxy(t *testing.T, relay *process.Process, timeouts timeouts) *process.Process {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	cmd := exec.CommandContext(ctx, os.Getenv("QUEUE_PROXY"))
	_, port, _ := strings.Cut(relay.Addr, ":")
	cmd.Env = append(cmd.Environ(),
		"CONTAINER_CONCURRENCY=0", "QUEUE_SERVING_PORT=8012", "QUEUE_SERVING_TLS_PORT=8112", "USER_PORT="+port,
		"REVISION_TIMEOUT_SECONDS="+strconv.Itoa(timeouts.request),
		"REVISION_RESPONSE_START_TIMEOUT_SECONDS="+strconv.Itoa(timeouts.responseStart),
		"REVISION_IDLE_TIMEOUT_SECONDS="+strconv.Itoa(timeouts.idle),
		"SERVING_LOGGING_CONFIG=", "SERVING_LOGGING_LEVEL=info", "SERVING_NAMESPACE=tutti", "SERVING_SERVICE=wsrelay",
		"SERVING_CONFIGURATION=wsrelay", "SERVING_REVISION=wsrelay-1", "SERVING_POD=wsrelay-1-a", "SERVING_POD_IP=127.0.0.1",
		`SERVING_READINESS_PROBE={"httpGet":{"path":"/readyz","port":`+port+`,"host":"127.0.0.1"}}`)
	p, err := process.Start(ctx, "queue-proxy", cmd, func(line string) string {
		if strings.Contains(line, "Starting http server main:8012") {
			return proxyAddr
		}
		return ""
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// preStop is what Kubernetes calls before it ends the container: it returns when
// the queue-proxy thinks that nobody comes any more.
func preStop(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+adminAddr+"/wait-for-drain", http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
