package wsrelay

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// simSchedules is how many schedules a run tries, unless TUTTI_SIM_SCHEDULES says
// otherwise: what two cores do in well under a minute.
const simSchedules = 1000

// simGuesses is one in how many schedules with clients that do not say which text
// they changed may lose or double a word: their text can be a change of two, and
// the bridge is right about all but one in some thousand.
const simGuesses = 500

// maxSimFailures is after how many failures a run ends: it has said enough.
const maxSimFailures = 10

// simSeeds has the seeds that have failed. Each run begins with them, and a seed
// that fails is added.
var simSeeds = filepath.Join("testdata", "sim", "seeds.txt")

// Relays, clients, Redis and the network between them, with random edits and
// random faults: after each schedule all must show the same text, with everything
// in it that must be. TUTTI_SIM_SEED repeats one schedule, with all that happens
// in it; TUTTI_SIM_SCHEDULES says how many are tried.
func TestSimulation(t *testing.T) {
	if text := os.Getenv("TUTTI_SIM_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		repeatSim(t, seed)
		return
	}
	schedules := simSchedules
	if text := os.Getenv("TUTTI_SIM_SCHEDULES"); text != "" {
		var err error
		if schedules, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	known := readSimSeeds(t)
	first := rand.Uint64()
	t.Logf("%d schedules: %d that failed before, and TUTTI_SIM_SEED=%d and those after it", schedules, len(known), first)
	var next, failed, misjudged atomic.Int64
	t.Cleanup(func() {
		if n, most := misjudged.Load(), int64(1+schedules/2/simGuesses); n > most {
			t.Errorf("%d schedules with words that are lost or doubled, at most %d may", n, most)
		}
	})
	for shard := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprintf("shard %d", shard), func(t *testing.T) {
			t.Parallel()
			var tally simTally
			for {
				n := next.Add(1) - 1
				if n >= int64(schedules+len(known)) || failed.Load() >= maxSimFailures {
					break
				}
				seed := first + uint64(n)
				if n < int64(len(known)) {
					seed = known[n]
				}
				s := runSim(t, seed, false)
				tally.add(s.tally)
				if s.report(t, n+1) {
					failed.Add(1)
				}
				if len(s.misjudged) > 0 {
					t.Logf("TUTTI_SIM_SEED=%d: %s", seed, s.misjudged[0])
					misjudged.Add(1)
				}
			}
			t.Logf("%+v", tally)
		})
	}
}

// repeatSim runs one schedule, a few times if need be: what little chance there is
// in a relay does not come from the seed.
func repeatSim(t *testing.T, seed uint64) {
	t.Helper()
	const times = 200
	for range times {
		s := runSim(t, seed, true)
		s.faults = append(s.faults, s.misjudged...)
		if s.report(t, 1) {
			return
		}
	}
	t.Logf("%d times without a failure", times)
}

// runSim runs a schedule. One that hangs ends the process, with its seed.
func runSim(t *testing.T, seed uint64, verbose bool) *sim {
	t.Helper()
	const limit = time.Minute
	watchdog := time.AfterFunc(limit, func() { panic(fmt.Sprintf("TUTTI_SIM_SEED=%d takes more than %v", seed, limit)) })
	defer watchdog.Stop()
	defer func() {
		if value := recover(); value != nil { // such as a deadlock
			panic(fmt.Sprintf("TUTTI_SIM_SEED=%d: %v", seed, value))
		}
	}()
	var s *sim
	synctest.Test(t, func(*testing.T) {
		s = newSim(seed)
		s.verbose = verbose
		s.run()
	})
	return s
}

// report fails the test if something was not as it should be, and keeps the seed.
func (s *sim) report(t *testing.T, n int64) (failed bool) {
	t.Helper()
	if len(s.faults) == 0 {
		return false
	}
	t.Errorf("TUTTI_SIM_SEED=%d, schedule %d: %s\n%s\n%s",
		s.seed, n, s.faults[0], strings.Join(s.lines, "\n"), strings.Join(s.logged, "\n"))
	if !s.verbose {
		s.keep(t)
	}
	return true
}

// keep adds the seed to those that have failed.
func (s *sim) keep(t *testing.T) {
	t.Helper()
	file, err := os.OpenFile(simSeeds, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Error(err)
		return
	}
	defer file.Close()
	what, _, _ := strings.Cut(s.faults[0], "\n")
	if _, err := fmt.Fprintf(file, "%d # %s: %s\n", s.seed, s.plan.name, what); err != nil {
		t.Error(err)
	}
}

// readSimSeeds reads the seeds that have failed.
func readSimSeeds(t *testing.T) []uint64 {
	t.Helper()
	file, err := os.Open(simSeeds)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var seeds []uint64
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		seed, err := strconv.ParseUint(line, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, seed)
	}
	return seeds
}

func (a *simTally) add(b simTally) {
	a.schedules++
	a.words += b.words
	a.frames += b.frames
	a.appends += b.appends
	a.losses += b.losses
	a.returned += b.returned
}
