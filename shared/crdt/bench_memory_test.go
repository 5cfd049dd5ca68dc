package crdt_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

// heapOf reports the memory that each of n documents holds.
func heapOf(b *testing.B, n int, build func() *crdt.Doc) {
	build() // what is made once for all is no part of a document
	docs := make([]*crdt.Doc, n)
	var perDoc float64
	for b.Loop() {
		clear(docs)
		before := heap()
		for i := range docs {
			docs[i] = build()
		}
		perDoc = float64(heap()-before) / float64(n)
	}
	runtime.KeepAlive(docs)
	b.ReportMetric(perDoc, "bytes/doc")
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // pools give up what they hold at the second
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// BenchmarkHeap measures documents built update by update, and loaded.
func BenchmarkHeap(b *testing.B) {
	perTrace(b, func(b *testing.B, trace *workload.Trace) {
		b.Run("stream", func(b *testing.B) {
			heapOf(b, 1, func() *crdt.Doc { return replay(b, trace.Updates...) })
		})
		b.Run("load", func(b *testing.B) {
			heapOf(b, 10, func() *crdt.Doc { return replay(b, trace.State) })
		})
		runtime.KeepAlive(trace)
	})
}

// BenchmarkRoomHeap measures the rooms of which a server has many.
func BenchmarkRoomHeap(b *testing.B) {
	file := workload.First(workload.Root, 1, strings.Repeat("let x = compute(42); // line\n", 70))
	typed := loadTrace(b, "friendsforever").Updates[:500]
	for _, room := range []struct {
		name    string
		updates [][]byte
	}{
		{"empty", nil},
		{"a string of 2 kB", [][]byte{file}},
		{"500 keystrokes of two people", typed},
	} {
		b.Run(room.name, func(b *testing.B) {
			heapOf(b, 2000, func() *crdt.Doc {
				doc := replay(b, room.updates...)
				doc.Text(workload.Root)
				return doc
			})
		})
	}
	runtime.KeepAlive(file)
}
