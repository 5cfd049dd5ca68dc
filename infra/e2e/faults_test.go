package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/redistest"
)

func TestFault_RedisStopped_PeopleGoOnAndAllIsSavedLater(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id, unknown := w.create(`{"code":"before"}`), w.create("")
		a, b := w.join(id, 0), w.join(id, 0)
		a.until("user_joined")
		w.redis.Stop()

		a.write("during")
		b.untilCode("during")
		b.send(`{"type":"cursor_move","line":1,"column":2}`)
		a.until("cursor_move")
		start := time.Now()
		var problem struct{ Detail string }
		if status := w.post("/rooms", "", &problem); status != http.StatusServiceUnavailable || problem.Detail == "" || time.Since(start) > 2*time.Second {
			t.Errorf("POST /rooms: %d %q after %v", status, problem.Detail, time.Since(start))
		}
		response := refused(t, w.relay(0)+"/ws/"+unknown, nil)
		if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
			t.Errorf("joining an unknown room: %d %v", response.StatusCode, response.Header)
		}
		late := w.join(id, 0) // the room is held here, so people still get in
		if late.init.Code != "during" || len(late.init.Users) != 3 {
			t.Errorf("who joins meanwhile finds %+v", late.init)
		}

		w.redis.Start()
		scene.Eventually(t, "the text is saved", func() bool { return w.codeView(id) == "during" })
		scene.Eventually(t, "everyone is on the list", func() bool {
			return w.redis.Client.SCard(t.Context(), "room:"+id+":users").Val() == 3
		})
		other := w.join(id, 1)
		if other.init.Code != "during" || len(other.init.Users) != 4 {
			t.Errorf("who joins afterwards finds %+v", other.init)
		}
		other.write("after")
		a.untilCode("after")
		w.create("")
	})
}

func TestFault_RedisWiped_TextAndPeopleSurvive(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"language":"go"}`)
		a, b := w.join(id, 0), w.join(id, 1)
		for i := range 5 {
			text := fmt.Sprintf("text %d", i)
			a.write(text)
			b.untilCode(text)
			w.redis.Wipe()
			scene.Eventually(t, "the room is back", func() bool {
				return w.codeView(id) == text && w.redis.Client.SCard(t.Context(), "room:"+id+":users").Val() == 2
			})
		}
		if late := w.join(id, 1); late.init.Code != "text 4" || late.init.Language != "go" || len(late.init.Users) != 3 {
			t.Errorf("who comes late finds %+v", late.init)
		}
		checkTTLs(t, w)
		for _, c := range []*client{a, b} {
			for len(c.frames) > 0 {
				if f := c.any(); f.Type == "user_left" {
					t.Errorf("a wipe made somebody leave: %+v", f)
				}
			}
		}
	})
}

func TestFault_EachLostKeyHeals(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		b.send(`{"type":"cursor_move","line":1,"column":1}`)
		a.until("cursor_move")
		for _, key := range []string{"log", "seen", "presence", "code", "users", "cursors"} {
			text := "without " + key
			a.write(text)
			b.untilCode(text)
			scene.Eventually(t, "it is saved", func() bool { return w.codeView(id) == text })
			if err := w.redis.Client.Del(t.Context(), "room:"+id+":"+key).Err(); err != nil {
				t.Fatal(err)
			}
			if key == "code" { // the view comes back with the next change
				continue
			}
			scene.Eventually(t, key+" is back", func() bool {
				return w.redis.Client.Exists(t.Context(), "room:"+id+":"+key).Val() == 1
			})
			if late := w.join(id, 1); late.init.Code != text || len(late.init.Users) < 3 {
				t.Errorf("without %s, who comes late finds %+v", key, late.init)
			}
		}
		checkTTLs(t, w)
	})
}

func TestFault_MessagesLost_AllConverge(t *testing.T) {
	redisServer := redistest.Real(t)
	w := newWorld(t, redisServer, 2)
	id := w.create("")
	a, b := w.join(id, 0), w.join(id, 1)
	for i := range 20 {
		redisServer.CutPubSub()
		text := fmt.Sprintf("text %d", i)
		a.write(text)
		b.untilCode(text)
	}
	c := w.join(id, 0)
	for f := b.until("user_joined"); f.UserID != c.id; f = b.until("user_joined") {
	}
}

func TestFault_SubscriptionFallsSilent_IsMadeAnew(t *testing.T) {
	t.Parallel() // it takes as long as the silence that is allowed
	server := redistest.Real(t)
	link := startProxy(t, server)
	deaf := newWorld(t, server, 1, func(s *devstack.Settings) { s.RedisURL = link.url() })
	other := newWorld(t, server, 1)
	id := other.create("")
	a, b := deaf.join(id, 0), other.join(id, 0)
	a.until("user_joined")
	link.silence()
	b.write("not heard at once")
	a.untilCode("not heard at once")
}

func TestFault_LogLostAlone_KeepsTheLanguage(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"language":"go"}`)
		a, b := w.join(id, 0), w.join(id, 1)
		a.until("user_joined")
		if err := w.redis.Client.Del(t.Context(), "room:"+id+":log").Err(); err != nil {
			t.Fatal(err)
		}
		a.write("text")
		b.untilCode("text")
		b.settled()
		if late := w.join(id, 1); late.init.Language != "go" {
			t.Errorf("the language is %s", late.init.Language)
		}
	})
}

