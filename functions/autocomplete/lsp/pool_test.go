package lsp

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/sandbox"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// question makes a job of somebody in a room.
func question(ctx context.Context, room, client string) *job {
	q := at("fake", "app|")
	q.Room = room
	if client != "" {
		q.Client = netip.MustParseAddr(client)
	}
	return newJob(ctx, q, subjectOf(q))
}

// became tells what became of a job, if anything did.
func became(j *job) error {
	select {
	case o := <-j.done:
		return o.err
	default:
		return nil
	}
}

func TestQueue_HasRoomForFewAndForTheNewest(t *testing.T) {
	q := newQueue()
	if err := q.add(question(t.Context(), "a", "")); !errors.Is(err, errStarting) {
		t.Errorf("a queue that is closed: %v", err)
	}
	q.begin(&readiness{})
	var jobs []*job
	for i := range maxWaiting {
		j := question(t.Context(), strconv.Itoa(i), "192.0.2.1")
		jobs = append(jobs, j)
		if err := q.add(j); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.add(question(t.Context(), "more", "192.0.2.1")); !errors.Is(err, errBusy) {
		t.Errorf("one too many: %v", err)
	}
	newer := question(t.Context(), "3", "192.0.2.1")
	if err := q.add(newer); err != nil {
		t.Errorf("a newer question: %v", err)
	}
	if err := became(jobs[3]); !errors.Is(err, errSuperseded) {
		t.Errorf("the older question: %v", err)
	}
	for i, want := range append(append(jobs[:3:3], jobs[4:]...), newer) {
		if got := q.take(); got != want {
			t.Errorf("question %d is another one", i)
		}
	}
	if q.take() != nil {
		t.Error("there is one more")
	}
}

func TestQueue_PeopleWithoutNamesAreNotMistakenForEachOther(t *testing.T) {
	q := newQueue()
	q.begin(&readiness{})
	first := question(t.Context(), "", "")
	for _, j := range []*job{first, question(t.Context(), "", ""), question(t.Context(), "a", "192.0.2.1"), question(t.Context(), "a", "192.0.2.2")} {
		if err := q.add(j); err != nil {
			t.Error(err)
		}
	}
	if err := became(first); err != nil {
		t.Error(err)
	}
	if _, load, _ := q.state(subject{}); load != 4 {
		t.Errorf("%d wait", load)
	}
}

func TestQueue_SkipsWhatNobodyWaitsFor(t *testing.T) {
	q := newQueue()
	q.begin(&readiness{})
	ctx, cancel := context.WithCancel(t.Context())
	gone, here := question(ctx, "a", ""), question(t.Context(), "b", "")
	if err := errors.Join(q.add(gone), q.add(here)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if q.take() != here || !errors.Is(became(gone), context.Canceled) {
		t.Error("a question was asked that nobody waits for")
	}
}

func TestQueue_EndTellsWhoWaits(t *testing.T) {
	q := newQueue()
	q.begin(&readiness{})
	j := question(t.Context(), "a", "")
	if err := q.add(j); err != nil {
		t.Fatal(err)
	}
	q.end()
	if err := became(j); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestPool_PicksWhoHasTheTextOrTime(t *testing.T) {
	p := newPool(command{}, sandbox.Rules{}, usual, testLog(t))
	for range 2 {
		w := &worker{pool: p, queue: newQueue()}
		p.workers = append(p.workers, w)
	}
	first, second := p.workers[0], p.workers[1]
	a := question(t.Context(), "a", "")
	if w, _ := p.pick(a.subject); w != nil {
		t.Error("one was picked that is not ready")
	}
	second.queue.begin(&readiness{})
	if w, _ := p.pick(a.subject); w != second {
		t.Error("who is ready was not picked")
	}
	first.queue.begin(&readiness{})
	if err := second.queue.add(a); err != nil {
		t.Fatal(err)
	}
	second.queue.take() // and has its text open
	if w, _ := p.pick(a.subject); w != second {
		t.Error("who has the text was not picked")
	}
	if w, _ := p.pick(question(t.Context(), "b", "").subject); w != first {
		t.Error("who has time was not picked")
	}
	for i := range maxDetour {
		if err := second.queue.add(question(t.Context(), strconv.Itoa(i), "")); err != nil {
			t.Fatal(err)
		}
	}
	if w, _ := p.pick(a.subject); w != first {
		t.Error("who has the text was picked though many wait")
	}
}

func TestQuarantine_HoldsWhatCostTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q quarantine
		bomb, friend := question(t.Context(), "a", "192.0.2.1").subject, question(t.Context(), "b", "192.0.2.1").subject
		bomb.text, friend.text = 1, 2
		q.blame(bomb)
		if q.holds(bomb) {
			t.Error("after one")
		}
		q.blame(bomb)
		if !q.holds(bomb) || q.holds(friend) {
			t.Errorf("after two: %t, others at the address %t", q.holds(bomb), q.holds(friend))
		}
		q.blame(bomb)
		q.blame(bomb)
		if !q.holds(friend) {
			t.Error("others at an address that cost four")
		}
		<-time.After(quarantineTime)
		if q.holds(bomb) || q.holds(friend) {
			t.Error("it never ends")
		}
		q.blame(bomb)
		if q.holds(bomb) {
			t.Error("what is over counts")
		}
		q.blame(subject{})
		if q.holds(subject{}) {
			t.Error("nobody is held")
		}
	})
}

