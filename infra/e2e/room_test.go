package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/room"
)

func TestRoom_InitSaysWhatIsThere(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"language":"go","code":"a\r\nb"}`)
		first := w.join(id, 0)
		f := first.init
		if f.Code != "a\nb" || f.Language != "go" || f.RoomID != id || f.ExpiresIn != 7200 || len(f.YourUserID) != 16 ||
			!slices.Contains(room.Colors(), f.YourColor) || !slices.Equal(f.Users, []string{first.id}) || len(f.Cursors) != 0 {
			t.Errorf("init is %+v", f)
		}
		first.send(`{"type":"hello","name":"Ada"}`)
		first.send(`{"type":"cursor_move","line":2,"column":1}`)
		first.send(`{"type":"language_change","language":"rust"}`)
		first.write("later")
		scene.Eventually(t, "all of it is in Redis", func() bool {
			return w.codeView(id) == "later" && w.redis.Client.HExists(t.Context(), "room:"+id+":cursors", first.id).Val()
		})
		second := w.join(id, 1)
		f = second.init
		if f.Code != "later" || f.Language != "rust" || !slices.Equal(f.Users, sorted(first.id, second.id)) {
			t.Errorf("the second init is %+v", f)
		}
		if c := f.Cursors[first.id]; c.Line != 2 || c.Column != 1 || c.Color != first.init.YourColor {
			t.Errorf("cursors are %+v", f.Cursors)
		}
		if len(f.Participants) != 2 || !slices.ContainsFunc(f.Participants, func(p protocol.Participant) bool {
			return p.ID == first.id && p.Name == "Ada" && p.Color == first.init.YourColor
		}) {
			t.Errorf("participants are %+v", f.Participants)
		}
		if f.YourColor == first.init.YourColor {
			t.Errorf("both are %s", f.YourColor)
		}
	})
}

func TestRoom_TextReachesTheOthersAndNotItsAuthor(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.next("user_joined")
		for i := range 20 {
			author, reader := a, b
			if i%2 == 1 {
				author, reader = b, a
			}
			text := fmt.Sprintf("%d: héllo \"wörld\" 😀\t\\\n%s", i, strings.Repeat("x", i))
			author.write(text)
			if f := reader.next("code_update"); f.Code != text || f.UserID != author.id || f.Version < int64(i) {
				t.Fatalf("got %+v, want %q by %s", f, text, author.id)
			}
			author.settled()
		}
		late := w.join(id, 0)
		if want := "19: "; !strings.HasPrefix(late.init.Code, want) {
			t.Errorf("who comes late finds %q", late.init.Code)
		}
	})
}

func TestRoom_LineEndsAreNormalisedAndTheAuthorIsTold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.next("user_joined")
		a.write("one\r\ntwo\rthree\n")
		for _, c := range []*client{a, b} {
			if f := c.next("code_update"); f.Code != "one\ntwo\nthree\n" {
				t.Errorf("got %q", f.Code)
			}
		}
	})
}

func TestRoom_WhoHadNotSeenTheLastTextTakesNothingAway(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"code":"start\n"}`)
		a, b := w.join(id, 0), w.join(id, 1)
		a.write("start\nalpha\n")
		b.untilCode("start\nalpha\n")
		b.write("start\nsomething else\n") // made from what b had before: b now shows a's text
		for _, c := range []*client{a, b} {
			c.untilCode("start\nsomething else\nalpha\n")
		}
	})
}

func TestRoom_WhoAnswersWhatTheyReadIsNeverSentTheirOwnText(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.until("user_joined")
		a.write("hello")
		b.next("code_update")
		b.settled()                   // so the pong behind the text has arrived too
		pass(1100 * time.Millisecond) // longer than a frontend holds back what is typed
		b.write("world")
		pass(3500 * time.Millisecond) // longer than the relay waits before it sends a text again
		b.settled()
		a.next("code_update")
		a.settled()
	})
}

func TestRoom_WhoMayHaveCrossedWithATextIsSentItOnceMore(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.until("user_joined")
		a.write("ab")
		b.next("code_update")
		b.settled()
		b.write("abc") // it may have been typed before, and b may show "ab" now
		b.untilCode("abc")
		b.settled()
	})
}

