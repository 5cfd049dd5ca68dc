package httpserve

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestClientOf_IsTheEntryThatOurOutermostProxyWrote(t *testing.T) {
	const peer = "203.0.113.9:4711"
	tests := []struct {
		name    string
		peer    string
		trusted int
		headers []string // of X-Forwarded-For
		want    string
	}{
		{"no proxy", peer, 0, nil, "203.0.113.9"},
		{"no proxy, a header", peer, 0, []string{"198.51.100.1"}, "203.0.113.9"},
		{"no proxy, many headers", peer, 0, []string{"198.51.100.1", "198.51.100.2, 198.51.100.3"}, "203.0.113.9"},
		{"no proxy, IPv6 is one /64", "[2001:db8:1:2:3:4:5:6]:4711", 0, nil, "2001:db8:1:2::"},
		{"no proxy, a zone", "[fe80::1:2:3:4%eth0]:4711", 0, nil, "fe80::"},
		{"no proxy, v4 in v6", "[::ffff:203.0.113.9]:4711", 0, nil, "203.0.113.9"},
		{"no proxy, a socket", "@", 0, nil, "invalid IP"},
		{"no proxy, no port", "203.0.113.9", 0, nil, "203.0.113.9"},

		{"one", peer, 1, []string{"198.51.100.1"}, "198.51.100.1"},
		{"one, a port", peer, 1, []string{"198.51.100.1:1234"}, "198.51.100.1"},
		{"one, IPv6", peer, 1, []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::"},
		{"one, IPv6 in brackets", peer, 1, []string{"[2001:db8:1:2:3:4:5:6]"}, "2001:db8:1:2::"},
		{"one, IPv6 and a port", peer, 1, []string{"[2001:db8:1:2:3:4:5:6]:1234"}, "2001:db8:1:2::"},
		{"one, a zone", peer, 1, []string{"fe80::1%eth0"}, "fe80::"},
		{"one, v4 in v6", peer, 1, []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"one, v4 in v6 with a zone", peer, 1, []string{"::ffff:198.51.100.1%eth0"}, "198.51.100.1"},
		{"one, no header", peer, 1, nil, "203.0.113.9"},
		{"one, empty", peer, 1, []string{""}, "203.0.113.9"},
		{"one, garbage", peer, 1, []string{"unknown"}, "203.0.113.9"},
		{"one, an address that is none", peer, 1, []string{"198.51.100.256"}, "203.0.113.9"},
		{"one, blanks", peer, 1, []string{" \t198.51.100.1\t "}, "198.51.100.1"},

		{"two", peer, 2, []string{"198.51.100.1, 192.0.2.1"}, "198.51.100.1"},
		{"two, in two headers", peer, 2, []string{"198.51.100.1", "192.0.2.1"}, "198.51.100.1"},
		{"two, only one entry", peer, 2, []string{"198.51.100.1"}, "203.0.113.9"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := observed(test.peer, test.trusted, test.headers...); got.String() != test.want {
				t.Errorf("client %s, want %s", got, test.want)
			}
		})
	}
}

// observed is the client that a handler sees.
func observed(peer string, trusted int, forwarded ...string) netip.Addr {
	r := get("/")
	r.RemoteAddr = peer
	r.Header["X-Forwarded-For"] = forwarded
	var client netip.Addr
	log, _ := newLog()
	answer(Observe(log, trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		client = ClientOf(r.Context())
	})), r)
	return client
}

// spoofs is what a client writes into X-Forwarded-For before our proxies add to it.
var spoofs = [][]string{
	{},
	{""},
	{","},
	{",,,,"},
	{" , "},
	{"127.0.0.1"},
	{"10.0.0.1, 10.0.0.2, 10.0.0.3"},
	{"10.0.0.1", "10.0.0.2"},
	{"10.0.0.1:80", "[::1]:80"},
	{"::1"},
	{"fe80::1%eth0"},
	{"::ffff:10.0.0.1"},
	{"unknown"},
	{"_hidden"},
	{"for=10.0.0.1"},
	{"10.0.0.1;10.0.0.2"},
	{"10.0.0.1 10.0.0.2"},
	{"\x00"},
	{"\xff"},
	{`"10.0.0.1"`},
	{"[", "]"},
	{strings.Repeat("10.0.0.1,", 1000)},
	{strings.Repeat(",", 10_000)},
}

func TestClientOf_CannotBeSpoofed(t *testing.T) {
	const client, lb = "198.51.100.1", "192.0.2.1"
	for _, spoof := range spoofs {
		for trusted, appended := range [][]string{nil, {client}, {client, lb}} {
			want := client
			if trusted == 0 {
				want = "203.0.113.9"
			}
			// A proxy adds to the last line, or adds a line.
			line := append([]string{}, spoof...)
			for _, entry := range appended {
				if len(line) == 0 {
					line = []string{entry}
				} else {
					line[len(line)-1] += ", " + entry
				}
			}
			for _, forwarded := range [][]string{line, append(append([]string{}, spoof...), appended...)} {
				if got := observed("203.0.113.9:4711", trusted, forwarded...); got.String() != want {
					t.Errorf("trusted %d, %.60q: client %s, want %s", trusted, forwarded, got, want)
				}
			}
		}
	}
}

func TestClientOf_NoOtherHeaderCounts(t *testing.T) {
	for trusted := range 3 {
		r := get("/")
		r.RemoteAddr = "203.0.113.9:4711"
		for _, name := range []string{"Forwarded", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Forwarded-Host", "X_forwarded_for"} {
			r.Header.Set(name, "10.0.0.1")
		}
		if got := clientAddr(r, trusted); got.String() != "203.0.113.9" {
			t.Errorf("trusted %d: client %s", trusted, got)
		}
	}
}

