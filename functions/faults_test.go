package functions_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/redistest"
)

// wantRetryAfter checks Retry-After, in whole seconds.
func wantRetryAfter(t *testing.T, got reply, low, high int) {
	t.Helper()
	retry := got.header.Get("Retry-After")
	if seconds, err := strconv.Atoi(retry); err != nil || seconds < low || seconds > high {
		t.Errorf("Retry-After %q, want %d to %d", retry, low, high)
	}
}

// slow limits everything to one call in a hundred seconds, rooms to one in five hundred.
func slow(s *functions.Settings) { s.CreateRate, s.AutocompleteRate, s.MissRate = 0.002, 0.01, 0.01 }

func TestLimits_EachSaysWhenToComeBack(t *testing.T) {
	r := newRig(t, redistest.Embedded(t), slow)
	id := r.create(t, "").RoomID
	calls := []struct {
		method, path, body string
		first, wait        int
	}{
		{"POST", "/rooms/autocomplete", `{"code":"def ","cursor_position":4}`, http.StatusOK, 100},
		{"GET", "/rooms/abcdef/exists", "", http.StatusOK, 100},
	}
	for _, call := range calls {
		if got := r.do(call.method, call.path, call.body); got.status != call.first {
			t.Errorf("%s %s: status %d, %s", call.method, call.path, got.status, got.body)
		}
	}
	calls = append(calls, struct {
		method, path, body string
		first, wait        int
	}{"POST", "/rooms", "", http.StatusCreated, 500})
	for _, call := range calls {
		t.Run(call.path, func(t *testing.T) {
			got := r.do(call.method, call.path, call.body)
			wantProblem(t, got, apierr.RateLimited)
			wantRetryAfter(t, got, call.wait-10, call.wait)
		})
	}
	t.Run("who guesses gets no answer even where there is a room", func(t *testing.T) {
		got := r.do("GET", "/rooms/"+id+"/exists", "")
		wantProblem(t, got, apierr.RateLimited)
		wantRetryAfter(t, got, 90, 100)
	})
	t.Run("what no room can be called costs nothing", func(t *testing.T) {
		if got := r.do("GET", "/rooms/NO/exists", ""); got.status != http.StatusOK {
			t.Errorf("status %d", got.status)
		}
	})
	t.Run("health is not limited", func(t *testing.T) {
		for range 20 {
			if got := r.do("GET", "/health", ""); got.status != http.StatusOK {
				t.Errorf("status %d", got.status)
			}
		}
	})
}

func TestLimits_FindingRoomsCostsNothing(t *testing.T) {
	r := newRig(t, redistest.Embedded(t), slow)
	id := r.create(t, "").RoomID
	for range 50 {
		if exists, _ := r.exists(t, id); !exists {
			t.Fatal("the room was not found")
		}
	}
}

// Guesses that come all at once all pass the check. They are paid for later.
func TestLimits_ManyGuessesAtOnceAreOwed(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		r := newRig(t, server, slow)
		var mu sync.Mutex
		var wg sync.WaitGroup
		answered := 0
		for range 50 {
			wg.Go(func() {
				if got := r.do("GET", "/rooms/abcdef/exists", ""); got.status == http.StatusOK {
					mu.Lock()
					answered++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		got := r.do("GET", "/rooms/abcdef/exists", "")
		wantProblem(t, got, apierr.RateLimited)
		wantRetryAfter(t, got, answered*100-20, answered*100)
	})
}

func TestLimits_AreForOneClientBehindTheTrustedProxies(t *testing.T) {
	r := newRig(t, redistest.Embedded(t), slow, func(s *functions.Settings) { s.TrustedProxies = 1 })
	tests := []struct {
		forwarded string
		want      int
	}{
		{"198.51.100.1", 201},
		{"198.51.100.2", 201},
		{"198.51.100.1", 429},
		{"10.0.0.1, 198.51.100.1", 429},
		{"198.51.100.3, 198.51.100.1", 429},
		{"198.51.100.1, 198.51.100.3", 201},
		{"2001:db8::1", 201},
		{"2001:db8::ffff:2", 429}, // the same /64
		{"2001:db8:0:1::1", 201},
	}
	for _, test := range tests {
		if got := r.do("POST", "/rooms", "", "X-Forwarded-For", test.forwarded); got.status != test.want {
			t.Errorf("%s: status %d, want %d", test.forwarded, got.status, test.want)
		}
	}
}

// wantAway checks what is answered without Redis.
func wantAway(t *testing.T, r *rig, id string) {
	t.Helper()
	for _, call := range []struct{ method, path string }{{"POST", "/rooms"}, {"GET", "/rooms/" + id + "/exists"}} {
		got := r.do(call.method, call.path, "")
		wantProblem(t, got, apierr.Unavailable)
		wantRetryAfter(t, got, 1, 5)
		if got.took > 2*time.Second {
			t.Errorf("%s took %v", call.path, got.took)
		}
		if strings.Contains(got.body, "127.0.0.1") || strings.Contains(got.body, "dial") {
			t.Errorf("a client reads %s", got.body)
		}
	}
	want := `{"status":"unready","checks":{"redis":"does not answer"}}` + "\n"
	if got := r.do("GET", "/readyz", ""); got.status != http.StatusServiceUnavailable || got.body != want || got.took > 2*time.Second {
		t.Errorf("/readyz: status %d, %s, after %v", got.status, got.body, got.took)
	}
	if got := r.do("GET", "/health", ""); got.status != http.StatusOK || got.took > time.Second {
		t.Errorf("/health: status %d after %v", got.status, got.took)
	}
	if exists, _ := r.exists(t, "no-room"); exists {
		t.Error("what cannot be a room exists")
	}
}

// wantBack waits until all works again.
func wantBack(t *testing.T, r *rig) {
	t.Helper()
	eventually(t, "ready", func() bool { return r.do("GET", "/readyz", "").status == http.StatusOK })
	eventually(t, "rooms are made and found", func() bool {
		got := r.do("POST", "/rooms", "")
		if got.status != http.StatusCreated {
			return false
		}
		var created createdRoom
		decode(t, got, &created)
		exists, _ := r.exists(t, r.secret(created.RoomID))
		return exists
	})
}

func TestRedisAway_IsSaidSoonAndAllComesBack(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		r := newRig(t, server)
		id := r.create(t, "").RoomID
		server.Stop()
		wantAway(t, r, id)
		server.Start()
		wantBack(t, r)
		if exists, _ := r.exists(t, id); !exists {
			t.Error("the room from before is not found")
		}
	})
}

func TestRedisSilent_IsSaidSoonAndAllComesBack(t *testing.T) {
	server := redistest.Real(t)
	r := newRig(t, server)
	id := r.create(t, "").RoomID
	server.Stall(true)
	wantAway(t, r, id)
	server.Stall(false)
	wantBack(t, r)
}

func TestRedisAway_FromTheStartIsNoReasonNotToStart(t *testing.T) {
	server := redistest.Embedded(t)
	server.Stop()
	r := newRig(t, server)
	wantAway(t, r, "abcdef")
	server.Start()
	wantBack(t, r)
}
