package wsrelay

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/tutti-live/tutti/shared/room"
)

func entry(seq int64, nonce, payload string) room.Entry {
	return room.Entry{Position: room.Position{Epoch: "1", Seq: seq, Nonce: nonce}, Kind: room.KindText, Payload: payload}
}

func TestRegister_OursHidesOthersUntilItIsSaved(t *testing.T) {
	g := register{kind: room.KindText}
	if !g.heard(entry(2, "x", "start")) || g.value != "start" {
		t.Fatalf("after the start it is %+v", g)
	}
	g.set("me", "mine")
	ours := *g.unsaved
	if g.heard(entry(3, "y", "theirs")) || g.value != "mine" {
		t.Errorf("an earlier entry of another shows: %+v", g)
	}
	ours.Seq = 4
	if !g.saved(ours) || g.unsaved != nil || g.saved(ours) {
		t.Errorf("saved it is %+v", g)
	}
	if g.heard(entry(3, "y", "theirs")) || g.heard(ours) {
		t.Errorf("entries that are not newer show: %+v", g)
	}
	if !g.heard(entry(5, "z", "later")) || g.value != "later" {
		t.Errorf("a later entry does not show: %+v", g)
	}
}

func TestRegister_ANewerValueOfOursIsSavedToo(t *testing.T) {
	g := register{kind: room.KindText}
	g.set("me", "one")
	first := *g.unsaved
	g.set("me", "two")
	if g.saved(first) || g.unsaved == nil {
		t.Fatalf("the second value counts as saved: %+v", g)
	}
	if second := *g.unsaved; second.Payload != "two" || !g.saved(second) {
		t.Errorf("the second value is not saved: %+v", g)
	}
}

func TestRegister_KeepSavesTheValueAgain(t *testing.T) {
	g := register{kind: room.KindText}
	g.heard(entry(7, "x", "value"))
	g.keep()
	if g.unsaved == nil || g.unsaved.Payload != "value" {
		t.Errorf("it is %+v", g)
	}
	before := g.unsaved
	if g.keep(); g.unsaved != before {
		t.Error("what is on its way already is sent twice")
	}
}

func TestView_KnowsWhoIsBehind(t *testing.T) {
	for name, c := range map[string]struct {
		sent, received []string // in turn: sent[i] before received[i]
		behind         bool
	}{
		"nothing was sent":                 {[]string{""}, []string{"start x"}, false},
		"a change of what was sent":        {[]string{"start and more"}, []string{"start and more x"}, false},
		"a change of the own text":         {[]string{"start and a lot more"}, []string{"start x"}, true},
		"and another of it":                {[]string{"start and a lot more", ""}, []string{"start x", "start xy"}, true},
		"then it has seen what was sent":   {[]string{"start and a lot more", ""}, []string{"start x", "start and a lot more y"}, false},
		"the same as what was sent":        {[]string{"start and more"}, []string{"start and more"}, false},
		"replaced by something of its own": {[]string{"start!"}, []string{"??"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := view{own: "start"}
			for i, text := range c.sent {
				if text != "" {
					v.show(text, int64(i+1))
					v.prove(int64(i + 1))
				}
				v.receive(c.received[i])
			}
			if v.behind != c.behind {
				t.Errorf("behind is %v: %+v", v.behind, v)
			}
		})
	}
}

func TestView_ForgettingIsNotSeeing(t *testing.T) {
	v := view{own: "base"}
	for i := range maxSent + 1 {
		v.show(fmt.Sprintf("text number %d", i), int64(i))
	}
	if len(v.sent) != maxSent {
		t.Errorf("remembers %d texts", len(v.sent))
	}
	v.prove(maxSent)
	v.receive("text number 32 and more") // the newest is closest, but some are unknown
	if !v.behind {
		t.Errorf("not behind: %+v", v)
	}
	if v.receive("text number 32 and more!"); v.behind {
		t.Errorf("still behind: %+v", v)
	}
}

func TestView_WhatIsNotProvenToBeReceivedMayHaveCrossed(t *testing.T) {
	v := view{own: "abc"}
	v.show("ab", 1)
	if v.receive("a"); !v.behind { // looks like a change of "ab", and may be one of "abc"
		t.Errorf("not behind: %+v", v)
	}
	v.prove(1)
	if v.receive("ax"); v.behind {
		t.Errorf("still behind: %+v", v)
	}
}

func TestView_RemembersNoMoreThanItMay(t *testing.T) {
	v := view{own: "base"}
	long := string(make([]byte, maxSentBytes/3))
	for i := range 10 {
		v.show(long, int64(i))
	}
	if len(v.sent) != 3 || v.bytes != 3*len(long) || !v.forgotten {
		t.Errorf("remembers %d texts, %d bytes", len(v.sent), v.bytes)
	}
	if v.receive(long); v.bytes != 0 || len(v.sent) != 0 {
		t.Errorf("remembers %d texts, %d bytes of what was seen", len(v.sent), v.bytes)
	}
}

func TestView_ABaseVersionSaysItAll(t *testing.T) {
	v := view{own: "start", version: 3}
	v.show("quite another text", 4)
	if v.receiveFrom("start x", 3); !v.behind {
		t.Errorf("made from what was sent before, it is not behind: %+v", v)
	}
	if v.receiveFrom("start xy", 4); v.behind {
		t.Errorf("made from the newest, it is behind: %+v", v)
	}
}

func TestChangedLength(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"same", "same", 0},
		{"", "abc", math.MaxInt},
		{"abc", "", math.MaxInt},
		{"abc", "abXc", 1},
		{"abXc", "abc", 1},
		{"aaa", "aaaa", 1},
		{"abcd", "abXcd", 1},
		{"one", "two", math.MaxInt},
		{"axb", "ayyb", 3},
	} {
		if got := changedLength(c.a, c.b); got != c.want {
			t.Errorf("changedLength(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func BenchmarkView_Receive512KiB(b *testing.B) {
	text := string(slices.Repeat([]byte("print(1)\n"), 512<<10/9))
	for b.Loop() {
		v := view{own: text}
		v.show(text+"x", 1)
		v.receive(text + "xy")
	}
}
