package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/crdt/comparison/workload"
)

// memory measures what documents hold. It is asked of a fresh process.
func memory(r request) (answer, error) {
	updates, err := r.Updates.read()
	if err != nil {
		return answer{}, err
	}
	build := func() (*crdt.Doc, error) {
		doc, err := replay(updates...)
		doc.Text(workload.Root)
		return doc, err
	}
	if _, err := build(); err != nil { // what the first costs once is no part of it
		return answer{}, err
	}
	docs := make([]*crdt.Doc, r.Times)
	heapBefore, rssBefore := held()
	for i := range docs {
		if docs[i], err = build(); err != nil {
			return answer{}, err
		}
	}
	heap, rss := held()
	runtime.KeepAlive(docs)
	runtime.KeepAlive(updates)
	n := float64(r.Times)
	return answer{Heap: (heap - heapBefore) / n, RSS: (rss - rssBefore) / n}, nil
}

// held returns the bytes on the heap, and those that the system gave us.
func held() (heap, rss float64) {
	runtime.GC()
	runtime.GC() // pools give up what they hold at the second
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil { // Linux only
		var size, resident int
		if _, err := fmt.Sscan(string(statm), &size, &resident); err == nil {
			rss = float64(resident * os.Getpagesize())
		}
	}
	return float64(stats.HeapAlloc), rss
}

func (s source) read() ([][]byte, error) {
	data, err := os.ReadFile(filepath.Clean(s.File))
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(s.File, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if data, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	if !s.Framed {
		return [][]byte{data}, nil
	}
	updates, err := workload.ParseFrames(data)
	if s.First > 0 && err == nil {
		updates = updates[:s.First]
	}
	return updates, err
}
