package workload

import (
	"bytes"
	"errors"
	"testing"
)

func TestParseFrames_ReadsWhatAppendFramesWrites(t *testing.T) {
	want := [][]byte{{1, 2, 3}, {}, bytes.Repeat([]byte{7}, 300)}
	data := AppendFrames(nil, want)
	got, err := ParseFrames(data)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d updates, %v", len(got), err)
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("update %d is %x, want %x", i, got[i], want[i])
		}
	}
	for n := range data {
		if _, err := ParseFrames(data[:n]); !errors.Is(err, errFrames) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
	if _, err := ParseFrames(append(data, 0)); !errors.Is(err, errFrames) {
		t.Errorf("a byte too many: %v", err)
	}
}

func TestCostlyCases_AreOfTheirSize(t *testing.T) {
	for _, c := range CostlyCases() {
		size := 0
		for _, update := range c.Updates {
			size += len(update)
		}
		t.Logf("%s: %d updates, %d bytes", c.Name, len(c.Updates), size)
		if c.Name == "" || len(c.Updates) == 0 {
			t.Errorf("%+v is no case", c)
		}
	}
}
