package chaos

import (
	"strings"
	"testing"
	"time"
)

// meeting is two people of whom the first is told of the second.
func meeting() (v *visits, a, b *client) {
	v, a, b = new(visits), testClient(), testClient()
	a.user, b.user = "a", "b"
	b.person = "writer 2"
	a.roster.begin([]string{"a"})
	b.roster.begin([]string{"a", "b"})
	v.begin(a)
	v.begin(b)
	return v, a, b
}

func TestVisits_WhatPeopleAreTold(t *testing.T) {
	for _, tt := range []struct {
		name string
		told func(v *visits, a, b *client)
		want string // of the complaint
	}{
		{"joined", func(_ *visits, a, b *client) { a.roster.joined(b.user, "") }, ""},
		{"joined twice", func(_ *visits, a, b *client) { a.roster.joined(b.user, ""); a.roster.joined(b.user, "") }, "joined, which it knew"},
		{"left though there", func(_ *visits, a, b *client) { a.roster.joined(b.user, ""); a.roster.left(b.user) }, "left, who was there"},
		{"left", func(v *visits, a, b *client) { a.roster.joined(b.user, ""); v.end(b); a.roster.left(b.user) }, ""},
		{"left twice", func(v *visits, a, b *client) {
			a.roster.joined(b.user, "")
			v.end(b)
			a.roster.left(b.user)
			a.roster.left(b.user)
		}, "left, which it knew"},
		{"left too early", func(v *visits, a, b *client) {
			a.roster.joined(b.user, "")
			a.roster.left(b.user)
			v.byUser[b.user].ended = time.Now().Add(2 * earlyBy)
		}, "left, who was there"},
	} {
		v, a, b := meeting()
		tt.told(v, a, b)
		got := strings.Join(v.misreported(false), "\n")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestVisits_AbsencesAreAllowedWhereTheyArePartOfTheFault(t *testing.T) {
	v, a, b := meeting()
	a.roster.joined(b.user, "")
	a.roster.left(b.user)
	a.roster.joined(b.user, "")
	if got := v.misreported(true); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestVisits_WhoSeesWhom(t *testing.T) {
	v, a, b := meeting()
	if got := v.misseen(nil); !strings.Contains(got, "does not see") {
		t.Errorf("before it was told: %q", got)
	}
	a.roster.joined(b.user, "")
	if got := v.misseen(nil); got != "" {
		t.Errorf("got %q", got)
	}
	close(b.ended)
	if got := v.misseen(nil); !strings.Contains(got, "who is gone") {
		t.Errorf("after one has left: %q", got)
	}
}
