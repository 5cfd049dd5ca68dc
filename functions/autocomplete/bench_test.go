package autocomplete

import (
	"strings"
	"testing"
)

// document returns about 100 KiB of lines.
func document(lines string) string {
	return strings.Repeat(lines, 100<<10/len(lines))
}

func BenchmarkSuggest(b *testing.B) {
	benchmarks := []struct {
		name, code string
		back       int // how far before the end the cursor is, in code units
	}{
		{"short", "for i in range(3):\n    print", 0},
		{"100KiB/ASCII", document("total = total + item  # more\n") + "def ", 0},
		{"100KiB/ASCII, not at the end", document("total = total + item  # more\n") + "def \n", 1},
		{"100KiB/astral", document("total = '😀 𐐀 été'\n") + "def ", 0},
		{"1MiB line of spaces", "def" + strings.Repeat(" ", 1<<20) + "?", 0},
	}
	for _, benchmark := range benchmarks {
		cursor := unitCount(benchmark.code) - benchmark.back
		b.Run(benchmark.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Suggest("python", benchmark.code, cursor)
			}
		})
	}
}
