package room

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// A directory knows at which server the messages of a room are heard.
type directory interface {
	// look returns a function that says at which address a channel is heard
	// now. It is for many channels at once, and not for long.
	look(ctx context.Context) (func(channel string) (addr string, err error), error)

	// doubt says that something was not where look had said.
	doubt()

	Close() error
}

// alone is the address of the only server.
type alone string

func (a alone) look(context.Context) (func(string) (string, error), error) {
	return func(string) (string, error) { return string(a), nil }, nil
}

func (alone) doubt() {}

func (alone) Close() error { return nil }

// nodes are those of a cluster.
type nodes struct{ client *redis.ClusterClient }

func (n nodes) look(ctx context.Context) (func(string) (string, error), error) {
	return func(channel string) (string, error) { return n.addr(ctx, channel) }, nil
}

// addr returns the node that has the slot of a key or channel.
func (n nodes) addr(ctx context.Context, key string) (string, error) {
	node, err := n.client.MasterForKey(ctx, key)
	if err != nil {
		return "", fmt.Errorf("room: finding a node: %w", reveal(err))
	}
	return node.Options().Addr, nil
}

// doubt has the slots read again, soon and once, however often it is called.
func (n nodes) doubt() { n.client.ReloadState(context.Background()) }

// Close leaves the client to the Store.
func (nodes) Close() error { return nil }
