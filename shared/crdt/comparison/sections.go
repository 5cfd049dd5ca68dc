package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

// Goals of shared/crdt.
const (
	applyGoal    = 8    // times faster than yjs
	ywasmGoal    = 3    // times faster than ywasm, applying
	loadGoal     = 3    // times faster than yjs
	encodeGoal   = 8    // times faster than yjs
	deltaGoal    = 1.30 // of plain apply
	heapGoal     = 0.40 // of that of yjs
	roomGoal     = 1024 // bytes of an empty room
	costlyGoalMS = 50
)

// A plan says what is measured of a session, and of whom.
type plan struct {
	measure string
	with    []string
}

// plans leaves out what takes minutes, unless that is wanted.
func (c *comparison) plans(name string) []plan {
	both, three := []string{ours, yjs}, []string{ours, yjs, ywasm}
	event, delta := three, both
	switch long := name == "automerge-paper" || name == "seph-blog1"; {
	case c.slow:
		delta = three
	case long: // ywasm's listener and yjs' delta walk the whole document
		event, delta = both, []string{ours}
	}
	p := []plan{{"apply", three}, {"event", event}, {"delta", delta}}
	if slices.Contains(workload.Sequential, name) {
		p = append(p, plan{"local", both}, plan{"localEvent", both})
	}
	p = append(p, plan{"load", three}, plan{"encode", three})
	for _, o := range operations {
		p = append(p, plan{o.measure, both})
	}
	return p
}

// operations are those without a goal.
var operations = []struct{ measure, title string }{
	{"text", "text"},
	{"vector", "state vector"},
	{"diffPercent", "diff, last 1 %"},
	{"diffTen", "diff, last 10"},
	{"merge", "merge 1,000"},
	{"cut", "diff of update"},
	{"vectorOf", "vector of update"},
}

// measured is what was measured of one session, by measure.
type measured map[string]figures

// sessions measures the recorded ones.
func (c *comparison) sessions() error {
	names := c.sessionNames()
	results := make([]measured, len(names))
	for i, name := range names {
		c.progress("measuring %s", name)
		results[i] = make(measured)
		for _, p := range c.plans(name) {
			trials, err := c.inTurns(p.measure, name, p.with...)
			if err != nil {
				return err
			}
			results[i][p.measure] = millisecondsOf(trials)
		}
	}
	c.speed(results, "apply", "One update per keystroke, ms (goals: 8 times as fast as yjs, 3 times as ywasm)", applyGoal, ywasmGoal)
	c.speed(results, "event", "The same, each update emitted again, ms", 0, 0)
	c.delta(results)
	c.speed(results, "local", "Edits of one's own, ms", 0, 0)
	c.speed(results, "localEvent", "The same, emitted, ms", 0, 0)
	c.speed(results, "load", "Loading a state, ms (goal: 3 times as fast as yjs)", loadGoal, 0)
	c.speed(results, "encode", "Encoding the state, ms (goal: 8 times as fast as yjs)", encodeGoal, 0)
	c.others(results)
	return nil
}

// speed prints one measure of all sessions; a goal of 0 is none.
func (c *comparison) speed(results []measured, measure, title string, yjsGoal, ywasmGoal float64) {
	head := []string{"session", "go", "yjs", "ratio", "ywasm", "ratio"}
	if yjsGoal > 0 {
		head = append(head, "met")
	}
	t := newTable(title, head...)
	for i, name := range c.sessionNames() {
		f, ok := results[i][measure]
		if !ok {
			continue
		}
		row := []string{name, f.number(ours), f.number(yjs), f.ratio(yjs), f.number(ywasm), f.ratio(ywasm)}
		if yjsGoal > 0 {
			met := f.times(yjs) >= yjsGoal && f.times(ywasm) >= ywasmGoal
			row = append(row, c.goal(met, "%s of %s: %s of yjs, %s of ywasm", measure, name, f.ratio(yjs), f.ratio(ywasm)))
		}
		t.add(row...)
	}
	fmt.Print(t)
}

// delta prints what it costs to say where the text changed.
func (c *comparison) delta(results []measured) {
	t := newTable("The same, saying where the text changed, ms (goal: 1.30 of plain apply; yjs on long sessions only with -slow)",
		"session", "go", "of plain", "met", "yjs", "ratio", "ywasm", "ratio")
	for i, name := range c.sessionNames() {
		f := results[i]["delta"]
		share := f[ours] / f[plain]
		t.add(name, f.number(ours), fmt.Sprintf("%.2f", share), c.goal(share <= deltaGoal, "delta of %s: %.2f of plain apply", name, share),
			f.number(yjs), f.ratio(yjs), f.number(ywasm), f.ratio(ywasm))
	}
	fmt.Print(t)
}

