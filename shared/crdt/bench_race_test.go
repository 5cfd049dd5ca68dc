//go:build race

package crdt_test

// underRace says whether the race detector watches.
const underRace = true
