package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
)

// leastUsual is how long a name must be to be worth a place in a table.
const leastUsual = 4

// printUsual prints the names that stand in most texts of a language, from which the
// tables of the words provider were chosen, but for those that only those texts have.
func printUsual(out io.Writer, corpus []language, most int) error {
	for _, l := range corpus {
		texts := make(map[string]int)
		for _, text := range l.texts {
			seen := make(map[string]bool)
			for _, p := range namesIn(l.name, text, leastUsual, typedChars{}) {
				name := text[p.start:p.end]
				if p.isMember() {
					name = "." + name
				}
				seen[name] = true
			}
			for name := range seen {
				texts[name]++
			}
		}
		names := slices.SortedFunc(maps.Keys(texts), func(a, b string) int {
			return cmp.Or(cmp.Compare(texts[b], texts[a]), cmp.Compare(a, b))
		})
		for _, name := range names[:min(most, len(names))] {
			if _, err := fmt.Fprintf(out, "%s\t%d\t%s\n", l.name, texts[name], name); err != nil {
				return err
			}
		}
	}
	return nil
}