func TestRoom_TwoWhoTypeAtOnceBothKeepTheirs(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"code":"one\ntwo\n"}`)
		a, b := w.join(id, 0), w.join(id, 1)
		a.write("one of a\ntwo\n")
		b.write("one\ntwo of b\n")
		for _, c := range []*client{a, b} {
			c.untilCode("one of a\ntwo of b\n")
		}
	})
}

func TestRoom_WhoDeletesAllTakesOnlyWhatTheySaw(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"code":"old\n"}`)
		a, b := w.join(id, 0), w.join(id, 1)
		a.write("old\nnew\n")
		b.write("") // has not seen it
		for _, c := range []*client{a, b} {
			c.untilCode("new\n")
		}
	})
}

func TestRoom_LongLogIsCompacted(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.send(`{"type":"hello","features":["saved"]}`)
		text := ""
		for i := range 450 {
			text += fmt.Sprintf("line %d\n", i)
			a.write(text)
			for f := a.until("saved"); f.Updates <= int64(i); f = a.until("saved") {
			}
		}
		b.untilCode(text)
		scene.Eventually(t, "the log is short", func() bool {
			return w.redis.Client.XLen(t.Context(), "room:"+id+":log").Val() < 250
		})
		if got := w.logged(id); got != text {
			t.Errorf("the log has %d bytes of %d", len(got), len(text))
		}
		if late := w.join(id, 1); late.init.Code != text || late.init.Language != "python" {
			t.Errorf("who comes late finds %d bytes of %d", len(late.init.Code), len(text))
		}
	})
}

func TestRoom_LeavesMemoryWhenNobodyIsInIt(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a := w.join(id, 0)
		a.write("text")
		if got := w.metric(0, "tutti_relay_rooms"); got != "1" {
			t.Errorf("%s rooms are held", got)
		}
		a.leave()
		scene.Eventually(t, "no room is held", func() bool { return w.metric(0, "tutti_relay_rooms") == "0" })
		if late := w.join(id, 0); late.init.Code != "text" {
			t.Errorf("who comes late finds %q", late.init.Code)
		}
	}, func(s *devstack.Settings) { s.Relay.TTLSeconds = 4 }) // a quarter of it is how long a room is kept
}

// TestRoom_OfTheFirstServiceIsAdopted: a room that has only its code.
func TestRoom_OfTheFirstServiceIsAdopted(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		if err := w.redis.Client.Set(t.Context(), "room:a972ed:code", "old\r\n", time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
		a, b := w.join("a972ed", 0), w.join("a972ed", 1)
		if a.init.Code != "old\n" || b.init.Code != "old\n" {
			t.Errorf("it has %q and %q", a.init.Code, b.init.Code)
		}
		b.write("old\nnew\n")
		a.untilCode("old\nnew\n")
	})
}

