package config

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// RedisURL says where Redis is, in one of these forms:
//
//	redis://[user:password@]host[:port][/db]
//	unix://[user:password@]/path/to/socket[?db=1]
//	redis+sentinel://[user:password@]host[:port],host[:port],...[/db]?master=name
//	redis+cluster://[user:password@]host[:port],host[:port],...
//
// With rediss in place of redis the connections are encrypted. The hosts are
// the server, or the sentinels, or some nodes of the cluster. Parameters:
//
//	addr               one more sentinel or node, as host:port
//	db                 the database, where the path does not name it
//	master             what the sentinels call the server; needed with them
//	sentinel_user      who we are to the sentinels, if they ask: user and
//	sentinel_password  password are for the server
//	ca                 a file of certificates to trust, as PEM; default: the system's
//	server_name        the name that certificates must bear; default: the host that is called
//	pool_size          most connections to one server, for commands; default 32
//
// It prints without passwords.
type RedisURL string

// RedisMode says how the server is found that has a room.
type RedisMode int

// The ways there are.
const (
	RedisAlone     RedisMode = iota // there is only one
	RedisSentinels                  // sentinels say which one is the master
	RedisCluster                    // each of several has a part of the rooms
)

// RedisTarget is what a RedisURL says.
type RedisTarget struct {
	Mode           RedisMode
	Network        string   // tcp or unix
	Addrs          []string // host:port of the server, of sentinels, of nodes; or the path of a socket
	User, Password string
	DB             int

	Master                         string // what the sentinels call the server
	SentinelUser, SentinelPassword string

	TLS        bool
	CA         string // a file of PEM certificates; "": the system's
	ServerName string // "": the host that is called
	PoolSize   int    // 0: not said
}

const (
	redisPort    = "6379"
	sentinelPort = "26379"

	// maxPoolSize is far more than one process makes use of, and what small
	// managed servers take from all their clients together.
	maxPoolSize = 1000

	// secret stands for a password where a URL is printed.
	secret = "xxxxx"
)

// Decode checks that the URL can be understood.
func (r *RedisURL) Decode(value string) error {
	if _, err := RedisURL(value).Target(); err != nil {
		return err
	}
	*r = RedisURL(value)
	return nil
}

