package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/tutti-live/tutti/infra/process"
)

// clockTicks is how many ticks a second /proc counts in: 100 on every Linux.
const clockTicks = 100

// printFacts says on what machine and of what everything is measured.
func (b *bench) printFacts(ctx context.Context) error {
	redis, err := exec.CommandContext(ctx, "redis-server", "--version").Output()
	if err != nil {
		return fmt.Errorf("a redis-server is needed: %w", err)
	}
	commit, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		commit = []byte("unknown") // not a checkout
	}
	fmt.Printf("Tutti %s, %s on %s/%s, %d CPUs (%s); %s\n", strings.TrimSpace(string(commit)),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cpuModel(), shortVersion(string(redis)))
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return fmt.Errorf("this needs Linux: %w", err)
	}
	fmt.Printf("load of the last minute when this began: %s; rounds: %d%s\n",
		strings.Fields(string(load))[0], b.rounds, pick(b, "", "; QUICK: figures mean little"))
	return nil
}

func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	_, rest, _ := strings.Cut(string(info), "model name")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.Trim(line, " \t:")
}

// shortVersion is the first words of what redis-server says of itself.
func shortVersion(said string) string {
	version, _, _ := strings.Cut(said, " sha=")
	return strings.TrimSpace(version)
}

// ownCPU is how long this process has run on a processor, and its children that
// have ended, in steps of a tick.
func ownCPU() (own, children time.Duration, err error) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const utime = 11 // after the name, as proc(5) counts
	var ticks [4]int64
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(fields[utime+i], 10, 64); err != nil {
			return 0, 0, fmt.Errorf("/proc/self/stat: %w", err)
		}
	}
	return ofTicks(ticks[0] + ticks[1]), ofTicks(ticks[2] + ticks[3]), nil
}

// threadTime is how long the threads of a process have run on a processor: exactly,
// for a tick is as long as several edits take. Threads that have ended are not in
// it, but those of the relays and of Redis stay.
func threadTime(pid int) (sum time.Duration, err error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		return 0, fmt.Errorf("process %d has ended, or this kernel has no schedstat", pid)
	}
	for _, file := range files {
		stat, err := os.ReadFile(file) //nolint:gosec // of a process of ours
		if err != nil {
			return 0, err
		}
		ran, _, _ := strings.Cut(string(stat), " ")
		nanoseconds, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		sum += time.Duration(nanoseconds)
	}
	return sum, nil
}

// cpuOf is how long a process has run on a processor.
func cpuOf(p *process.Process) (time.Duration, error) { return threadTime(p.PID()) }

// rssOf is how much memory a process has, in bytes.
func rssOf(p *process.Process) (float64, error) {
	path := "/proc/" + strconv.Itoa(p.PID()) + "/status"
	status, err := os.ReadFile(path) //nolint:gosec // of a process of ours
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nVmRSS:")
	value, _, _ := strings.Cut(rest, "kB")
	kib, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0, fmt.Errorf("%s has no VmRSS: %w", path, err)
	}
	return kib * 1024, nil
}

func ofTicks(n int64) time.Duration { return time.Duration(n) * time.Second / clockTicks }

// machineBusy is how long all processors together have worked.
func machineBusy() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	var sum int64
	for i, field := range strings.Fields(line)[1:] {
		const idle, iowait, guest = 3, 4, 8 // what comes behind guest is counted before
		if i == idle || i == iowait || i >= guest {
			continue
		}
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/stat: %w", err)
		}
		sum += n
	}
	return ofTicks(sum), nil
}

// share is who used the machine since a moment.
type share struct {
	world      *world
	began      time.Time
	all, bench time.Duration // what was used until then, by everyone and by this process
	others     time.Duration // what of it nobody of ours had used
}

// startShare begins to watch the machine.
func startShare(w *world) (*share, error) {
	s := &share{world: w, began: time.Now()}
	all, own, ours, err := s.read()
	s.all, s.bench, s.others = all, own, all-ours
	return s, err
}

// read is the work of the machine, of this process, and of all that is ours.
func (s *share) read() (all, own, ours time.Duration, err error) {
	if all, err = machineBusy(); err != nil {
		return 0, 0, 0, err
	}
	own, ended, err := ownCPU()
	if err != nil {
		return 0, 0, 0, err
	}
	ours = own + ended
	for _, p := range s.world.running() {
		used, err := cpuOf(p)
		if err != nil {
			return 0, 0, 0, err
		}
		ours += used
	}
	return all, own, ours, nil
}

// print says how much of the machine others used: above a few percent they
// spoil the figures.
func (s *share) print() error {
	all, own, ours, err := s.read()
	if err != nil {
		return err
	}
	seconds := time.Since(s.began).Seconds()
	capacity := seconds * float64(runtime.NumCPU())
	percent := func(d time.Duration) float64 { return max(0, 100*d.Seconds()/capacity) } // what is next to nothing may be counted as less
	fmt.Printf("(took %.0f s; the machine was busy to %.0f %%: the clients here %.0f %%, programs that are not ours %.0f %%)\n",
		seconds, percent(all-s.all), percent(own-s.bench), percent(all-ours-s.others))
	return nil
}
