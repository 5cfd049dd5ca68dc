package playground

import (
	"os"
	"os/exec"
	"testing"

	"github.com/tutti-live/tutti/shared/testtool"
)

// TestMerge_KeepsWhatBothTyped runs the properties of static/merge.js.
func TestMerge_KeepsWhatBothTyped(t *testing.T) {
	testtool.Require(t, "node")
	const properties = "merge.test.mjs"
	if _, err := os.Stat(properties); err != nil { // also tells go test that its result depends on the file
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", "--test", "--test-reporter=spec", properties).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}
