package room

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/redistest"
)

// healLimit is how long all may take to be as before when messages were lost.
const healLimit = 15 * time.Second

func TestStore_DoesTheSameOnEveryKindOfRedis(t *testing.T) {
	t.Run("alone", func(t *testing.T) {
		server := redistest.Real(t)
		checkStore(t, server.URL, server.Client)
	})
	t.Run("TLS", func(t *testing.T) {
		server, _ := redistest.TLS(t)
		checkStore(t, server.URL, server.Client)
	})
	t.Run("sentinels", func(t *testing.T) {
		watched := redistest.Sentinel(t)
		checkStore(t, watched.URL, watched.Client())
	})
	t.Run("cluster", func(t *testing.T) {
		nodes := redistest.Cluster(t)
		checkStore(t, nodes.URL, nodes.Client())
	})
}

// checkStore does all that a Store can with a few rooms, so that in a cluster
// each node has some. client is to look what is there.
func checkStore(t *testing.T, url config.RedisURL, client redis.UniversalClient) {
	writer, reader := openAt(t, url, testRooms, Options{}), openAt(t, url, testRooms, Options{})
	if err := writer.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	var rooms []string
	heard := make(map[string]*hearing)
	for range 12 {
		id := create(t, writer, "héllo", "go")
		rooms, heard[id] = append(rooms, id), follow(t, reader, id)
	}
	for _, id := range rooms {
		checkRoom(t, writer, reader, id, heard[id], client)
	}
	var asking sync.WaitGroup
	for _, id := range rooms { // Redis loses it, somebody asks, and whoever follows hears that
		if err := client.Del(t.Context(), writer.keys(id).all()...).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Load(t.Context(), id, Position{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("Load = %v", err)
		}
		asking.Go(func() {
			if found, err := writer.Exists(t.Context(), id); found || err != nil {
				t.Errorf("Exists = %v, %v", found, err)
			}
		})
		heard[id].want(Lost{})
		reader.Unfollow(id)
	}
	asking.Wait()
	if found, err := writer.Exists(t.Context(), "nobody"); found || err != nil {
		t.Errorf("Exists = %v, %v", found, err)
	}
}

func checkRoom(t *testing.T, writer, reader *Store, id string, heard *hearing, client redis.UniversalClient) {
	r := replay(t, writer, id)
	if state := load(t, reader, id); r.text() != "héllo" || state.Meta.Language != "go" || len(state.Entries) != 1 {
		t.Errorf("made %q, %+v", r.text(), state)
	}
	if _, err := r.insert(t.Context(), 0, "A "); err != nil {
		t.Fatal(err)
	}
	appended, ok := heard.next().(Appended)
	if !ok || appended.Payload != string(r.update) {
		t.Errorf("heard %+v", appended)
	}
	color, err := writer.Join(t.Context(), id, Person{ID: "u1"}, anyNumber)
	if err != nil {
		t.Fatal(err)
	}
	ada := Person{ID: "u1", Color: color}
	heard.want(Here{ada})
	say(t, reader, id, Presence{Here: []Person{ada}, Whole: true})
	heard.want(Roll{Head: appended.Position, People: []Person{ada}})
	if ok, err := writer.View(t.Context(), id, appended.Position, "A héllo"); !ok || err != nil {
		t.Errorf("View = %v, %v", ok, err)
	}
	if err := writer.Compact(t.Context(), id, appended.Position, r.snapshot("go")); err != nil {
		t.Fatal(err)
	}
	if snapshot, ok := heard.next().(Appended); !ok || snapshot.Kind != KindSnapshot {
		t.Errorf("heard %+v", snapshot)
	}
	if text, view := textOf(t, reader, id), client.Get(t.Context(), writer.keys(id).code).Val(); text != "A héllo" || view != text {
		t.Errorf("the text is %q, its view %q", text, view)
	}
	if found, err := reader.Exists(t.Context(), id); !found || err != nil {
		t.Errorf("Exists = %v, %v", found, err)
	}
	for _, key := range writer.keys(id).all() {
		if ttl := client.TTL(t.Context(), key).Val(); ttl <= 0 && key != writer.keys(id).cursors {
			t.Errorf("%s lives %v", key, ttl)
		}
	}
	if err := client.Del(t.Context(), writer.keys(id).log).Err(); err != nil {
		t.Fatal(err)
	}
	if err := writer.Adopt(t.Context(), id); err != nil || textOf(t, reader, id) != "A héllo" {
		t.Errorf("Adopt = %v", err)
	}
	heard.next() // the log that was made
}

// checkHeals follows rooms, lets something happen to Redis, and checks that
// soon whoever follows is told, what is written stands once, and is heard.
func checkHeals(t *testing.T, url config.RedisURL, ids []string, happens func()) {
	t.Helper()
	store := openAt(t, url, testRooms, Options{})
	heard := make(map[string]*hearing)
	for _, id := range ids {
		seed(t, store, id, "kept")
		heard[id] = follow(t, store, id)
		heard[id].want(Appended{put(t, store, id, KindUpdate, nothing)})
	}
	start := time.Now()
	happens()
	for _, id := range ids {
		for heard[id].next() != Event(Interrupted{}) {
		}
		entry, again := NewEntry(KindUpdate, "", nothing), false
		within(t, healLimit, func() bool {
			state, err := store.Load(t.Context(), id, Position{})
			if err == nil {
				entry.Epoch = state.Head.Epoch
				entry.Position, err = store.Append(t.Context(), id, entry, again)
				again = true
			}
			return err == nil
		})
		for {
			if e, ok := heard[id].next().(Appended); ok && e.Position == entry.Position {
				break
			}
		}
		times := 0
		for _, e := range load(t, store, id).Entries {
			if e.Nonce == entry.Nonce {
				times++
			}
		}
		if text := textOf(t, store, id); times != 1 || text != "kept" {
			t.Errorf("the entry stands %d times, and the text is %q", times, text)
		}
	}
	if took := time.Since(start); took > healLimit {
		t.Errorf("it took %v", took)
	} else {
		t.Logf("it took %v", took)
	}
}

// within waits until something holds, where eventually is too short.
func within(t *testing.T, limit time.Duration, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not come true within %v", limit)
		}
	}
}