// String returns the URL with any password hidden.
func (r RedisURL) String() string {
	t, err := r.Target()
	if err != nil {
		return "(unreadable)"
	}
	scheme, _, _ := strings.Cut(string(r), "://")
	u := url.URL{Scheme: scheme, Host: strings.Join(t.Addrs, ",")}
	if t.Network == "unix" {
		u.Host, u.Path = "", t.Addrs[0]
	}
	switch {
	case t.Password != "":
		u.User = url.UserPassword(t.User, secret)
	case t.User != "":
		u.User = url.User(t.User)
	}
	q := url.Values{}
	for name, value := range map[string]string{
		"master": t.Master, "sentinel_user": t.SentinelUser, "ca": t.CA, "server_name": t.ServerName,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if t.DB != 0 {
		q.Set("db", strconv.Itoa(t.DB))
	}
	if t.SentinelPassword != "" {
		q.Set("sentinel_password", secret)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// LogValue is what String gives: a log that looks into values would show the
// password.
func (r RedisURL) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Target takes the URL apart. Its errors repeat nothing of the URL, because any
// part of it may be part of a password that was not escaped.
func (r RedisURL) Target() (RedisTarget, error) {
	scheme, rest, found := strings.Cut(string(r), "://")
	t, port, known := schemeTarget(scheme)
	if !found || !known {
		return t, errors.New("not a redis://, rediss:// or unix:// URL, nor one with +sentinel or +cluster")
	}
	// A URL does not have several hosts, so they are taken out of it.
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	i := strings.LastIndexByte(authority, '@') + 1
	u, err := url.Parse("redis://" + authority[:i] + tail)
	if err != nil || u.Fragment != "" {
		return t, errors.New("not a URL; special characters in a password are written as %XX")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return t, errors.New("its parameters cannot be read; special characters are written as %XX")
	}
	t.User = u.User.Username()
	t.Password, _ = u.User.Password()
	if err := t.setAddrs(authority[i:], u.Path, query["addr"], port); err != nil {
		return t, err
	}
	return t, t.setParameters(query)
}

// schemeTarget returns what a scheme says, and the port of a host without one.
func schemeTarget(scheme string) (t RedisTarget, port string, known bool) {
	t, port = RedisTarget{Network: "tcp"}, redisPort
	base, kind, _ := strings.Cut(scheme, "+")
	switch base {
	case "redis":
	case "rediss":
		t.TLS = true
	case "unix":
		t.Network = "unix"
		return t, "", scheme == "unix"
	default:
		return t, "", false
	}
	switch kind {
	case "sentinel":
		t.Mode, port = RedisSentinels, sentinelPort
	case "cluster":
		t.Mode = RedisCluster
	default:
		return t, port, scheme == base
	}
	return t, port, true
}

// setAddrs reads where to go to, and the database that a path names.
func (t *RedisTarget) setAddrs(hosts, path string, more []string, port string) error {
	if t.Network == "unix" {
		t.Addrs = []string{path}
		if hosts != "" || path == "" || more != nil {
			return errors.New("a socket is unix:///path/to/socket")
		}
		return nil
	}
	all := append(strings.Split(hosts, ","), more...)
	if t.Mode == RedisAlone && len(all) > 1 {
		return errors.New("several hosts need +sentinel or +cluster in the scheme")
	}
	for _, host := range all {
		addr, err := hostPort(host, port)
		if err != nil {
			return err
		}
		t.Addrs = append(t.Addrs, addr)
	}
	return t.setDB(strings.Trim(path, "/"))
}

// hostPort adds the usual port to a host that comes without one. No host at all
// is this machine.
func hostPort(host, usual string) (string, error) {
	u, err := url.Parse("redis://" + host)
	if err != nil || u.Host != host || strings.Contains(u.Hostname(), ":") && host[0] != '[' {
		return "", errors.New("a host is neither host nor host:port")
	}
	var port int
	if err := DecodeNumber(&port, cmp.Or(u.Port(), usual), 1, 65535); err != nil {
		return "", errors.New("a port is not from 1 to 65535")
	}
	return net.JoinHostPort(cmp.Or(u.Hostname(), "localhost"), strconv.Itoa(port)), nil
}

func (t *RedisTarget) setDB(value string) error {
	if value == "" {
		return nil
	}
	if err := DecodeNumber(&t.DB, value, 0, 1<<20); err != nil {
		return errors.New("the database is not a number")
	}
	return nil
}

// setParameters reads what stands after the question mark.
func (t *RedisTarget) setParameters(query url.Values) error {
	var db, size string
	fields := map[string]*string{
		"addr": new(string), "db": &db, "master": &t.Master,
		"sentinel_user": &t.SentinelUser, "sentinel_password": &t.SentinelPassword,
		"ca": &t.CA, "server_name": &t.ServerName, "pool_size": &size,
	}
	for name, values := range query {
		field, known := fields[name]
		if !known {
			return fmt.Errorf("it has a parameter that is none of %s", strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		if len(values) > 1 && name != "addr" {
			return fmt.Errorf("it has the parameter %s twice", name)
		}
		*field = values[0]
	}
	if size != "" {
		if err := DecodeNumber(&t.PoolSize, size, 1, maxPoolSize); err != nil {
			return fmt.Errorf("pool_size is not from 1 to %d", maxPoolSize)
		}
	}
	if err := t.setDB(db); err != nil {
		return err
	}
	return t.check()
}

// check refuses what the scheme makes no use of: whoever wrote it expects
// something that is not done.
func (t *RedisTarget) check() error {
	switch {
	case t.Mode == RedisSentinels && t.Master == "":
		return errors.New("sentinels need ?master=, the name that they know the server by")
	case t.Mode != RedisSentinels && t.Master+t.SentinelUser+t.SentinelPassword != "":
		return errors.New("master, sentinel_user and sentinel_password need +sentinel in the scheme")
	case t.Mode == RedisCluster && t.DB != 0:
		return errors.New("a cluster has no database but 0")
	case !t.TLS && t.CA+t.ServerName != "":
		return errors.New("ca and server_name need rediss in the scheme")
	}
	return nil
}
