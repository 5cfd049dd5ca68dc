package lsp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// quick are limits for a server that needs no time.
func quick() limits {
	l := usual
	l.silence, l.restart, l.check = time.Second, 10*time.Millisecond, 0
	return l
}

// openFake starts a provider with a fake server for the language "fake".
func openFake(t *testing.T, l limits, how ...string) *Provider {
	t.Helper()
	p := startFake(t, l, how...)
	awaitReady(t, p)
	return p
}

func startFake(t *testing.T, l limits, how ...string) *Provider {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	settings := Settings{Processes: 1, Budget: Budget(10 * time.Second), Memory: 4096, Weak: weak}
	p := start(settings, l, []command{{
		name: "fake", languages: []string{"fake"}, program: self, args: append([]string{fakeVerb}, how...),
		read: []string{filepath.Dir(self)}, config: tree{"a": tree{"b": 42}}, samples: []sample{{"fake", "warmth war|"}},
	}}, nil, testLog(t))
	t.Cleanup(p.Close)
	return p
}

// in makes a query of somebody in a room.
func in(room, text string) *suggest.Query {
	q := at("fake", text)
	q.Room, q.Client = room, netip.MustParseAddr("192.0.2.1")
	return q
}

// stat asks the server for something that it tells of itself.
func stat(t *testing.T, p *Provider, room, name string) string {
	t.Helper()
	found := insertions(t, p, in(room, "stat_"+name+"_|"))
	if len(found) != 1 {
		t.Fatalf("%s: %q", name, found)
	}
	return found[0]
}

func TestFake_KnowsTheWords(t *testing.T) {
	p := openFake(t, quick())
	if got := insertions(t, p, in("a", "apple applause app|")); !slices.Equal(got, []string{"lause", "le"}) {
		t.Errorf("%q", got)
	}
	if got := insertions(t, p, in("a", "apple\n|")); got != nil {
		t.Errorf("without a word: %q", got)
	}
	if got := insertions(t, p, in("a", "apple |")); got != nil {
		t.Errorf("behind a space, which the server wants to hear of: %q", got)
	}
	if got := insertions(t, p, at("cobol", "app apple|")); got != nil {
		t.Errorf("of a language without a server: %q", got)
	}
	if got := insertions(t, p, in("a", strings.Repeat("apple ", maxCode/6+1)+"app|")); got != nil {
		t.Errorf("of a long text: %q", got)
	}
}

// TestFaults_ProcessIsReplaced shows a text on which the server fails, that who asks is
// told so in time, that others are served afterwards by a new process, and that a text
// that does it twice gets no third.
func TestFaults_ProcessIsReplaced(t *testing.T) {
	for _, fault := range []string{
		"silent", "ignore", "crash", "exit", "huge", "endless", "garbage", "badjson", "wrongid", "deaf",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			p := openFake(t, quick())
			bomb := func() error {
				return suggestOnce(t, p, in("bomb", "do: "+fault+"\napple app|"), 300*time.Millisecond)
			}
			for range deathsOfText {
				pid := stat(t, p, "other", "pid")
				start := time.Now()
				if err := bomb(); err == nil {
					t.Error("the server answers")
				}
				if took := time.Since(start); took > 900*time.Millisecond {
					t.Errorf("it was noticed after %v", took)
				}
				eventually(t, "others are served by a new process", func() bool {
					found, err := p.Suggest(t.Context(), in("other", "stat_pid_|"))
					return err == nil && len(found) == 1 && found[0].Insertion(in("other", "stat_pid_|")) != pid
				})
			}
			pid := stat(t, p, "other", "pid")
			if err := bomb(); !errors.Is(err, errQuarantined) {
				t.Errorf("%v", err)
			}
			if now := stat(t, p, "other", "pid"); now != pid {
				t.Error("the process is another one")
			}
		})
	}
}