// others prints the operations without a goal, a row each session.
func (c *comparison) others(results []measured) {
	head := []string{"session"}
	for _, o := range operations {
		head = append(head, o.title)
	}
	t := newTable("Other operations, ms, go : yjs", head...)
	for i, name := range c.sessionNames() {
		row := []string{name}
		for _, o := range operations {
			f := results[i][o.measure]
			row = append(row, fmt.Sprintf("%s : %s = %s", f.number(ours), f.number(yjs), f.ratio(yjs)))
		}
		t.add(row...)
	}
	fmt.Print(t)
}

// costly measures what an attacker could send.
func (c *comparison) costly() error {
	t := newTable("Costly updates, ms (goal: at most 50)", "case", "updates", "go", "yjs", "ratio", "met", "go", "yjs")
	for i, costly := range workload.CostlyCases() {
		c.progress("measuring %s", costly.Name)
		trials, err := c.inTurns("costly", costlyName(i), ours, yjs)
		if err != nil {
			return err
		}
		f, outcome := millisecondsOf(trials), make(map[string]string)
		for _, t := range trials {
			outcome[t.name] = "accepts"
			if t.first.Refused != "" {
				outcome[t.name] = "refuses"
			}
		}
		met := f[ours] <= costlyGoalMS && (outcome[ours] == "refuses") == costly.Refused
		t.add(costly.Name, thousands(len(costly.Updates)), f.number(ours), f.number(yjs), f.ratio(yjs),
			c.goal(met, "%s: %s ms", costly.Name, f.number(ours)), outcome[ours], outcome[yjs])
	}
	fmt.Print(t)
	return nil
}

// fresh asks new processes, one for each implementation.
func (c *comparison) fresh(r request) (heap, rss figures, err error) {
	heap, rss = make(figures), make(figures)
	for _, name := range []string{ours, yjs, ywasm} {
		w, err := startWorker(c.ctx, name, c.self, c.settings)
		if err != nil {
			return nil, nil, err
		}
		a, err := w.ask(r)
		if err != nil {
			return nil, nil, err
		}
		if err := w.close(); err != nil {
			return nil, nil, err
		}
		heap[name], rss[name] = a.Heap, a.RSS
	}
	return heap, rss, nil
}

// memory measures the heap that a document takes.
func (c *comparison) memory() error {
	for _, way := range []struct {
		title, suffix string
		framed        bool
		times         int
	}{
		{"built from single updates, mean of 3", ".updates.gz", true, 3},
		{"loaded, mean of 10", ".v1.gz", false, 10},
	} {
		t := newTable("Heap of a document "+way.title+", kB (goal: 40 % of yjs; for ywasm the growth of its memory)",
			"session", "go", "yjs", "share", "ywasm", "share", "met")
		for _, name := range c.sessionNames() {
			c.progress("measuring the memory of %s", name)
			file := source{File: filepath.Join(c.traces, name+way.suffix), Framed: way.framed}
			f, _, err := c.fresh(request{Measure: "memory", Updates: file, Times: way.times})
			if err != nil {
				return err
			}
			t.add(name, number(f[ours]/1000, true), number(f[yjs]/1000, true), f.percent(yjs), number(f[ywasm]/1000, true), f.percent(ywasm),
				c.goal(f[ours] <= heapGoal*f[yjs], "heap of %s, %s: %s of yjs", name, way.title, f.percent(yjs)))
		}
		fmt.Print(t)
	}
	return nil
}

// rooms measures the memory of many small documents.
func (c *comparison) rooms() error {
	t := newTable("Memory of a small room, bytes, mean of 2,000 (goals: an empty one at most 1,024, one with typed text 40 % of yjs)",
		"room", "go", "yjs", "share", "met", "RSS: go", "yjs", "share")
	for _, room := range []struct {
		name        string
		most, share float64 // goals in bytes, and of yjs; 0 is none
		source
	}{
		{"empty", roomGoal, 0, source{File: filepath.Join(c.made, "empty"), Framed: true}},
		{"a string of 2 kB", 0, 0, source{File: filepath.Join(c.made, "string"), Framed: true}},
		{"500 keystrokes of two people", 0, heapGoal, source{File: filepath.Join(c.traces, "friendsforever.updates.gz"), Framed: true, First: 500}},
	} {
		c.progress("measuring the memory of rooms: %s", room.name)
		f, rss, err := c.fresh(request{Measure: "memory", Updates: room.source, Times: 2000})
		if err != nil {
			return err
		}
		met := "" // a text takes its bytes, here and there
		if room.most > 0 {
			met = c.goal(f[ours] <= room.most, "room, %s: %s bytes, %s of yjs", room.name, f.number(ours), f.percent(yjs))
		} else if room.share > 0 {
			met = c.goal(f[ours] <= room.share*f[yjs], "room, %s: %s of yjs", room.name, f.percent(yjs))
		}
		t.add(room.name, f.number(ours), f.number(yjs), f.percent(yjs), met, rss.number(ours), rss.number(yjs), rss.percent(yjs))
	}
	fmt.Print(t)
	return nil
}
