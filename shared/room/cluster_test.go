package room

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/redistest"
)

// clusterLog is the name of a room's log in a cluster.
func clusterLog(id string) string { return "room:{" + id + "}:log" }

// split returns rooms that one node has, and rooms that it does not have.
func split(t *testing.T, nodes *redistest.Nodes) (together, elsewhere []string) {
	t.Helper()
	client := nodes.Client()
	var addr string
	const enough = 3
	for i := 0; len(together) < enough || len(elsewhere) < enough; i++ {
		id := fmt.Sprintf("room%02d", i)
		node, err := client.MasterForKey(t.Context(), clusterLog(id))
		switch {
		case err != nil:
			t.Fatal(err)
		case addr == "" || addr == node.Options().Addr:
			addr = node.Options().Addr
			together = append(together, id)
		default:
			elsewhere = append(elsewhere, id)
		}
	}
	return together[:enough], elsewhere[:enough]
}

func TestCluster_ARoomMoves(t *testing.T) {
	nodes := redistest.Cluster(t)
	store := openAt(t, nodes.URL, testRooms, Options{})
	const id = "abcdef"
	checkHeals(t, nodes.URL, []string{id}, func() {
		nodes.Migrate(clusterLog(id), func() {
			// The room is at neither node as a whole. Nothing is lost by trying.
			_, err := store.Load(t.Context(), id, Position{})
			t.Logf("while it moves, Load = %v", err)
		})
	})
}

// Who has not heard of a move is sent on, with commands and with subscriptions.
func TestCluster_ARoomThatHasMovedIsFound(t *testing.T) {
	nodes := redistest.Cluster(t)
	const id = "abcdef"
	asks, follows := openAt(t, nodes.URL, testRooms, Options{}), openAt(t, nodes.URL, testRooms, Options{})
	for _, store := range []*Store{asks, follows} { // which then know where all rooms are
		seed(t, store, id, "kept")
	}
	nodes.Migrate(clusterLog(id), func() {})
	heard := follow(t, follows, id)
	if text := textOf(t, asks, id); text != "kept" {
		t.Errorf("the text is %q", text)
	}
	heard.want(Appended{put(t, asks, id, KindUpdate, nothing)})
}

func TestCluster_AMasterDies(t *testing.T) {
	nodes := redistest.Cluster(t)
	rooms, _ := split(t, nodes)
	checkHeals(t, nodes.URL, rooms, func() { nodes.KillMaster(clusterLog(rooms[0])) })
}

// Nobody says that a connection has ended.
func TestCluster_AMasterFallsSilent(t *testing.T) {
	nodes := redistest.Cluster(t)
	rooms, _ := split(t, nodes)
	checkHeals(t, nodes.URL, rooms, func() { nodes.StallMaster(clusterLog(rooms[0])) })
}

func TestCluster_ANodeThatIsAwayIsNotMissedByOtherRooms(t *testing.T) {
	nodes := redistest.Cluster(t)
	store := openAt(t, nodes.URL, testRooms, Options{})
	gone, others := split(t, nodes)
	heard := make(map[string]*hearing)
	for _, id := range append(gone, others...) {
		seed(t, store, id, "kept")
		heard[id] = follow(t, store, id)
	}
	nodes.StopMaster(clusterLog(gone[0]))

	ctx, stop := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	defer asking.Wait()
	defer stop()
	for _, id := range gone { // which nobody can help
		asking.Go(func() {
			for ; ctx.Err() == nil; <-time.After(time.Millisecond) {
				_, _ = store.Load(ctx, id, Position{})
			}
		})
	}
	for end := time.Now().Add(4 * openTime); time.Now().Before(end); {
		for _, id := range others {
			heard[id].want(Appended{put(t, store, id, KindMeta, "{}")})
		}
	}
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("Ping = %v", err)
	}
}
