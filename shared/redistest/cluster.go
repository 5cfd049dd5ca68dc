package redistest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/config"
)

const (
	clusterMasters = 3 // so that two are most of them
	clusterSlots   = 16384

	// nodeTimeout is after how much silence a node is taken for dead, in
	// milliseconds; see masterDown.
	nodeTimeout = 1000
)

// Nodes are a cluster: three masters, each with a third of the slots and one replica.
type Nodes struct {
	URL config.RedisURL

	t     testing.TB
	nodes []*node
}

// node is one server of a cluster.
type node struct {
	*member
	id  string
	bus int // port on which the nodes talk to each other
}

// Cluster starts a cluster for the length of a test.
func Cluster(t testing.TB) *Nodes {
	t.Helper()
	n := &Nodes{t: t}
	for range 2 * clusterMasters {
		n.nodes = append(n.nodes, startNode(t))
	}
	masters, replicas := n.nodes[:clusterMasters], n.nodes[clusterMasters:]
	var hosts []string
	for i, m := range masters {
		hosts = append(hosts, m.addr())
		// Each has an epoch of its own, or they would first have to agree on them.
		m.do(t, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		m.do(t, "CLUSTER", "ADDSLOTSRANGE", i*clusterSlots/clusterMasters, (i+1)*clusterSlots/clusterMasters-1)
	}
	for _, other := range n.nodes[1:] {
		n.nodes[0].do(t, "CLUSTER", "MEET", "127.0.0.1", other.port, other.bus)
	}
	waitFor(t, "all nodes know all", func() bool {
		return n.all(func(node *node) bool { return node.info("cluster_known_nodes") == strconv.Itoa(len(n.nodes)) })
	})
	for i, r := range replicas {
		r.do(t, "CLUSTER", "REPLICATE", masters[i].id)
	}
	waitFor(t, "the cluster is whole and its replicas follow", func() bool {
		return n.all(func(node *node) bool {
			slots := node.slots()
			whole := node.info("cluster_state") == "ok" && len(slots) == clusterMasters &&
				!slices.ContainsFunc(slots, func(s redis.ClusterSlot) bool { return len(s.Nodes) != 2 })
			return whole && (node.replication("role") == "master" || node.replication("master_link_status") == "up")
		})
	})
	n.URL = config.RedisURL("redis+cluster://" + strings.Join(hosts, ","))
	return n
}

func startNode(t testing.TB) *node {
	t.Helper()
	n := &node{}
	p := newProcess(t)
	plain := p.args
	p.args = func(port int) []string {
		n.bus = freePort(t) // the usual one, 10000 above, may be in use
		return append(plain(port), "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(n.bus),
			"--cluster-node-timeout", strconv.Itoa(nodeTimeout),
			"--cluster-require-full-coverage", "no") // rooms elsewhere do not miss a node that is away
	}
	n.member = startMember(t, p)
	n.id = n.do(t, "CLUSTER", "MYID")
	return n
}

func (n *node) info(name string) string {
	return infoField(n.client.ClusterInfo(context.Background()).Val(), name)
}

// slots returns which masters have which slots, and their replicas, as the node
// knows it.
func (n *node) slots() []redis.ClusterSlot {
	return n.client.ClusterSlots(context.Background()).Val() //nolint:staticcheck // the client library goes by it too
}

// all reports whether something holds for all nodes that run.
func (n *Nodes) all(holds func(*node) bool) bool {
	return !slices.ContainsFunc(n.nodes, func(node *node) bool { return node.cmd != nil && !holds(node) })
}

// Client makes a client of the cluster, for the length of the test.
func (n *Nodes) Client() *redis.ClusterClient {
	n.t.Helper()
	var addrs []string
	for _, node := range n.nodes {
		addrs = append(addrs, node.addr())
	}
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs})
	n.t.Cleanup(func() { _ = client.Close() })
	return client
}

// Migrate moves the slot of a key, with all that is in it, to another master.
// When half is done it calls meanwhile: the slot then belongs to the old node,
// and its keys are at the new one.
func (n *Nodes) Migrate(key string, meanwhile func()) {
	n.t.Helper()
	from, slot := n.owner(key), n.slot(key)
	to := n.nodes[slices.IndexFunc(n.nodes, func(other *node) bool {
		return other != from && other.replication("role") == "master"
	})]
	to.do(n.t, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.id)
	from.do(n.t, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.id)
	keys, err := from.client.ClusterGetKeysInSlot(context.Background(), slot, 1000).Result()
	if err != nil {
		n.t.Fatal(err)
	}
	args := []any{"MIGRATE", "127.0.0.1", to.port, "", 0, 5000, "KEYS"}
	for _, key := range keys {
		args = append(args, key)
	}
	if len(keys) > 0 {
		from.do(n.t, args...)
	}
	meanwhile()
	for _, node := range []*node{to, from} {
		node.do(n.t, "CLUSTER", "SETSLOT", slot, "NODE", to.id)
	}
}

// KillMaster ends the master that has a key, and returns when its replica has
// taken its place.
func (n *Nodes) KillMaster(key string) {
	n.t.Helper()
	was := n.owner(key)
	was.replicated(n.t)
	was.kill(n.t)
	n.awaitOther(key, was)
}

// StallMaster leaves the master that has a key with its connections open but
// silent for good, as a machine is that has lost its network. It returns when
// its replica has taken its place.
func (n *Nodes) StallMaster(key string) {
	n.t.Helper()
	was := n.owner(key)
	was.replicated(n.t)
	was.pause(n.t, true)
	n.nodes = slices.DeleteFunc(n.nodes, func(node *node) bool { return node == was })
	n.awaitOther(key, was)
}

func (n *Nodes) awaitOther(key string, was *node) {
	n.t.Helper()
	waitFor(n.t, "another node has the slot", func() bool {
		return n.all(func(node *node) bool {
			owner := ownerIn(node, n.slot(key))
			return owner != "" && owner != was.addr()
		})
	})
}

// StopMaster ends the master that has a key, for good, and its replica too.
func (n *Nodes) StopMaster(key string) {
	n.t.Helper()
	was := n.owner(key)
	for _, node := range n.nodes {
		if node.replication("master_port") == strconv.Itoa(was.port) {
			node.kill(n.t)
		}
	}
	was.kill(n.t)
}

// slot returns the slot of a key.
func (n *Nodes) slot(key string) int {
	n.t.Helper()
	for _, node := range n.nodes {
		if node.cmd != nil {
			slot, err := node.client.ClusterKeySlot(context.Background(), key).Result()
			if err != nil {
				n.t.Fatal(err)
			}
			return int(slot)
		}
	}
	n.t.Fatal("no node runs")
	return 0
}

// owner returns the master that has a key.
func (n *Nodes) owner(key string) *node {
	n.t.Helper()
	slot := n.slot(key)
	for _, node := range n.nodes {
		if node.cmd != nil && ownerIn(node, slot) == node.addr() {
			return node
		}
	}
	n.t.Fatalf("nobody has slot %d", slot)
	return nil
}

// ownerIn returns the address of the master that has a slot, as a node knows it.
func ownerIn(n *node, slot int) string {
	for _, s := range n.slots() {
		if s.Start <= slot && slot <= s.End {
			return s.Nodes[0].Addr
		}
	}
	return ""
}