func TestFaults_SlowAnswer_IsCancelledAndTheProcessStays(t *testing.T) {
	p := openFake(t, quick())
	pid := stat(t, p, "a", "pid")
	start := time.Now()
	err := suggestOnce(t, p, in("a", "do: slow 400ms\napple app|"), 50*time.Millisecond)
	if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 350*time.Millisecond {
		t.Errorf("after %v: %v", took, err)
	}
	if now := stat(t, p, "a", "pid"); now != pid {
		t.Error("the process is another one")
	}
	if n := stat(t, p, "a", "cancelRequest"); n != "1" {
		t.Errorf("%s cancels", n)
	}
}

func TestFaults_Refusal_IsAnError(t *testing.T) {
	p := openFake(t, quick())
	if _, err := p.Suggest(t.Context(), in("a", "do: refuse\napple app|")); err == nil || strings.Contains(err.Error(), "modified") {
		t.Errorf("%v", err)
	}
	if got := insertions(t, p, in("a", "apple app|")); !slices.Equal(got, []string{"le"}) {
		t.Errorf("%q", got)
	}
}

func TestFaults_QuestionsOfTheServer_AreAnswered(t *testing.T) {
	p := openFake(t, quick())
	for id, want := range []string{"42_null", "null", "null", "applied_false", "success_false", "32601", "32602"} {
		found := insertions(t, p, in("a", fmt.Sprintf("do: ask\nanswer_%d_|", id)))
		if !slices.Equal(found, []string{want}) {
			t.Errorf("question %d: %q, want %q", id, found, want)
		}
	}
}

func TestFaults_StderrIsFlooded(t *testing.T) {
	p := openFake(t, quick(), "floods")
	if got := insertions(t, p, in("a", "apple app|")); !slices.Equal(got, []string{"le"}) {
		t.Errorf("%q", got)
	}
}

func TestFaults_EmptyFirst_IsNotReady(t *testing.T) {
	p := openFake(t, quick(), "empty-first")
	if got := insertions(t, p, in("a", "apple app|")); !slices.Equal(got, []string{"le"}) {
		t.Errorf("%q", got)
	}
	if n := stat(t, p, "a", "texts"); n != "1" {
		t.Errorf("%s texts are open: the sample still is", n)
	}
}