func TestRoom_BaseVersionSaysWhatWasSeen(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"code":"start"}`)
		a, b := w.join(id, 0), w.join(id, 1)
		a.write("quite another text")
		seen := b.untilCode("quite another text")
		b.send(fmt.Sprintf(`{"type":"code_update","code":"start!","base_version":%d}`, seen.Version))
		a.untilCode("start!")
		b.settled()
	})
}

func TestRoom_CursorsAreSeenWithTheirColour(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.next("user_joined")
		b.send(`{"type":"cursor_move","line":3,"column":14}`)
		if f := a.next("cursor_move"); f.UserID != b.id || f.Line != 3 || f.Column != 14 || f.Color != b.init.YourColor {
			t.Errorf("got %+v", f)
		}
		b.settled()
		for column := range 200 { // the last of many arrives
			b.send(fmt.Sprintf(`{"type":"cursor_move","line":1,"column":%d}`, column))
		}
		for f := a.next("cursor_move"); f.Column != 199; f = a.next("cursor_move") {
		}
	})
}

func TestRoom_LanguageAndNamesAreShared(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.next("user_joined")
		b.send(`{"type":"language_change","language":"go"}`)
		if f := a.next("language_changed"); f.Language != "go" || f.UserID != b.id {
			t.Errorf("got %+v", f)
		}
		b.send(`{"type":"hello","name":"  Bob "}`)
		if f := a.next("user_joined"); f.UserID != b.id || f.Name != "Bob" || f.Color != b.init.YourColor {
			t.Errorf("got %+v", f)
		}
	})
}

func TestRoom_SavedIsToldToThoseWhoAsk(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		a.next("user_joined")
		a.send(`{"type":"hello","features":["saved"]}`)
		first := a.next("saved")
		a.write("text")
		for f := a.next("saved"); f.Version <= first.Version; f = a.next("saved") {
		}
		if got := w.logged(id); got != "text" {
			t.Errorf("saved, but Redis has %q", got)
		}
		b.next("code_update")
		b.settled() // did not ask
	})
}

func TestRoom_EachPersonJoinsAndLeavesOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		watcher := w.join(id, 0)
		joined, left := map[string]int{}, map[string]int{}
		for i := range 12 {
			c := w.join(id, i)
			if f := watcher.next("user_joined"); f.UserID != c.id || f.Color != c.init.YourColor {
				t.Fatalf("got %+v, want %s", f, c.id)
			}
			joined[c.id]++
			if i%2 == 0 {
				c.leave()
			} else {
				c.cut()
			}
			f := watcher.next("user_left")
			left[f.UserID]++
		}
		if len(joined) != 12 || !maps.Equal(joined, left) {
			t.Errorf("joined %v, left %v", joined, left)
		}
		for range 3 { // heartbeats tell it no second time
			waitForHeartbeat(t, w, id)
		}
		watcher.settled()
		scene.Eventually(t, "the views have only who is there", func() bool {
			return slices.Equal(w.redis.Client.SMembers(t.Context(), "room:"+id+":users").Val(), []string{watcher.id})
		})
	})
}

// waitForHeartbeat waits until the room's time to live was renewed by a
// relay: it is taken down first, which nothing but activity mends.
func waitForHeartbeat(t *testing.T, w *world, id string) {
	t.Helper()
	key := "room:" + id + ":seen"
	if err := w.redis.Client.Expire(t.Context(), key, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	scene.Eventually(t, "a heartbeat", func() bool { return w.redis.TTL(key) > time.Hour })
}

func TestRoom_ColoursAreSpreadEvenly(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		having := map[string]int{}
		for i := range 2 * len(room.Colors()) {
			having[w.join(id, i).init.YourColor]++
		}
		for _, color := range room.Colors() {
			if having[color] != 2 {
				t.Errorf("%d have %s", having[color], color)
			}
		}
	})
}

func TestRoom_LivesWhileSomebodyIsInItAndThenGoes(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"code":"kept"}`)
		c := w.join(id, 0)
		start := time.Now()
		scene.Eventually(t, "longer than the room would live alone", func() bool {
			checkTTLs(t, w)
			return time.Since(start) > 3*time.Second
		})
		if !w.exists(id) {
			t.Fatal("the room is gone though somebody is in it")
		}
		c.write("still here")
		c.leave()
		scene.Eventually(t, "the room goes by itself", func() bool { return !w.exists(id) })
		scene.Eventually(t, "nothing of it is left", func() bool { return len(w.redis.Keys()) == 0 })
	}, func(s *devstack.Settings) {
		s.Functions.TTLSeconds, s.Relay.TTLSeconds = 2, 2
	})
}

// checkTTLs checks that every key ends some day.
func checkTTLs(t *testing.T, w *world) {
	t.Helper()
	for _, key := range w.redis.Keys() {
		if ttl := w.redis.TTL(key); ttl == -1 {
			t.Errorf("key %s has no end", key)
		}
	}
}

// Each of two texts fits into the room, and both together do not.
func TestRoom_TextsThatTogetherAreTooLarge_TheSecondIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		a, b := w.join(id, 0), w.join(id, 1)
		first, second := strings.Repeat("a\n", 150<<10), strings.Repeat("b\n", 150<<10)
		a.write(first)
		b.untilCode(first)
		b.send(fmt.Sprintf(`{"type":"code_update","code":%q,"base_version":%d}`, second, b.init.Version))
		if f := b.until("error"); f.Code != "too_large" {
			t.Errorf("got %+v", f)
		}
		b.untilCode(first)
		b.write("b\n" + first)
		a.untilCode("b\n" + first)
	})
}
