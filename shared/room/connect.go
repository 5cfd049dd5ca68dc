package room

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/tutti-live/tutti/shared/config"
)

const (
	// opTimeout bounds every question to Redis, dialling and waiting for a
	// connection included: a request that needs it must fail within 2 s.
	opTimeout = 1500 * time.Millisecond

	// dialTimeout leaves a question time to be asked.
	dialTimeout = 1 * time.Second

	// defaultPoolSize bounds the connections to one server. A script takes well
	// below a millisecond, so they are enough for tens of thousands a second;
	// small managed servers take a thousand connections from all their clients.
	defaultPoolSize = 32

	// maxRedirects bounds how often the nodes of a cluster send one command on,
	// and how often one is sent again that a node refused unread because it is
	// starting or giving away the room.
	maxRedirects = 5

	// topologyAge is how old our knowledge may be of which node has which room.
	// It is asked for again at each sign that it is wrong, so this is for
	// changes that give none.
	topologyAge = 10 * time.Second
)

// connector makes the clients of one Store, all from one URL.
type connector struct {
	target config.RedisTarget
	tls    *tls.Config // nil without TLS
}

func newConnector(url config.RedisURL) (*connector, error) {
	target, err := url.Target()
	if err != nil {
		return nil, &config.Error{Variable: "REDIS_URL", Reason: err}
	}
	c := &connector{target: target}
	if !target.TLS {
		return c, nil
	}
	c.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: target.ServerName}
	if target.CA == "" {
		return c, nil
	}
	c.tls.RootCAs = x509.NewCertPool()
	certificates, err := os.ReadFile(target.CA)
	if err == nil && !c.tls.RootCAs.AppendCertsFromPEM(certificates) {
		err = errors.New("no certificate in it")
	}
	if err != nil {
		return nil, &config.Error{Variable: "REDIS_URL", Reason: fmt.Errorf("ca: %w", err)}
	}
	return c, nil
}

// commands makes the client that asks Redis, and the directory of where rooms
// are heard. The client sends nothing twice: where a reply is lost, only the
// caller knows whether that does harm.
func (c *connector) commands() (redis.UniversalClient, directory) {
	options := c.options()
	switch c.target.Mode {
	case config.RedisSentinels:
		s := c.sentinels()
		options.Addr, options.Dialer = c.target.Master, s.dial
		return redis.NewClient(options), s
	case config.RedisCluster:
		cluster := redis.NewClusterClient(c.clustered(options))
		return cluster, nodes{cluster}
	default:
		options.Addr = c.target.Addrs[0]
		return redis.NewClient(options), alone(options.Addr)
	}
}

// options are what all clients have in common.
func (c *connector) options() *redis.Options {
	return &redis.Options{
		Network:  c.target.Network,
		Dialer:   c.dialPooled,
		Username: c.target.User,
		Password: c.target.Password,
		DB:       c.target.DB,

		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           dialTimeout,
		ReadTimeout:           opTimeout,
		WriteTimeout:          opTimeout,
		PoolTimeout:           opTimeout,
		ContextTimeoutEnabled: true,

		PoolSize:         cmp.Or(c.target.PoolSize, defaultPoolSize),
		PipelinePoolSize: -1, // there are no pipelines

		// Each saves commands on a new connection, and ways to fail.
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// dial connects to a server. Without a ServerName its certificate must bear the
// host that is called.
func (c *connector) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if c.tls == nil {
		return dialer.DialContext(ctx, network, addr)
	}
	return (&tls.Dialer{NetDialer: dialer, Config: c.tls}).DialContext(ctx, network, addr)
}

// dialPooled makes a connection that will wait in a pool.
func (c *connector) dialPooled(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &pooledConn{Conn: conn}, nil
}

// link makes a client for one connection to a server, on which messages are
// heard. When that is lost, the client cannot be used any more.
func (c *connector) link(addr string) *redis.Client {
	options := c.options()
	options.Addr = addr
	options.PoolSize = 1
	options.Protocol = 2 // whose messages the client library hands on without looking for others
	dialled := false     // needs no lock: the client has one connection at a time
	options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dialled {
			return nil, net.ErrClosed
		}
		dialled = true
		conn, err := c.dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &heardConn{Conn: conn}, nil
	}
	return redis.NewClient(options)
}

func (c *connector) clustered(o *redis.Options) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs: c.target.Addrs,
		NewClient: func(o *redis.Options) *redis.Client {
			node := redis.NewClient(o)
			node.AddHook(sendOnce{})
			return node
		},
		MaxRedirects:               maxRedirects,
		ClusterStateReloadInterval: topologyAge,
		DisableRoutingPolicies:     true, // our commands are each about one room

		Dialer:   o.Dialer,
		Username: o.Username,
		Password: o.Password,

		MaxRetries:               o.MaxRetries,
		DialerRetries:            o.DialerRetries,
		DialTimeout:              o.DialTimeout,
		ReadTimeout:              o.ReadTimeout,
		WriteTimeout:             o.WriteTimeout,
		PoolTimeout:              o.PoolTimeout,
		ContextTimeoutEnabled:    o.ContextTimeoutEnabled,
		PoolSize:                 o.PoolSize,
		PipelinePoolSize:         o.PipelinePoolSize,
		DisableIdentity:          o.DisableIdentity,
		MaintNotificationsConfig: o.MaintNotificationsConfig,
	}
}

// sendOnce keeps the client of a cluster from sending a command again after an
// error that leaves open whether it was carried out. That client follows
// redirections, and takes a lost connection for a reason to try the next node;
// it cannot be told the one without the other.
type sendOnce struct{}

func (sendOnce) DialHook(next redis.DialHook) redis.DialHook { return next }

func (sendOnce) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { return hide(next(ctx, cmd)) }
}

// ProcessPipelineHook is for a command that a node sends on while a room moves:
// it goes as a pipeline of two.
func (sendOnce) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return hide(next(ctx, cmds)) }
}

// hidden is an error that the client library must not look into.
type hidden struct{ err error }

func (h *hidden) Error() string { return h.err.Error() }

// hide hides every error but those that a server has replied with: what it
// refused it has not done.
func hide(err error) error {
	if err == nil || isReply(err) || errors.Is(err, redis.ErrClosed) {
		return err
	}
	return &hidden{err}
}

// reveal returns what hide has hidden.
func reveal(err error) error {
	if h, ok := errors.AsType[*hidden](err); ok {
		return h.err
	}
	return err
}

// isReply reports whether a server has replied with this error.
func isReply(err error) bool {
	_, is := errors.AsType[redis.Error](err)
	return is
}