// nothing is an update that changes nothing.
const nothing = "\x00\x00"

// withPassword replaces the password in the URL of what redistest.TLS has started.
func withPassword(url config.RedisURL, password string) config.RedisURL {
	return config.RedisURL(strings.Replace(string(url), redistest.Password, password, 1))
}

func TestStore_TLS_WhoIsNotWhoTheyShouldBeGetsNothing(t *testing.T) {
	server, stranger := redistest.TLS(t)
	ours := server.URL
	ca := string(ours)[strings.Index(string(ours), "ca=")+len("ca="):]
	for name, test := range map[string]struct {
		url  config.RedisURL
		says string
	}{
		"an authority that is not trusted": {config.RedisURL(strings.Replace(string(ours), ca, stranger, 1)), "certificate"},
		"the authorities of the system":    {config.RedisURL(strings.Replace(string(ours), "?ca="+ca, "", 1)), "certificate"},
		"another name":                     {ours + "&server_name=redis.internal", "redis.internal"},
		"another password":                 {withPassword(ours, "wrong-"+redistest.Password), "WRONGPASS"},
		"no password":                      {withPassword(ours, ""), ""},
		"no TLS":                           {config.RedisURL("redis://" + server.Client.Options().Addr), ""},
	} {
		t.Run(name, func(t *testing.T) {
			store := openAt(t, test.url, testRooms, Options{})
			_, createErr := store.Create(t.Context(), "", "")
			followErr := store.Follow(t.Context(), "abcdef", func(Event) {})
			for _, err := range []error{store.Ping(t.Context()), createErr, followErr} {
				if apierr.From(err).Code != apierr.Unavailable || !strings.Contains(err.Error(), test.says) {
					t.Errorf("got %v", err)
				}
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), "correct-horse") {
					t.Errorf("%v shows the password", err)
				}
			}
		})
	}
}

func TestOpen_ABadCertificateFileIsSaidAtOnce(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, filepath.Join(t.TempDir(), "missing.pem")} {
		_, err := Open(config.RedisURL("rediss://:s3cret@localhost?ca="+file), testRooms, Options{})
		bad, ok := errors.AsType[*config.Error](err)
		if !ok || bad.Variable != "REDIS_URL" || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("Open = %v", err)
		}
	}
}

// A command whose reply was lost may have been carried out.
func TestConnector_SendsNothingTwice(t *testing.T) {
	server := redistest.Real(t)
	proxy := startProxy(t, server)
	c, err := newConnector(proxy.url())
	if err != nil {
		t.Fatal(err)
	}
	addr := proxy.ln.Addr().String()
	clustered := c.clustered(c.options())
	clustered.ClusterSlots = func(context.Context) ([]redis.ClusterSlot, error) { // one server in the part of a cluster
		return []redis.ClusterSlot{{End: 16383, Nodes: []redis.ClusterNode{{Addr: addr}}}}, nil
	}
	alone, _ := c.commands()
	for name, client := range map[string]redis.UniversalClient{"alone": alone, "cluster": redis.NewClusterClient(clustered)} {
		defer client.Close()
		if err := client.Exists(t.Context(), name).Err(); err != nil { // connects
			t.Fatal(err)
		}
		proxy.loseReplies()
		err := client.Do(t.Context(), "XADD", name, "*", "k", "v").Err()
		if err = reveal(err); !errors.Is(err, io.EOF) || !isFailure(err) {
			t.Errorf("%s: the reply was lost: %v", name, err)
		}
		if n := server.Client.XLen(t.Context(), name).Val(); n != 1 {
			t.Errorf("%s: it was sent %d times", name, n)
		}
	}
}

// Connections that waited in the pool are all dead then, also through TLS,
// where it takes more to find out.
func TestStore_AfterARestartNoCommandFails(t *testing.T) {
	secure, _ := redistest.TLS(t)
	for name, server := range map[string]*redistest.Server{"plain": redistest.Real(t), "TLS": secure} {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		eventually(t, func() bool {
			var asking sync.WaitGroup
			for range 100 {
				asking.Go(func() { load(t, store, id) })
			}
			asking.Wait()
			return store.redis.PoolStats().IdleConns > 2*failuresToOpen
		})
		server.Stop()
		server.Start()
		for range 2 * defaultPoolSize {
			if _, err := store.Load(t.Context(), id, Position{}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestFollow_NoConnectionIsKeptForNothing(t *testing.T) {
	server := redistest.Real(t)
	store := openStore(t, server, Options{})
	id := create(t, store, "", "")
	connections := func() int { return strings.Count(server.Client.ClientList(t.Context()).Val(), "\n") }
	before := connections()
	for range 2 {
		heard := follow(t, store, id)
		heard.want(Appended{put(t, store, id, KindUpdate, nothing)})
		if connections() != before+1 {
			t.Errorf("there are %d connections, before there were %d", connections(), before)
		}
		store.Unfollow(id)
		eventually(t, func() bool { return connections() == before })
	}
}
