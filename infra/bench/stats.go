package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// samples are times in milliseconds.
type samples []float64

// quantile is the least of the samples that is not exceeded by a share of them.
func (s samples) quantile(share float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[max(int(math.Ceil(share*float64(len(sorted)))), 1)-1]
}

func (s samples) p50() float64 { return s.quantile(0.5) }

func (s samples) p99() float64 { return s.quantile(0.99) }

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

// of is what f says of each round.
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
	p50 := r.of(samples.p50)
	count := 0
	for _, s := range r {
		count += len(s)
	}
	return []string{
		number(median(p50)),
		number(r.median(samples.p99)),
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

// median is the value in the middle, or between the two that are there.
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

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
