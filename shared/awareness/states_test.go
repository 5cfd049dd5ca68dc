package awareness_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/tutti-live/tutti/shared/awareness"
)

func TestStates_Rules(t *testing.T) {
	type entries = []awareness.Entry
	for name, test := range map[string]struct {
		known   entries
		entry   awareness.Entry
		changed bool
		want    entries
	}{
		"FirstState":                {nil, awareness.Entry{1, 1, "{}"}, true, entries{{1, 1, "{}"}}},
		"InitialStateIsRefused":     {nil, awareness.Entry{1, 0, "{}"}, false, nil},
		"InitialGoneIsRefused":      {nil, awareness.Entry{1, 0, ""}, false, nil},
		"HigherClockWins":           {entries{{1, 1, "{}"}}, awareness.Entry{1, 3, `{"a":1}`}, true, entries{{1, 3, `{"a":1}`}}},
		"RenewalIsAChange":          {entries{{1, 1, "{}"}}, awareness.Entry{1, 2, "{}"}, true, entries{{1, 2, "{}"}}},
		"SameClockIsAnEcho":         {entries{{1, 2, "{}"}}, awareness.Entry{1, 2, `{"a":1}`}, false, entries{{1, 2, "{}"}}},
		"LowerClockIsOld":           {entries{{1, 2, "{}"}}, awareness.Entry{1, 1, `{"a":1}`}, false, entries{{1, 2, "{}"}}},
		"GoneAtSameClock":           {entries{{1, 2, "{}"}}, awareness.Entry{1, 2, ""}, true, nil},
		"GoneAtHigherClock":         {entries{{1, 2, "{}"}}, awareness.Entry{1, 3, ""}, true, nil},
		"GoneAtLowerClockIsOld":     {entries{{1, 2, "{}"}}, awareness.Entry{1, 1, ""}, false, entries{{1, 2, "{}"}}},
		"GoneTwice":                 {entries{{1, 2, "{}"}, {1, 2, ""}}, awareness.Entry{1, 2, ""}, false, nil},
		"GoneAgainAtHigherClock":    {entries{{1, 2, "{}"}, {1, 2, ""}}, awareness.Entry{1, 3, ""}, true, nil},
		"EchoDoesNotBringBack":      {entries{{1, 2, "{}"}, {1, 2, ""}}, awareness.Entry{1, 2, "{}"}, false, nil},
		"HigherClockBringsBack":     {entries{{1, 2, "{}"}, {1, 2, ""}}, awareness.Entry{1, 3, "{}"}, true, entries{{1, 3, "{}"}}},
		"UnknownThatIsGone":         {nil, awareness.Entry{1, 5, ""}, true, nil},
		"OldStateOfUnknownThatLeft": {entries{{1, 5, ""}}, awareness.Entry{1, 5, "{}"}, false, nil},
		"OthersStay":                {entries{{9, 1, "{}"}, {2, 1, "{}"}}, awareness.Entry{2, 1, ""}, true, entries{{9, 1, "{}"}}},
		"OrderedByClient":           {entries{{1 << 53, 1, "{}"}, {7, 9, "{}"}}, awareness.Entry{1 << 33, 1, "{}"}, true, entries{{7, 9, "{}"}, {1 << 33, 1, "{}"}, {1 << 53, 1, "{}"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var s awareness.States
			for _, e := range test.known {
				if !s.Apply(e) {
					t.Fatalf("%+v changes nothing", e)
				}
			}
			if changed := s.Apply(test.entry); changed != test.changed {
				t.Errorf("changed is %v, want %v", changed, test.changed)
			}
			want(t, &s, test.want...)
		})
	}
}

func TestStates_ZeroValueIsEmpty(t *testing.T) {
	var s awareness.States
	want(t, &s)
	s.Forget(1)
	if e, ok := s.Remove(1); ok || e != (awareness.Entry{}) {
		t.Errorf("removed %+v, %v", e, ok)
	}
	want(t, &s)
}

func TestStates_RemoveKeepsTheClock(t *testing.T) {
	s := states(awareness.Entry{1, 4, "{}"})
	if e, ok := s.Remove(1); !ok || e != (awareness.Entry{1, 4, ""}) {
		t.Errorf("removed %+v, %v", e, ok)
	}
	want(t, s)
	if _, ok := s.Remove(1); ok {
		t.Error("removed twice")
	}
	if s.Apply(awareness.Entry{1, 4, "{}"}) {
		t.Error("came back through an echo")
	}
	if !s.Apply(awareness.Entry{1, 5, "{}"}) {
		t.Error("does not come back")
	}
	want(t, s, awareness.Entry{1, 5, "{}"})
}

func TestStates_RemovalIsAcceptedByOthers(t *testing.T) {
	here, there := states(awareness.Entry{1, 4, "{}"}), states(awareness.Entry{1, 4, "{}"})
	if e, _ := here.Remove(1); !there.Apply(e) {
		t.Errorf("%+v changes nothing", e)
	}
	want(t, there)
}

func TestStates_ForgetLetsGoOfTheClock(t *testing.T) {
	for name, lose := range map[string]func(*awareness.States){
		"present": func(*awareness.States) {},
		"gone":    func(s *awareness.States) { s.Remove(1) },
	} {
		s := states(awareness.Entry{1, 4, "{}"}, awareness.Entry{2, 1, "{}"})
		lose(s)
		s.Forget(1)
		want(t, s, awareness.Entry{2, 1, "{}"})
		if s.Apply(awareness.Entry{1, 0, "{}"}) || !s.Apply(awareness.Entry{1, 1, "{}"}) {
			t.Errorf("%s: is not unknown after Forget", name)
		}
		want(t, s, awareness.Entry{1, 1, "{}"}, awareness.Entry{2, 1, "{}"})
	}
}

func TestStates_LongestGoneAreForgottenFirst(t *testing.T) {
	var s awareness.States
	const back, again = 0, 1 // clients that do not stay where they were in the row
	for client := range uint64(awareness.MaxGone) {
		s.Apply(awareness.Entry{client, 2, "{}"})
		s.Remove(client)
	}
	s.Apply(awareness.Entry{back, 3, "{}"})
	s.Remove(back)
	s.Apply(awareness.Entry{again, 3, ""})
	for client := range uint64(3) {
		s.Apply(awareness.Entry{10_000 + client, 2, ""})
	}
	want(t, &s)
	for client, known := range map[uint64]bool{2: false, 3: false, 4: false, 5: true, 6: true, back: true, again: true, 10_002: true} {
		if brought := s.Apply(awareness.Entry{client, 2, "{}"}); brought == known {
			t.Errorf("client %d: known is %v, want %v", client, !brought, known)
		}
	}
	want(t, &s, awareness.Entry{2, 2, "{}"}, awareness.Entry{3, 2, "{}"}, awareness.Entry{4, 2, "{}"})
}

func TestStates_PresentAreNeverForgotten(t *testing.T) {
	s := states(awareness.Entry{1 << 40, 1, "{}"})
	for client := range uint64(3 * awareness.MaxGone) {
		s.Apply(awareness.Entry{client, 1, ""})
	}
	want(t, s, awareness.Entry{1 << 40, 1, "{}"})
	if n := len(s.Gone()); n != awareness.MaxGone {
		t.Errorf("%d are kept", n)
	}
}

func TestStates_AllEndsAndAllowsChanges(t *testing.T) {
	s := states(awareness.Entry{1, 1, "{}"}, awareness.Entry{2, 1, "{}"}, awareness.Entry{3, 1, "{}"}, awareness.Entry{4, 1, "{}"})
	var seen []uint64
	for e := range s.All() {
		seen = append(seen, e.Client)
		s.Remove(e.Client + 1)
		if e.Client == 3 {
			break
		}
	}
	if !slices.Equal(seen, []uint64{1, 3}) {
		t.Errorf("saw %v", seen)
	}
}

// TestStates_Converge wants entries to make the same whatever their order and
// however often they come: of each client the one of the highest clock, but
// nothing if it is gone at that clock.
func TestStates_Converge(t *testing.T) {
	first, sessions := fromEnv(t, "TUTTI_FUZZ_SEED", rand.Uint64N(1<<31)), fromEnv(t, "TUTTI_FUZZ_SESSIONS", 500)
	t.Logf("TUTTI_FUZZ_SEED=%d TUTTI_FUZZ_SESSIONS=%d", first, sessions)
	for seed := first; seed < first+sessions && !t.Failed(); seed++ {
		random := rand.New(rand.NewPCG(seed, 0))
		entries := truthfulEntries(random)
		last := make(map[uint64]awareness.Entry)
		for _, e := range entries {
			known := last[e.Client]
			if e.Clock > known.Clock || e.Clock == known.Clock && e.Clock > 0 && e.State == "" {
				last[e.Client] = e
			}
		}
		var present []awareness.Entry
		for _, client := range clients {
			if last[client].State != "" {
				present = append(present, last[client])
			}
		}
		for range 4 {
			var s awareness.States
			for _, e := range disorder(random, entries) {
				s.Apply(e)
				if s.Apply(e) {
					t.Errorf("%+v changes something twice", e)
				}
			}
			want(t, &s, present...)
			for _, e := range entries {
				if s.Apply(e) {
					t.Errorf("%+v changes something after all is known", e)
				}
			}
		}
		if t.Failed() {
			t.Logf("seed %d: %+v", seed, entries)
		}
	}
}

// Client ids of every width, in order.
var clients = []uint64{0, 1, 127, 128, 1 << 31, 1<<32 - 1, 1<<32 + 5, 1<<53 - 1}

// truthfulEntries are of clients that say one thing at each clock, and of others
// who may say at any clock that they are gone.
func truthfulEntries(random *rand.Rand) []awareness.Entry {
	entries := make([]awareness.Entry, 1+random.IntN(40))
	for i := range entries {
		e := awareness.Entry{Client: clients[random.IntN(len(clients))], Clock: random.Uint32N(6)}
		if random.IntN(4) > 0 {
			e.State = fmt.Sprintf(`{"at":%d}`, e.Clock)
		}
		entries[i] = e
	}
	return entries
}

// disorder repeats some of the entries and mixes them all.
func disorder(random *rand.Rand, entries []awareness.Entry) []awareness.Entry {
	mixed := slices.Clone(entries)
	for range random.IntN(20) {
		mixed = append(mixed, entries[random.IntN(len(entries))])
	}
	random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return mixed
}

func states(entries ...awareness.Entry) *awareness.States {
	s := new(awareness.States)
	for _, e := range entries {
		s.Apply(e)
	}
	return s
}

// want compares what there is with what there should be, through every method.
func want(t *testing.T, s *awareness.States, entries ...awareness.Entry) {
	t.Helper()
	if got := slices.Collect(s.All()); !slices.Equal(got, entries) || s.Len() != len(entries) {
		t.Errorf("%d states: %+v, want %+v", s.Len(), got, entries)
	}
	for _, e := range entries {
		if got, ok := s.Get(e.Client); !ok || got != e {
			t.Errorf("got %+v, %v, want %+v", got, ok, e)
		}
	}
	for _, client := range s.Gone() {
		if got, ok := s.Get(client); ok || got != (awareness.Entry{}) {
			t.Errorf("got %+v of one that is gone", got)
		}
	}
}

func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