// Whoever comes to a relay that does not know the room finds only its code, and
// adopts that. The relay that has the room must not let the text stand twice.
func TestFault_LogLostAlone_AdoptedElsewhere_TextStandsOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		w := newWorld(t, server, 2)
		id := w.create(`{"code":"text\n","language":"go"}`)
		a := w.join(id, 0)
		a.write("text\nmore\n")
		scene.Eventually(t, "it is saved", func() bool { return w.codeView(id) == "text\nmore\n" })
		if err := w.redis.Client.Del(t.Context(), "room:"+id+":log").Err(); err != nil {
			t.Fatal(err)
		}
		b := w.join(id, 1)
		scene.Eventually(t, "the room that lives is merged with the one that was adopted", func() bool {
			return w.logged(id) == "text\nmore\n"
		})
		b.write("text\nmore\nof b\n")
		a.untilCode("text\nmore\nof b\n")
		a.write("text\nmore\nof b\nof a\n")
		b.untilCode("text\nmore\nof b\nof a\n")
		scene.Eventually(t, "who comes late finds it once", func() bool {
			late := w.join(id, 1)
			return late.init.Code == "text\nmore\nof b\nof a\n" && late.init.Language == "go"
		})
	})
}

func TestFault_RedisWiped_WhoComesToAnotherRelayFindsTheRoomAtOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		w := newWorld(t, server, 2, func(s *devstack.Settings) { // no heartbeat will help
			s.Relay.HeartbeatInterval, s.Relay.PresenceTimeout = config.Interval(time.Hour), config.Interval(3*time.Hour)
		})
		id := w.create(`{"code":"text"}`)
		w.join(id, 0)
		w.redis.Wipe()
		if !w.exists(id) {
			t.Error("the room does not exist")
		}
		if b := w.join(id, 1); b.init.Code != "text" {
			t.Errorf("who comes finds %q", b.init.Code)
		}
	})
}

