package config_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/config"
)

// badRedisURLs are refused. The password in some of them is "se cret".
var badRedisURLs = []string{
	"", "localhost:6379", "http://localhost", "redis", "redis:/localhost", "redis+://localhost", "+cluster://localhost",
	"redis+ring://localhost", "unix+cluster:///socket", "redis+sentinel+cluster://localhost?master=m",
	"redis://:se cret@%zz", "redis://:se cret@localhost", "redis://:se cret@local host", "redis://user:se cret@localhost:x",
	"redis://localhost:0", "redis://localhost:65536", "redis://localhost:1:2", "redis://[::1", "redis://localhost/x",
	"redis://localhost/-1", "redis://localhost/1/2", "redis://localhost?db=x", "redis://localhost#1",
	"redis://a,b", "redis://localhost?addr=b:1", "unix://localhost/socket", "unix://", "unix:///socket?addr=a:1",
	"redis://localhost?timeout=3s", "rediss://localhost?skip_verify=true", "redis://localhost?db=1&db=2", "redis://localhost?db=%zz",
	"redis://localhost?pool_size=0", "redis://localhost?pool_size=1001", "redis://localhost?ca=/ca.pem",
	"redis://localhost?server_name=x", "redis://localhost?master=m", "redis+cluster://localhost?sentinel_password=se%20cret",
	"redis+sentinel://localhost", "redis+sentinel://localhost,?master=m&addr=b:x", "redis+cluster://localhost/1",
	"redis+cluster://user:se cret@a,b", "redis://:se?cret@localhost", "redis://:se/ cret@localhost", "redis://:se#cret@localhost",
}

func TestRedisURL_Target(t *testing.T) {
	tcp := func(t config.RedisTarget) config.RedisTarget {
		t.Network = "tcp"
		return t
	}
	for url, want := range map[config.RedisURL]config.RedisTarget{
		"redis://":                        tcp(config.RedisTarget{Addrs: []string{"localhost:6379"}}),
		"redis://redis":                   tcp(config.RedisTarget{Addrs: []string{"redis:6379"}}),
		"redis://redis/":                  tcp(config.RedisTarget{Addrs: []string{"redis:6379"}}),
		"redis://[::1]":                   tcp(config.RedisTarget{Addrs: []string{"[::1]:6379"}}),
		"redis://u:p%40%2F@h:1/2":         tcp(config.RedisTarget{Addrs: []string{"h:1"}, User: "u", Password: "p@/", DB: 2}),
		"redis://:a@b@h:1?db=3":           tcp(config.RedisTarget{Addrs: []string{"h:1"}, Password: "a@b", DB: 3}),
		"rediss://h?pool_size=4":          tcp(config.RedisTarget{Addrs: []string{"h:6379"}, TLS: true, PoolSize: 4}),
		"unix:///run/redis.sock":          {Network: "unix", Addrs: []string{"/run/redis.sock"}},
		"unix://u:p@/run/redis.sock?db=1": {Network: "unix", Addrs: []string{"/run/redis.sock"}, User: "u", Password: "p", DB: 1},
		"rediss://h?ca=/etc/ca.pem&server_name=redis.internal": tcp(config.RedisTarget{
			Addrs: []string{"h:6379"}, TLS: true, CA: "/etc/ca.pem", ServerName: "redis.internal",
		}),
		"redis+sentinel://u:p@a,b:2,[::1]:3/4?master=m&sentinel_user=su&sentinel_password=sp&addr=c:5": tcp(config.RedisTarget{
			Mode: config.RedisSentinels, Addrs: []string{"a:26379", "b:2", "[::1]:3", "c:5"}, User: "u", Password: "p", DB: 4,
			Master: "m", SentinelUser: "su", SentinelPassword: "sp",
		}),
		"rediss+cluster://u:p@a?addr=b:2&addr=c": tcp(config.RedisTarget{
			Mode: config.RedisCluster, Addrs: []string{"a:6379", "b:2", "c:6379"}, User: "u", Password: "p", TLS: true,
		}),
	} {
		if got, err := url.Target(); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is\n%+v, %v, want\n%+v", string(url), got, err, want)
		}
		var decoded config.RedisURL
		if err := decoded.Decode(string(url)); err != nil || decoded != url {
			t.Errorf("%s decodes to %s, %v", string(url), string(decoded), err)
		}
		// What is printed says the same, but for the passwords.
		printed, err := config.RedisURL(url.String()).Target()
		if want.Password != "" {
			want.Password = "xxxxx"
		}
		if want.SentinelPassword != "" {
			want.SentinelPassword = "xxxxx"
		}
		want.PoolSize = 0
		if err != nil || !reflect.DeepEqual(printed, want) {
			t.Errorf("%s prints as %s", string(url), url)
		}
	}
}

func TestRedisURL_KeepsItsPasswords(t *testing.T) {
	for _, url := range append([]string{
		"rediss://user:se%20cret@host:6380/1", "redis://:se%20cret@host", "unix://:se%20cret@/socket",
		"redis+sentinel://:se%20cret@a,b?master=m&sentinel_password=se%20cret", "redis+cluster://:se%20cret@a,b",
		"redis+sentinel://a?master=m&sentinel_password=cret",
	}, badRedisURLs...) {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("", slog.Any("url", config.RedisURL(url)))
		_, err := config.RedisURL(url).Target()
		for _, text := range []string{config.RedisURL(url).String(), log.String(), fmt.Sprint(err)} {
			if strings.Contains(text, "cret") {
				t.Errorf("%s: %s", url, text)
			}
		}
	}
}