func TestQuarantine_ForgetsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q quarantine
		for i := range uint64(maxSuspects + 10) {
			q.blame(subject{text: i + 1})
			q.blame(subject{text: i + 1})
			<-time.After(time.Millisecond)
		}
		if len(q.suspects) > maxSuspects || q.holds(subject{text: 1}) || !q.holds(subject{text: maxSuspects + 10}) {
			t.Errorf("%d are remembered", len(q.suspects))
		}
	})
}

func TestSubject_ContinuesOnlyItsOwnText(t *testing.T) {
	of := func(room, client, code string) subject {
		q := &suggest.Query{Room: room, Code: code}
		if client != "" {
			q.Client = netip.MustParseAddr(client)
		}
		return subjectOf(q)
	}
	const one, other = "192.0.2.1", "192.0.2.2"
	text := strings.Repeat("some text\n", 10)
	for _, tt := range []struct {
		name          string
		before, after subject
		old, text     string
		want          bool
	}{
		{"the same room", of("a", one, "x"), of("a", other, "y"), "x", "y", true},
		{"another room", of("a", one, text), of("b", one, text), text, text, false},
		{"no room and a room", of("", one, text), of("b", one, text), text, text, false},
		{"a room and no room", of("a", one, text), of("", one, text), text, text, false},
		{"an address", of("", one, text), of("", one, text+"x"), text, text + "x", true},
		{"an address with another text", of("", one, text), of("", one, "x"), text, "x", false},
		{"another address", of("", one, text), of("", other, text), text, text, false},
		{"nobody", of("", "", text), of("", "", text), text, text, false},
	} {
		if got := tt.after.continues(tt.before, tt.old, tt.text); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

func TestFaults_ServerThatFailsOften_IsLetAlone(t *testing.T) {
	p := openFake(t, quick())
	for i := range failuresToOpen {
		err := suggestOnce(t, p, in(strconv.Itoa(i), "do: slow 60ms\napple app|"), 20*time.Millisecond)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%d: %v", i, err)
		}
		// The next must not wait in the queue.
		eventually(t, "it is idle", func() bool {
			_, load, _ := p.pools["fake"].workers[0].queue.state(subject{})
			return load == 0
		})
	}
	if _, err := p.Suggest(t.Context(), in("x", "apple app|")); !errors.Is(err, errResting) {
		t.Errorf("%v", err)
	}
}
