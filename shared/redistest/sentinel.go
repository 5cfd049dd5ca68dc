package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/config"
)

const (
	masterName   = "tutti"
	sentinelMany = 3 // so that two are most of them

	// masterDown is after how much silence a sentinel takes a server for dead,
	// in milliseconds. With a server that is paused less than that, by whatever
	// else this machine does, tests would fail for no reason.
	masterDown = 1000
)

// Watched is a master with a replica, and sentinels that watch both.
type Watched struct {
	URL config.RedisURL

	t         testing.TB
	servers   []*member // one is the master
	sentinels []*member
}

// Sentinel starts a master, a replica and three sentinels for the length of a test.
func Sentinel(t testing.TB) *Watched {
	t.Helper()
	master := startMember(t, newProcess(t))
	replica := startMember(t, newProcess(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(master.port)))
	waitFor(t, "the replica follows", func() bool { return replica.replication("master_link_status") == "up" })
	w := &Watched{t: t, servers: []*member{master, replica}}
	var hosts []string
	for range sentinelMany {
		s := startMember(t, newSentinel(t, master.port))
		w.sentinels = append(w.sentinels, s)
		hosts = append(hosts, s.addr())
	}
	waitFor(t, "the sentinels know each other and the replica", func() bool {
		return w.all(func(s *member) bool {
			state := redis.NewMapStringStringCmd(t.Context(), "SENTINEL", "MASTER", masterName)
			err := s.client.Process(t.Context(), state)
			return err == nil && state.Val()["num-other-sentinels"] == strconv.Itoa(sentinelMany-1) &&
				state.Val()["num-slaves"] == "1" && state.Val()["flags"] == "master"
		})
	})
	w.URL = config.RedisURL("redis+sentinel://" + strings.Join(hosts, ",") + "?master=" + masterName)
	return w
}

func newSentinel(t testing.TB, masterPort int) *process {
	t.Helper()
	p := newProcess(t)
	p.ready = "+monitor"
	p.args = func(port int) []string {
		dir := t.TempDir()
		file := filepath.Join(dir, "sentinel.conf") // which it writes to
		settings := fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %s\nsentinel monitor %s 127.0.0.1 %d 2\n"+
			"sentinel down-after-milliseconds %[3]s %[5]d\nsentinel failover-timeout %[3]s 5000\n",
			port, dir, masterName, masterPort, masterDown)
		if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{file, "--sentinel"}
	}
	return p
}

// Failover has the sentinels make the replica the master. It returns when they
// have. The old master they make a replica a good while later: until then it
// answers as if nothing had happened.
func (w *Watched) Failover() {
	w.t.Helper()
	was := w.master()
	w.sentinels[0].do(w.t, "SENTINEL", "FAILOVER", masterName)
	w.awaitOther(was)
}

// KillMaster ends the master at once and returns when there is another one.
func (w *Watched) KillMaster() {
	w.t.Helper()
	was := w.master()
	was.replicated(w.t)
	was.kill(w.t)
	w.awaitOther(was)
}

// StallMaster leaves the master with its connections open but silent for good,
// as a machine is that has lost its network, and the first sentinel of the URL
// too. It returns when the others have another master.
func (w *Watched) StallMaster() {
	w.t.Helper()
	was := w.master()
	was.replicated(w.t)
	was.pause(w.t, true)
	w.sentinels[0].pause(w.t, true)
	w.sentinels = w.sentinels[1:]
	w.awaitOther(was)
}

func (w *Watched) awaitOther(was *member) {
	w.t.Helper()
	waitFor(w.t, "all sentinels have another master", func() bool {
		return w.all(func(s *member) bool {
			addr := masterOf(s)
			return addr != "" && addr != was.addr()
		})
	})
	waitFor(w.t, "that one is a master", func() bool { return w.master().replication("role") == "master" })
}

// Client returns a client of the one that is the master now.
func (w *Watched) Client() *redis.Client { return w.master().client }

// master returns the server that the last sentinel takes for the master.
func (w *Watched) master() *member {
	w.t.Helper()
	addr := masterOf(w.sentinels[len(w.sentinels)-1])
	i := slices.IndexFunc(w.servers, func(m *member) bool { return m.addr() == addr })
	if i < 0 {
		w.t.Fatalf("the master is said to be %q", addr)
	}
	return w.servers[i]
}

// masterOf returns the address of the server that a sentinel takes for the master.
func masterOf(sentinel *member) string {
	addr, err := sentinel.client.Do(context.Background(), "SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName).StringSlice()
	if err != nil || len(addr) != 2 {
		return ""
	}
	return net.JoinHostPort(addr[0], addr[1])
}

// all reports whether something holds for all sentinels that are not stalled.
func (w *Watched) all(holds func(*member) bool) bool {
	return !slices.ContainsFunc(w.sentinels, func(s *member) bool { return !holds(s) })
}
