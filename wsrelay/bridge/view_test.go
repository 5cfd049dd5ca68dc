package bridge

import (
	"strings"
	"testing"
	"time"
)

// desk is a room's text and one client of it. Time stands still but for wait.
type desk struct {
	View
	text    string
	history History
	now     time.Time
}

// sit has the client come, long enough ago that nothing is known about it.
func sit(text string) *desk {
	d := &desk{text: text, now: time.Unix(0, 0)}
	d.reach(d.show())
	d.wait(200 * time.Millisecond)
	return d
}

func (d *desk) wait(t time.Duration) { d.now = d.now.Add(t) }

// show sends the client the text.
func (d *desk) show() (number int64) { return d.Show(d.text, d.history.Version(), d.now) }

// reach is when the client has received a text.
func (d *desk) reach(number int64) {
	d.Due(number)
	d.Prove(number, d.now)
}

// others is what somebody else does, which the client is sent at once.
func (d *desk) others(text string) {
	d.history.Add(Diff(d.text, text))
	d.text = text
	d.reach(d.show())
}

// send is what the client sends.
func (d *desk) send(text string, base ...int64) {
	var said *int64
	if len(base) > 0 {
		said = &base[0]
	}
	change := d.Receive(text, said, d.text, &d.history, d.now)
	if len(change) > 0 {
		d.text = change.apply(d.text)
		d.history.Add(change)
	}
	d.Settle(d.text, d.history.Version())
}

// prompt has the client send two texts within a moment.
func (d *desk) prompt() {
	for _, text := range []string{d.text + "\n", d.text} {
		d.reach(d.show())
		d.send(text)
		d.wait(time.Millisecond)
	}
}

func TestView_ClientHeldBackItsText_BothSurvive(t *testing.T) {
	for name, c := range map[string]struct{ before, others, client, want string }{
		"elsewhere":               {"one\ntwo\n", "one\ntwo\nthree\n", "zero\none\ntwo\n", "zero\none\ntwo\nthree\n"},
		"in the same line":        {"let a = 1\n", "let a = 1 + 2\n", "let abc = 1\n", "let abc = 1 + 2\n"},
		"the same word":           {"x = one\n", "x = three\n", "x = four\n", "x = four\nthree\n"},
		"a line much alike":       {"x\n", "x\n<w2:11>\n", "x\n<w3:12>\n", "x\n<w3:12>\n<w2:11>\n"},
		"into an empty text":      {"", "hello", "world", "worldhello"},
		"others took away a line": {"one\ntwo\nthree\n", "one\nthree\n", "one\ntwo\nthree\nfour\n", "one\nthree\nfour\n"},
		"all is replaced":         {"one\n", "one\ntwo\n", "else\n", "else\ntwo\n"},
		"all is deleted":          {"one\n", "one\ntwo\n", "", "two\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := sit(c.before)
			d.others(c.others)
			d.wait(debounce - time.Millisecond)
			d.send(c.client)
			if d.text != c.want {
				t.Errorf("got %q, want %q", d.text, c.want)
			}
		})
	}
}

func TestView_ClientHadSeenIt_ItsTextIsTheRooms(t *testing.T) {
	for name, c := range map[string]struct{ before, others, client string }{
		"goes on":             {"one\n", "one\ntwo\n", "one\ntwo\nthree\n"},
		"goes on in the word": {"one", "one two", "one twofold"},
		"counts":              {"", "1: a\nx", "2: a\nxx"},
		"changes it":          {"", "print('hello')", "print('world')"},
		"replaces a letter":   {"x = 1\n", "x = 2\n", "x = 3\n"},
		"takes some of it":    {"one\n", "one\ntwo words\n", "one\nwords\n"},
	} {
		for _, who := range []string{"unknown", "prompt"} {
			t.Run(name+", "+who, func(t *testing.T) {
				d := sit(c.before)
				if who == "prompt" {
					d.prompt()
				}
				d.others(c.others)
				d.send(c.client)
				if d.text != c.client {
					t.Errorf("got %q, want %q", d.text, c.client)
				}
			})
		}
	}
}