func TestClientOf_IsNobodyOutsideOfARequest(t *testing.T) {
	if got := ClientOf(httptest.NewRequest(http.MethodGet, "/", http.NoBody).Context()); got.IsValid() {
		t.Errorf("client %s", got)
	}
}

var alice, bob = netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2")

// limits are the numbers that the tests of Limiter are run with.
var limits = []struct {
	perSecond float64
	burst     int
}{{1, 1}, {3, 300}, {10, 1000}, {0.001, 1}, {0.3, 7}, {1e6, 3}}

func TestLimiter_GrantsABurstAndThenTheRate(t *testing.T) {
	for _, limit := range limits {
		t.Run(fmt.Sprintf("%g a second, %d at once", limit.perSecond, limit.burst), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(limit.perSecond, limit.burst)
				for i := range limit.burst {
					if retry, ok := l.Allow(alice); !ok || retry != 0 {
						t.Fatalf("number %d was refused, retry in %v", i+1, retry)
					}
				}
				for range 20 {
					retry, ok := l.Allow(alice)
					interval := time.Duration(float64(time.Second) / limit.perSecond)
					if ok || retry <= 0 || retry > interval+time.Nanosecond {
						t.Fatalf("allowed %t, retry in %v, want about %v", ok, retry, interval)
					}
					time.Sleep(retry - 2*time.Nanosecond) //nolint:forbidigo // the clock of synctest
					if _, ok := l.Allow(alice); ok && interval > time.Millisecond {
						t.Fatal("allowed before the retry")
					}
					time.Sleep(2 * time.Nanosecond) //nolint:forbidigo // the clock of synctest
					if retry, ok := l.Allow(alice); !ok {
						t.Fatalf("after the retry it is %v more", retry)
					}
				}
			})
		})
	}
}

func TestLimiter_CheckAgreesWithAllowAndTakesNothing(t *testing.T) {
	for _, limit := range limits {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimiter(limit.perSecond, limit.burst)
			for range limit.burst {
				for range 10 {
					if retry, ok := l.Check(alice); !ok || retry != 0 {
						t.Fatalf("Check: %v, %t", retry, ok)
					}
				}
				l.Allow(alice)
			}
			retry, ok := l.Check(alice)
			if ok || retry <= 0 {
				t.Fatalf("with nothing left, Check: %v, %t", retry, ok)
			}
			time.Sleep(retry) //nolint:forbidigo // the clock of synctest
			if _, ok := l.Check(alice); !ok {
				t.Error("Check refuses after its retry")
			}
			if _, ok := l.Allow(alice); !ok {
				t.Error("Allow refuses what Check let pass")
			}
		})
	}
}

func TestLimiter_RefusalsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1, 1)
		l.Allow(alice)
		var wg sync.WaitGroup
		for range 2000 {
			wg.Go(func() { l.Allow(alice) })
		}
		wg.Wait()
		time.Sleep(time.Second) //nolint:forbidigo // the clock of synctest
		if retry, ok := l.Allow(alice); !ok {
			t.Errorf("a second later it is %v more", retry)
		}
	})
}

func TestLimiter_WhatIsChargedIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(2, 3)
		for range 3 + 7 { // all of them had passed Check at once
			l.Charge(alice)
		}
		const want = 4 * time.Second // 7 that are owed, and one to spend
		if retry, ok := l.Check(alice); ok || retry != want {
			t.Errorf("Check: %v, %t, want %v", retry, ok, want)
		}
		if retry, ok := l.Allow(alice); ok || retry != want {
			t.Errorf("Allow: %v, %t, want %v", retry, ok, want)
		}
		time.Sleep(want) //nolint:forbidigo // the clock of synctest
		if _, ok := l.Allow(alice); !ok {
			t.Error("it was paid, and still refused")
		}
		if _, ok := l.Allow(alice); ok {
			t.Error("too much was paid")
		}
	})
}

func TestLimiter_ClientsAreApart(t *testing.T) {
	l := NewLimiter(0.001, 2)
	for range 5 {
		l.Allow(alice)
	}
	if _, ok := l.Check(bob); !ok {
		t.Error("bob pays for alice")
	}
	if _, ok := l.Allow(netip.Addr{}); !ok {
		t.Error("who has no address pays for alice")
	}
	if _, ok := l.Check(alice); ok {
		t.Error("alice is allowed more")
	}
}

func TestLimiter_RemembersABoundedNumberOfClients(t *testing.T) {
	l := NewLimiter(1, 1)
	addr := netip.MustParseAddr("10.0.0.0")
	for range 3 * maxClients {
		l.Allow(addr)
		l.Check(addr)
		addr = addr.Next()
	}
	if n := l.buckets.Len(); n != maxClients {
		t.Errorf("it remembers %d clients, want %d", n, maxClients)
	}
	if _, ok := l.Allow(addr.Prev()); ok {
		t.Error("it forgot the latest client")
	}
}

func TestLimiter_GrantsTheSameToClientsThatComeAtOnce(t *testing.T) {
	l := NewLimiter(0.001, 100)
	var mu sync.Mutex
	var wg sync.WaitGroup
	granted := 0
	for range 1000 {
		wg.Go(func() {
			if _, ok := l.Allow(alice); ok {
				mu.Lock()
				granted++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if granted != 100 {
		t.Errorf("%d granted, want 100", granted)
	}
}
