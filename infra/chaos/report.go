package chaos

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Result is what came of one fault.
type Result struct {
	Fault, Name string
	Seed        uint64
	Rounds      int           // that were played to their end
	Acked       int           // edits that were acknowledged
	YjsEdits    int           // edits of Yjs clients, each of which counts
	Lost        int           // lines that had to be there and were not
	Doubled     int           // lines that were there twice
	ValuesLost  int           // values in the map and the array of Yjs clients that had to be there
	ValuesTwice int           // values in the array that were there twice
	Resurrected int           // lines that had to be gone and were not
	Torn        int           // lines that nobody wrote like that
	Glued       int           // lines that are empty or two in one, which is no more than ugly
	Healed      time.Duration // the longest time until all was well
	Promised    time.Duration
	Problems    []string // everything that was wrong, the above included
	Timeline    []string // what was done when
	Figures     []string // what was measured, besides
}

// OK reports whether everything held.
func (r *Result) OK() bool { return len(r.Problems) == 0 }

// maxProblems is how many problems of one fault are told.
const maxProblems = 30

func (r *Result) problem(format string, args ...any) {
	switch n := len(r.Problems); {
	case n < maxProblems:
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	case n == maxProblems:
		r.Problems = append(r.Problems, "and more")
	}
}

// tell counts markers that are wrong and describes some. A marker that is wrong
// stays so: only the latest count stands.
func (r *Result) tell(what string, count *int, markers []marker, j *journal) {
	if len(markers) == 0 || len(markers) == *count {
		return
	}
	*count = max(*count, len(markers))
	var names []string
	for _, m := range markers {
		names = append(names, j.describe(m))
	}
	r.problem("round %d: %d %s: %s", r.Rounds, len(markers), what, some(names))
}

// tellValues is tell for what stands in the map and the array.
func (r *Result) tellValues(what string, count *int, values []string) {
	if len(values) == 0 || len(values) == *count {
		return
	}
	*count = max(*count, len(values))
	r.problem("round %d: %d values are %s: %s", r.Rounds, len(values), what, some(values))
}

func (r *Result) verdict() string {
	if r.OK() {
		return "ok"
	}
	return "FAILED"
}

// line is the result in a line.
func (r *Result) line() string {
	return fmt.Sprintf("%-5s %-46s %3d runs, %5d acked, %5d of Yjs, %d lost, %d doubled, healed within %v: %s",
		r.Fault, r.Name, r.Rounds, r.Acked, r.YjsEdits, r.Lost+r.ValuesLost, r.Doubled+r.ValuesTwice, r.Healed.Round(time.Millisecond), r.verdict())
}

// Explain is everything that was wrong, and what was done when.
func (r *Result) Explain() string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%s, %s, seed %d: %s\n", r.Fault, r.Name, r.Seed, r.verdict())
	for _, p := range r.Problems {
		_, _ = fmt.Fprintf(&b, "  - %s\n", p)
	}
	for _, line := range r.Timeline {
		_, _ = fmt.Fprintf(&b, "    %s\n", line)
	}
	return b.String()
}

// WriteTable writes a table of results, and reports whether all is well.
func WriteTable(out io.Writer, results []Result) (ok bool, err error) {
	ok = true
	table := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	row := func(cells ...any) {
		_, _ = fmt.Fprintf(table, strings.Repeat("| %v\t", len(cells))+"|\n", cells...) // Flush tells
	}
	row("fault", "", "runs", "edits acked", "Yjs edits", "lost", "doubled", "healed within, ms (max)", "promised", "verdict")
	row("---", "---", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "---")
	var sum Result
	for _, r := range results {
		row(r.Fault, r.Name, r.Rounds, r.Acked, r.YjsEdits, r.Lost+r.ValuesLost, r.Doubled+r.ValuesTwice, r.Healed.Milliseconds(), r.Promised.Milliseconds(), r.verdict())
		sum.Rounds += r.Rounds
		sum.Acked += r.Acked
		sum.YjsEdits += r.YjsEdits
		sum.Lost += r.Lost + r.ValuesLost
		sum.Doubled += r.Doubled + r.ValuesTwice
		sum.Healed = max(sum.Healed, r.Healed)
		ok = ok && r.OK()
		sum.Problems = append(sum.Problems, r.Problems...)
	}
	row("all", "", sum.Rounds, sum.Acked, sum.YjsEdits, sum.Lost, sum.Doubled, sum.Healed.Milliseconds(), "", sum.verdict())
	return ok, table.Flush()
}
