package room

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/redistest"
)

// info reads all numbers of a section of INFO.
func info(t testing.TB, server *redistest.Server, section string) map[string]string {
	t.Helper()
	text, err := server.Client.Info(context.Background(), section).Result()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]string)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		values[name] = value
	}
	return values
}

func infoNumber(t testing.TB, server *redistest.Server, section, name string) int {
	t.Helper()
	n, err := strconv.Atoi(info(t, server, section)[name])
	if err != nil {
		t.Fatalf("%s of INFO %s: %v", name, section, err)
	}
	return n
}

// cost is what Redis did so far.
type cost struct{ commands, bytesIn, bytesOut int }

func costSoFar(b *testing.B, server *redistest.Server) cost {
	b.Helper()
	c := cost{
		bytesIn:  infoNumber(b, server, "stats", "total_net_input_bytes"),
		bytesOut: infoNumber(b, server, "stats", "total_net_output_bytes"),
	}
	for _, stats := range info(b, server, "commandstats") {
		var calls int // those from scripts included
		if _, err := fmt.Sscanf(stats, "calls=%d", &calls); err == nil {
			c.commands += calls
		}
	}
	return c
}

// measure runs an operation on a real Redis and reports what it costs there.
func measure(b *testing.B, server *redistest.Server, operation func() error) {
	b.Helper()
	if err := operation(); err != nil { // so that Redis knows the script
		b.Fatal(err)
	}
	before := costSoFar(b, server)
	for b.Loop() {
		if err := operation(); err != nil {
			b.Fatal(err)
		}
	}
	after := costSoFar(b, server)
	n := float64(b.N)
	b.ReportMetric(float64(after.commands-before.commands)/n, "commands/op")
	b.ReportMetric(float64(after.bytesIn-before.bytesIn)/n, "in-B/op")
	b.ReportMetric(float64(after.bytesOut-before.bytesOut)/n, "out-B/op")
}

func BenchmarkCreate(b *testing.B) {
	server := redistest.Real(b)
	store := openStore(b, server, Options{CodeLength: 32})
	measure(b, server, func() error { _, err := store.Create(b.Context(), "", ""); return err })
}

func BenchmarkAppend_100B(b *testing.B) {
	server := redistest.Real(b)
	store := openStore(b, server, Options{})
	id := create(b, store, "", "")
	epoch, payload := load(b, store, id).Head.Epoch, strings.Repeat("x", 100)
	measure(b, server, func() error {
		e := NewEntry(KindUpdate, "0123456789abcdef", payload)
		e.Epoch = epoch
		_, err := store.Append(b.Context(), id, e, false)
		return err
	})
}

func BenchmarkLoad_500KiB(b *testing.B) {
	server := redistest.Real(b)
	store := openStore(b, server, Options{})
	text := strings.Repeat("0123456789abcde\n", 500<<10/16)
	id := create(b, store, text, "")
	b.SetBytes(int64(len(text)))
	measure(b, server, func() error { _, err := store.Load(b.Context(), id, Position{}); return err })
}

func BenchmarkLoad_200Updates(b *testing.B) {
	server := redistest.Real(b)
	store := openStore(b, server, Options{})
	id := create(b, store, "", "")
	for range 200 {
		put(b, store, id, KindUpdate, strings.Repeat("x", 100))
	}
	measure(b, server, func() error { _, err := store.Load(b.Context(), id, Position{}); return err })
}

func BenchmarkSayPresence_50PeopleWhole(b *testing.B) {
	server := redistest.Real(b)
	store := openStore(b, server, Options{})
	id := create(b, store, "", "")
	p := Presence{Whole: true}
	for i := range 50 {
		p.Here = append(p.Here, somebody(fmt.Sprintf("%016d", i)))
	}
	measure(b, server, func() error { return store.SayPresence(b.Context(), id, p) })
}