func TestFault_NonsenseInTheLog_IsSkipped(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"code":"text"}`)
		a, key := w.join(id, 0), "room:"+id+":log"
		last := w.redis.Client.XRevRangeN(t.Context(), key, "+", "-", 1).Val()[0].ID
		epoch, _, _ := strings.Cut(last, "-")
		for _, fields := range [][]string{
			{"k", "u", "n", "x", "d", "\x01\x02nonsense"},
			{"k", "zz", "n", "y", "d", "of a later version"},
			{"k", "s", "n", "", "d", ""},
			{"k", "m", "n", "z", "d", "not JSON"},
			{"something", "else"},
		} {
			if err := w.redis.Client.XAdd(t.Context(), &redis.XAddArgs{Stream: key, ID: epoch + "-*", Values: fields}).Err(); err != nil {
				t.Fatal(err)
			}
		}
		b := w.join(id, 1)
		a.until("user_joined")
		b.write("text of b")
		a.untilCode("text of b")
		if late := w.join(id, 1); late.init.Code != "text of b" {
			t.Errorf("who comes late finds %q", late.init.Code)
		}
	})
}

func TestFault_RedisStalled_PeopleGoOn(t *testing.T) {
	redisServer := redistest.Real(t)
	w := newWorld(t, redisServer, 1)
	id := w.create("")
	a, b := w.join(id, 0), w.join(id, 0)
	redisServer.Stall(true)
	a.write("during")
	b.untilCode("during")
	redisServer.Stall(false)
	scene.Eventually(t, "it is saved", func() bool { return w.codeView(id) == "during" })
}

func TestFault_LogRewound_ItsEndIsWrittenAgain(t *testing.T) {
	for _, relays := range []int{1, 2} {
		w := newWorld(t, redistest.Real(t), relays) // the embedded one cannot put a stream back
		id := w.create(`{"code":"one"}`)
		a, b := w.join(id, 0), w.join(id, 1)
		key := "room:" + id + ":log"
		older := w.redis.Client.Dump(t.Context(), key).Val()
		a.write("two")
		b.untilCode("two")
		scene.Eventually(t, "it is saved", func() bool { return w.codeView(id) == "two" })
		if err := w.redis.Client.RestoreReplace(t.Context(), key, time.Hour, older).Err(); err != nil {
			t.Fatal(err)
		}
		scene.Eventually(t, "the log has the text again", func() bool { return w.logged(id) == "two" })
	}
}

// TestConverge_EveryoneShowsTheSameAndNothingIsLost has people type, all at once
// and each from what they see, and checks that in the end all see the room's
// text, which has every line once.
func TestConverge_EveryoneShowsTheSameAndNothingIsLost(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	everywhere(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(seed, 0))
		id := w.create(`{"code":"line 0\n"}`)
		var people []*typist
		for i := range 5 {
			c := w.join(id, i)
			people = append(people, &typist{client: c, shown: c.init.Code})
		}
		var lines []string
		for round := range 100 {
			i := random.IntN(len(people))
			if random.IntN(2) == 0 {
				people[i].look()
			}
			// No two lines are alike: with the same words, nobody could say whether a
			// line was typed, or made of one that was read.
			lines = append(lines, fmt.Sprintf("%016x\n", random.Uint64()))
			people[i].add(lines[round])
		}
		scene.Eventually(t, "all show the room's text", func() bool {
			text := w.codeView(id)
			for _, p := range people {
				p.look()
			}
			return !slices.ContainsFunc(people, func(p *typist) bool { return p.shown != text })
		})
		for _, line := range lines {
			if n := strings.Count(people[0].shown, line); n != 1 {
				t.Errorf("%q is there %d times", line, n)
			}
		}
		if late := w.join(id, 1); late.init.Code != people[0].shown {
			t.Errorf("who comes late finds %q, the others %q", late.init.Code, people[0].shown)
		}
	})
}

// typist is a client with an editor: it shows what it last typed or was sent.
type typist struct {
	*client
	shown string
}

// look takes in what has come so far.
func (p *typist) look() {
	p.t.Helper()
	for len(p.frames) > 0 {
		if f := p.any(); f.Type == "code_update" {
			p.shown = f.Code
		}
	}
}

func (p *typist) add(line string) {
	p.t.Helper()
	p.shown += line
	p.write(p.shown)
}
