package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// samples are times in milliseconds.
type samples []float64

// quantile is the value below which a share of the samples is.
func (s samples) quantile(share float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func (s samples) max() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return slices.Max(s)
}

// rounds are the samples of each round of one measurement.
type rounds []samples

// median is the median over the rounds of what f says of each.
func (r rounds) median(f func(samples) float64) float64 { return median(r.of(f)) }

func (r rounds) of(f func(samples) float64) []float64 {
	var values []float64
	for _, s := range r {
		values = append(values, f(s))
	}
	return values
}

// cells are p50, p99, the highest of all, how far apart the p50 of the rounds
// are, and how many samples there are.
func (r rounds) cells() []string {
	p50 := r.of(func(s samples) float64 { return s.quantile(0.5) })
	count := 0
	for _, s := range r {
		count += len(s)
	}
	return []string{
		number(median(p50)),
		number(r.median(func(s samples) float64 { return s.quantile(0.99) })),
		number(slices.Max(r.of(samples.max))),
		spread(p50),
		strconv.Itoa(count),
	}
}

// spread is the least and the most.
func spread(values []float64) string {
	return number(slices.Min(values)) + " to " + number(slices.Max(values))
}

// roundsHead are the heads of cells.
var roundsHead = []string{"p50", "p99", "max", "p50 of rounds", "samples"}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// number writes about three digits.
func number(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case size >= 100 || v == 0:
		return fmt.Sprintf("%.0f", v)
	case size >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// ratio writes how many times one is the other.
func ratio(one, other float64) string { return fmt.Sprintf("%.2fx", one/other) }

// table has its first column on the left and numbers on the right.
type table struct {
	title string
	rows  [][]string // the first is the head
}

func newTable(title string, head ...string) *table { return &table{title, [][]string{head}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print() {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Printf("\n%s\n\n", t.title)
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString("  " + cell + space)
			} else {
				line.WriteString("   " + space + cell)
			}
		}
		fmt.Println(line.String())
	}
}

// each does something n times at once, and returns when all are done.
func each(n int, do func(i int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// someAtOnce is how many are under way at once where that is not measured.
const someAtOnce = 16

// eachInTurn is each, of which not more than someAtOnce are under way at once.
func eachInTurn(n int, do func(i int) error) error {
	places := make(chan struct{}, someAtOnce)
	return each(n, func(i int) error {
		places <- struct{}{}
		defer func() { <-places }()
		return do(i)
	})
}
