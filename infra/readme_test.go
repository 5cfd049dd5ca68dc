package infra

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/wsrelay"
)

// maxReadmeLines keeps the README short enough to be read.
const maxReadmeLines = 150

// suggestions is where the settings of single providers stand.
const suggestions = "../functions/autocomplete/README.md"

func TestReadme_HasEverySettingWithItsDefault(t *testing.T) {
	readme := read(t, "../README.md")
	if lines := strings.Count(readme, "\n"); lines > maxReadmeLines {
		t.Errorf("it has %d lines, more than %d", lines, maxReadmeLines)
	}
	all := readme + read(t, suggestions)
	known := make(map[string]bool)
	for _, v := range append(config.Names(&functions.Settings{}), config.Names(&wsrelay.Settings{})...) {
		known[v.Name] = true
		if row := fmt.Sprintf("\n| `%s` | `%s` | ", v.Name, v.Default); !strings.Contains(all, row) {
			t.Errorf("it has no row that begins with %q", row)
		}
	}
	for line := range strings.Lines(all) {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "| `"), "`")
		if strings.HasPrefix(line, "| `") && name == strings.ToUpper(name) && !known[name] {
			t.Errorf("it has a row for %s, which nothing reads", name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
