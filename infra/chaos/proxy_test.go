package chaos

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/redistest"
)

// through puts a proxy in front of a real Redis, and makes a client that asks
// once, by way of it.
func through(t *testing.T, raw bool) (*proxy, *redis.Client, *redistest.Server) {
	t.Helper()
	server := redistest.Real(t)
	p, err := newProxy(t.Context(), server.Client.Options().Addr, raw, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: p.addr, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true})
	t.Cleanup(func() {
		if err := errors.Join(client.Close(), p.close()); err != nil {
			t.Error(err)
		}
	})
	return p, client, server
}

// briefly is how long tests wait for what is not to come.
func briefly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestProxy_FairWeather_CarriesEverything(t *testing.T) {
	for _, raw := range []bool{false, true} {
		_, client, _ := through(t, raw)
		huge := strings.Repeat("x\r\n$5\r\n", 1<<20)
		if err := client.Set(t.Context(), "key", huge, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if got := client.Get(t.Context(), "key").Val(); got != huge {
			t.Errorf("raw %v: got %d bytes, want %d", raw, len(got), len(huge))
		}
		if err := client.Get(t.Context(), "no key").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("raw %v: got %v", raw, err)
		}
		if got := client.XInfoStream(t.Context(), "key").Err(); got == nil {
			t.Errorf("raw %v: no error of Redis", raw)
		}
	}
}

func TestProxy_LostReply_TheScriptHasRun(t *testing.T) {
	p, client, server := through(t, false)
	p.set(weather{lostReplies: 1}, bothKinds...)
	for range 3 {
		if err := client.Eval(t.Context(), "return redis.call('INCR', KEYS[1])", []string{"n"}).Err(); err == nil {
			t.Error("there was a reply")
		}
	}
	if got := server.Client.Get(t.Context(), "n").Val(); got != "3" {
		t.Errorf("it ran %s times", got)
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("what is no script: %v", err)
	}
}

func TestProxy_Blocked_ArrivesWhenItIsOver(t *testing.T) {
	p, client, server := through(t, false)
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	p.set(weather{blocked: true}, commandLink)
	if err := client.Set(briefly(t), "key", "late", 0).Err(); err == nil {
		t.Error("it was answered")
	}
	if n := server.Client.Exists(t.Context(), "key").Val(); n != 0 {
		t.Error("it arrived")
	}
	p.fair()
	if err := until(t.Context(), promised, func() string {
		if server.Client.Get(t.Context(), "key").Val() != "late" {
			return "it arrives, though nobody waits"
		}
		return ""
	}); err != nil {
		t.Error(err)
	}
}

func TestProxy_Reset_RefusesOneKindOnly(t *testing.T) {
	p, client, server := through(t, false)
	heard := client.Subscribe(t.Context(), "channel")
	defer heard.Close()
	if _, err := heard.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.set(weather{reset: true}, commandLink)
	for range 2 {
		if err := client.Ping(t.Context()).Err(); err == nil {
			t.Error("a command came through")
		}
	}
	if err := server.Client.Publish(t.Context(), "channel", "message").Err(); err != nil {
		t.Fatal(err)
	}
	if m, err := heard.ReceiveMessage(t.Context()); err != nil || m.Payload != "message" {
		t.Errorf("heard %v, %v", m, err)
	}
}

func TestProxy_LostMessages_VanishAlone(t *testing.T) {
	p, client, server := through(t, false)
	heard := client.Subscribe(t.Context(), "channel")
	defer heard.Close()
	if _, err := heard.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish := func(m string) {
		if err := server.Client.Publish(t.Context(), "channel", m).Err(); err != nil {
			t.Fatal(err)
		}
	}
	p.set(weather{lostMessages: 1}, pubSubLink)
	publish("lost")
	if m, err := heard.ReceiveTimeout(t.Context(), 100*time.Millisecond); err == nil {
		t.Errorf("heard %v", m)
	}
	p.fair()
	publish("heard")
	if m, err := heard.ReceiveMessage(t.Context()); err != nil || m.Payload != "heard" {
		t.Errorf("heard %v, %v", m, err)
	}
}

func TestProxy_LatencyAndRetarget(t *testing.T) {
	p, client, _ := through(t, false)
	const late = 150 * time.Millisecond
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	p.set(weather{latency: late}, bothKinds...)
	start := time.Now()
	if err := client.Ping(t.Context()).Err(); err != nil || time.Since(start) < late {
		t.Errorf("answered %v after %v", err, time.Since(start))
	}
	p.fair()
	other := redistest.Real(t)
	if err := other.Client.Set(t.Context(), "who", "the other", 0).Err(); err != nil {
		t.Fatal(err)
	}
	p.retarget(other.Client.Options().Addr)
	if err := until(t.Context(), promised, func() string {
		if _, err := client.Get(t.Context(), "who").Result(); err != nil {
			return err.Error()
		}
		return ""
	}); err != nil {
		t.Errorf("after the change of server: %v", err)
	}
}

func TestReadValue_ReadsOneWhole(t *testing.T) {
	for _, value := range []string{
		"+OK\r\n", "-ERR no\r\n", ":12\r\n", "$-1\r\n", "$0\r\n\r\n", "$4\r\na\r\nb\r\n", "_\r\n", "#t\r\n", ",1.5\r\n",
		"*-1\r\n", "*0\r\n", "*2\r\n$1\r\na\r\n*1\r\n:1\r\n", "%1\r\n+a\r\n:1\r\n", "~1\r\n:1\r\n",
		">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\np\r\n", "|1\r\n+a\r\n:1\r\n+OK\r\n", "=5\r\ntxt:a\r\n",
	} {
		r := bufio.NewReader(strings.NewReader(value + "+next\r\n"))
		got, err := readValue(r)
		if err != nil || string(got) != value {
			t.Errorf("%q: got %q, %v", value, got, err)
		}
		if next, err := readValue(r); err != nil || !bytes.Equal(next, []byte("+next\r\n")) {
			t.Errorf("after %q: got %q, %v", value, next, err)
		}
	}
	for _, value := range []string{"", "x\r\n", "$x\r\n", "*2\r\n:1\r\n", "$5\r\nab"} {
		if got, err := readValue(bufio.NewReader(strings.NewReader(value))); err == nil {
			t.Errorf("%q: got %q", value, got)
		}
	}
}

func TestElement_FindsTheWords(t *testing.T) {
	request := []byte("*3\r\n$9\r\nSUBSCRIBE\r\n$2\r\n\r\n\r\n$1\r\nc\r\n")
	if got := commandOf(request); got != "subscribe" {
		t.Errorf("got %q", got)
	}
	for i, want := range []string{"SUBSCRIBE", "\r\n", "c", ""} {
		if got := string(element(request, i)); got != want {
			t.Errorf("element %d: got %q, want %q", i, got, want)
		}
	}
	if got := element([]byte("+OK\r\n"), 0); got != nil {
		t.Errorf("got %q", got)
	}
}