// Who holds nothing back means what stands there to go: it had seen it.
func TestView_PromptClientReplacesWhatOthersReplaced(t *testing.T) {
	for name, c := range map[string]struct{ before, others, client string }{
		"a word":     {"first of the text", "second of the text", "third of the text"},
		"everything": {"one\n", "two\n", "else"},
		"it clears":  {"print('hello')", "print('world')", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := sit(c.before)
			d.prompt()
			d.others(c.others)
			d.send(c.client)
			if d.text != c.client {
				t.Errorf("got %q, want %q", d.text, c.client)
			}
		})
	}
}

// It may have received what it had not looked at yet.
func TestView_PromptClientLeavesNothing_WhatOthersAddedStays(t *testing.T) {
	for name, c := range map[string]struct{ before, others, client, want string }{
		"into an empty text": {"", "one\n", "two\n", "two\none\n"},
		"it deletes all":     {"old\n", "old\nnew\n", "", "new\n"},
		"it replaces all":    {"old\n", "old\nnew\n", "else\n", "else\nnew\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := sit(c.before)
			d.prompt()
			d.others(c.others)
			d.send(c.client)
			if d.text != c.want {
				t.Errorf("got %q, want %q", d.text, c.want)
			}
		})
	}
}

func TestView_TextThatComesAgain(t *testing.T) {
	const before, others = "mine", "mine and yours"
	for name, c := range map[string]struct {
		client func(d *desk)
		want   string
	}{
		"a prompt client changes it back": {(*desk).prompt, before},
		"one that lets texts be does": {func(d *desk) {
			d.wait(quiet)
		}, before},
		"one that sends back what it receives says nothing": {func(d *desk) {
			d.send(before)
			d.reach(d.show())
		}, others},
		"one that may be of either kind says nothing": {func(*desk) {}, others},
	} {
		t.Run(name, func(t *testing.T) {
			d := sit(before)
			c.client(d)
			d.others(others)
			d.send(before)
			if d.text != c.want {
				t.Errorf("got %q, want %q", d.text, c.want)
			}
			d.reach(d.show())
			d.wait(held)
			d.send(before)
			if d.text != before {
				t.Errorf("after a while: got %q", d.text)
			}
		})
	}
}

func TestView_ClientSaysWhatItHadSeen(t *testing.T) {
	d := sit("one\n")
	seen := d.history.Version()
	d.others("one\ntwo\n")
	d.send("else\n", seen)
	if want := "else\ntwo\n"; d.text != want {
		t.Errorf("got %q, want %q", d.text, want)
	}
	d.reach(d.show())
	seen = d.history.Version()
	d.send("", seen)
	if d.text != "" {
		t.Errorf("got %q", d.text)
	}
}

// What was not there when the client sent its text cannot have been seen.
func TestView_TextOnItsWay_IsNotTaken(t *testing.T) {
	d := sit("one\n")
	d.prompt()
	d.history.Add(Diff(d.text, "one\ntwo\n"))
	d.text = "one\ntwo\n"
	number := d.show()
	d.send("")
	if d.text != "two\n" {
		t.Errorf("got %q", d.text)
	}
	d.reach(number)
	d.send("")
	if d.text != "" {
		t.Errorf("when it has received it: got %q", d.text)
	}
}

// Its answers may wait for a process or a line that stood still.
func TestView_ClientNotHeardForLong_ItsTextIsOfWhatItSays(t *testing.T) {
	d := &desk{text: "one\n", now: time.Unix(0, 0)}
	init, seen := d.show(), d.history.Version()
	for range 3 {
		d.wait(10 * time.Second)
		d.history.Add(Diff(d.text, d.text+"more\n"))
		d.text += "more\n"
		d.show()
		d.Prune(d.now)
	}
	d.reach(init)
	d.send("zero\none\n", seen)
	if d.text != "zero\none\n"+strings.Repeat("more\n", 3) {
		t.Errorf("got %q", d.text)
	}
}
