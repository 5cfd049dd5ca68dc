package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// table has a row for each language, and one for their averages.
type table struct {
	text               strings.Builder
	rows               int
	names, namesBefore float64
}

const heading = "language\tpositions\tshown\tname right\tnothing after\tlines shown\tline right\tits name right\tp50\tp95\t\n"

func (t *table) add(name string, r *result, times []time.Duration) {
	names, before := share(r.names, r.positions), share(r.namesBefore, r.positions)
	fmt.Fprintf(&t.text, "%s\t%d\t%.0f %%\t%.1f %%\t%.1f %%\t%.1f %%\t%.0f %%\t%.0f %%\t%s\t%s\t\n",
		name, r.positions, share(r.shown, r.positions), names, before,
		share(r.lines, r.positions), share(r.linesRight, r.lines), share(r.linesNames, r.lines),
		times[len(times)/2].Round(10*time.Microsecond), times[len(times)*95/100].Round(10*time.Microsecond))
	t.rows, t.names, t.namesBefore = t.rows+1, t.names+names, t.namesBefore+before
}

func (t *table) print(out io.Writer) error {
	fmt.Fprintf(&t.text, "average\t\t\t%.1f %%\t%.1f %%\t\t\t\t\t\t\n", t.names/float64(t.rows), t.namesBefore/float64(t.rows))
	aligned := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if _, err := io.WriteString(aligned, heading+t.text.String()); err != nil {
		return err
	}
	return aligned.Flush()
}

// share is part of all in per cent.
func share(part, all int) float64 { return 100 * float64(part) / float64(max(all, 1)) }