func TestFaults_NeverReady(t *testing.T) {
	for _, how := range []string{"exits", "never-ready"} {
		t.Run(how, func(t *testing.T) {
			l := quick()
			l.start = 200 * time.Millisecond
			p := startFake(t, l, how)
			_, err := p.Suggest(t.Context(), in("a", "apple app|"))
			if !errors.Is(err, ErrUnavailable) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestProcess_ThatCannotStart_SaysWhy(t *testing.T) {
	l := quick()
	p := startFake(t, l, "exits")
	p.Close()
	servers := p.pools["fake"]
	_, err := startServer(t.Context(), t.Context(), &servers.command, servers.rules)
	if err == nil || !strings.Contains(err.Error(), "there is no licence") {
		t.Errorf("%v", err)
	}
}

func TestDocuments_OneIsOpenAtATime(t *testing.T) {
	p := openFake(t, quick())
	for _, room := range []string{"a", "b", "a"} {
		for range 3 {
			if n := stat(t, p, room, "texts"); n != "1" {
				t.Fatalf("%s texts are open", n)
			}
		}
	}
	if got := insertions(t, p, in("a", "secret_of_a sec|")); !slices.Equal(got, []string{"ret_of_a"}) {
		t.Errorf("%q", got)
	}
	if got := insertions(t, p, in("b", "sec|")); got != nil {
		t.Errorf("of another room: %q", got)
	}
	// The sample, and the rooms a b a b: each was opened once and closed once, the last is open.
	if opened := stat(t, p, "b", "didOpen"); opened != "5" {
		t.Errorf("%s were opened", opened)
	}
	if closed := stat(t, p, "b", "didClose"); closed != "4" {
		t.Errorf("%s were closed", closed)
	}
}

func TestDocuments_AreClosedWhenNobodyAsks(t *testing.T) {
	l := quick()
	l.idle = 50 * time.Millisecond
	p := openFake(t, l)
	stat(t, p, "a", "texts")
	eventually(t, "the text is closed", func() bool {
		<-time.After(2 * l.idle)
		opened, closed := stat(t, p, "a", "didOpen"), stat(t, p, "a", "didClose")
		o, _ := strconv.Atoi(opened)
		c, _ := strconv.Atoi(closed)
		return o >= 3 && c >= 2
	})
}

func TestProcess_IsReplacedWhenItIsWorn(t *testing.T) {
	t.Run("answers", func(t *testing.T) {
		l := quick()
		l.answers = 3
		p := openFake(t, l)
		pid := stat(t, p, "a", "pid")
		stat(t, p, "a", "pid")
		stat(t, p, "a", "pid")
		awaitOther(t, p, pid)
	})
	t.Run("memory", func(t *testing.T) {
		l := quick()
		l.silence, l.memory = patience, 400<<20 // it takes a while to fill
		p := openFake(t, l)
		pid := stat(t, p, "a", "pid")
		if got := insertions(t, p, in("a", "do: eat 500\napple app|")); !slices.Equal(got, []string{"le"}) {
			t.Errorf("%q", got)
		}
		awaitOther(t, p, pid)
	})
}

// awaitOther waits until questions are answered by another process.
func awaitOther(t *testing.T, p *Provider, pid string) {
	t.Helper()
	eventually(t, "there is another process", func() bool {
		q := in("a", "stat_pid_|")
		found, err := p.Suggest(t.Context(), q)
		return err == nil && len(found) == 1 && found[0].Insertion(q) != pid
	})
}

func TestProcess_ThatEatsMore_Dies(t *testing.T) {
	p := openFake(t, quick())
	if _, err := p.Suggest(t.Context(), in("a", "do: eat 5000\napple app|")); err == nil {
		t.Error("it has more memory than it may")
	}
	awaitReady(t, p)
}

func TestProcess_LeavesNoChildren(t *testing.T) {
	const life = "86311" // seconds, which tells the child from others
	p := openFake(t, quick())
	insertions(t, p, in("a", "do: child "+life+"\napple app|"))
	if !runs(t, "/bin/sleep", life) {
		t.Fatal("there is no child")
	}
	if _, err := p.Suggest(t.Context(), in("a", "do: crash\napple app|")); err == nil {
		t.Fatal("it does not crash")
	}
	eventually(t, "the child is gone", func() bool { return !runs(t, "/bin/sleep", life) })
}

func TestProcess_SeesNoFiles(t *testing.T) {
	p := openFake(t, quick())
	for path, want := range map[string]string{"/etc": "false", "/": "false", "/proc": "false", "/usr": "true", "/root": "false", os.TempDir(): "false"} {
		if got := insertions(t, p, in("a", "do: look "+path+"\nlook_|")); !slices.Equal(got, []string{want}) {
			t.Errorf("%s can be read: %q", path, got)
		}
	}
}

// runs reports whether a process runs that was started with these words.
func runs(t *testing.T, words ...string) bool {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join(words, "\x00") + "\x00"
	for _, path := range lines {
		if line, err := os.ReadFile(path); err == nil && string(line) == want {
			return true
		}
	}
	return false
}

// A document may have its answer and kill the server a moment later.
func TestProvider_WhoKillsAServerBehindItsAnswerIsBlamed(t *testing.T) {
	p := openFake(t, quick())
	ask := func(room, text string) error {
		awaitReady(t, p)
		q := at("fake", text)
		q.Room = room
		return suggestOnce(t, p, q, patience)
	}
	for n := 0; !errors.Is(ask("evil", "do: answerthenexit\napple app|"), errQuarantined); n++ {
		if n == 100 {
			t.Fatal("it may go on for ever")
		}
		_ = ask(fmt.Sprint("good ", n), "apple app|") // it may find the server dead
	}
	eventually(t, "others are served", func() bool { return ask("another", "apple app|") == nil })
}
