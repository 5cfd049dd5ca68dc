package lsp

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tutti-live/tutti/shared/config"
)

// Settings of the provider, from the environment.
type Settings struct {
	// Servers are which languages have a server, and what it is:
	// "python=pyright,go=gopls,typescript=typescript". It is the name of a preset or
	// an absolute path with arguments after it. Empty: there is none.
	Servers Servers `envconfig:"AUTOCOMPLETE_LSP"`

	// Dir is where presets are looked for before PATH: the folder itself, its bin and
	// its node_modules.
	Dir string `envconfig:"AUTOCOMPLETE_LSP_DIR"`

	// Processes are how many processes each server has. Each answers one question at
	// a time.
	Processes ProcessCount `envconfig:"AUTOCOMPLETE_LSP_PROCESSES" default:"1"`

	// Budget is how long an answer may take.
	Budget Budget `envconfig:"AUTOCOMPLETE_LSP_BUDGET" default:"150ms"`

	// Memory is the most that a process of a server may have of its own. One that has
	// three quarters of it is replaced when it has answered.
	Memory MemoryMiB `envconfig:"AUTOCOMPLETE_LSP_MEMORY_MB" default:"1536"`

	// Weak allows servers to run where the kernel cannot hold them back completely.
	// They can then read whatever this process can, for anybody who may ask.
	Weak bool `envconfig:"AUTOCOMPLETE_LSP_UNCONFINED" default:"false"`
}

// Servers are commands by language.
type Servers map[string]string

// Decode reads language=command, comma-separated.
func (s *Servers) Decode(value string) error {
	servers := make(Servers)
	for entry := range strings.SplitSeq(value, ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		language, command, _ := strings.Cut(entry, "=")
		language, command = strings.ToLower(strings.TrimSpace(language)), strings.TrimSpace(command)
		switch _, twice := servers[language]; {
		case language == "" || command == "":
			return fmt.Errorf("%q is not language=command", entry)
		case twice:
			return fmt.Errorf("%s has two servers", language)
		case !strings.HasPrefix(command, "/") && !isPreset(command):
			return fmt.Errorf("%q is no absolute path and none of %s", command, strings.Join(presetNames(), " "))
		}
		servers[language] = command
	}
	*s = servers
	return nil
}

// commands are what is to be started.
func (s *Settings) commands() ([]command, error) {
	f := finder{dir: s.Dir, memory: s.Memory.bytes()}
	var commands []command
	for setting, languages := range s.Servers.byCommand() {
		c, err := newCommand(setting, f)
		if err != nil {
			return nil, err
		}
		c.languages = languages
		commands = append(commands, c)
	}
	return commands, nil
}

// variants are languages that get the server of another one unless they have their own.
var variants = map[string][]string{
	"javascript": {"javascriptreact", "jsx"},
	"typescript": {"typescriptreact", "tsx"},
}

// byCommand are the languages of each command, those that are variants with them.
func (s Servers) byCommand() map[string][]string {
	languages := make(map[string][]string)
	for _, language := range slices.Sorted(maps.Keys(s)) {
		command := s[language]
		languages[command] = append(languages[command], language)
		for _, variant := range variants[language] {
			if _, own := s[variant]; !own {
				languages[command] = append(languages[command], variant)
			}
		}
	}
	return languages
}

// ProcessCount is from 1 to 16: more than a machine has cores only take memory.
type ProcessCount int

// Decode reads a number of processes.
func (n *ProcessCount) Decode(value string) error { return config.DecodeNumber(n, value, 1, 16) }

// MemoryMiB is from 64 MiB, below which no server starts, to 64 GiB.
type MemoryMiB int

// Decode reads a number of mebibytes.
func (n *MemoryMiB) Decode(value string) error { return config.DecodeNumber(n, value, 64, 64<<10) }

// bytes is the same in bytes.
func (n MemoryMiB) bytes() int64 { return int64(n) << 20 }

// Budget is a time from a millisecond to ten seconds, after which nobody waits for a
// suggestion any more.
type Budget time.Duration

// Decode reads a time such as 150ms.
func (b *Budget) Decode(value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Millisecond || d > 10*time.Second {
		return fmt.Errorf("%q is not a time from 1ms to 10s", value)
	}
	*b = Budget(d)
	return nil
}
