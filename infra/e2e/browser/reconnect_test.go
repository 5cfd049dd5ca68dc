package browser

import (
	"testing"

	"github.com/tutti-live/tutti/shared/redistest"
)

// Browsers log connections that fail, and that they do is no error of the page.
const logged = "WebSocket connection to"

func TestPage_ComesBackAfterARestart(t *testing.T) {
	s := serve(t, redistest.Embedded(t).URL)
	a := s.openRoom()
	b := a.join()
	a.Press("before ")
	b.shows("before ")
	a.saved()

	a.Excuse(logged)
	b.Excuse(logged)
	s.stop()
	a.says("status", "offline")
	a.Press("meanwhile")
	a.says("saved", "not sent yet")
	s.start()
	for _, w := range []*window{a, b} {
		w.says("status", "connected")
		w.shows("before meanwhile")
		w.others(1)
	}
	b.says("people", "1:17")
	b.Press("back: ")
	a.shows("back: before meanwhile")
}

// What was written can still be copied.
func TestPage_KeepsTheTextOfARoomThatIsGone(t *testing.T) {
	redis := redistest.Embedded(t)
	s := serve(t, redis.URL)
	a := s.openRoom()
	a.Press("mine")
	a.saved()
	a.Excuse(logged)
	s.stop()
	redis.Wipe()
	s.start()
	a.says("status", "There is no room")
	a.Until(`editor.value === 'mine' && editor.readOnly && !byId('room').hidden`)
}

func TestPage_ComesBackAfterABrokenConnection(t *testing.T) {
	s := serve(t, "")
	a := s.openRoom()
	b := a.join()
	s.wires.Cut()
	a.Press("typed at once")
	b.shows("typed at once")
	b.others(1)
}

// A page cannot know whether what it sent last has arrived.
func TestPage_WhatIsLostOnTheWayIsSentAgain(t *testing.T) {
	s := serve(t, "")
	a := s.openRoom()
	b := a.join()
	a.Press("kept ")
	a.saved()
	b.shows("kept ")

	a.Excuse("Failed to load resource") // it was asking for a suggestion
	s.wires.Deafen()
	a.Press("lost?")
	a.says("saved", "saving…")
	s.wires.Cut()
	a.saved()
	a.shows("kept lost?")
	b.shows("kept lost?")
}
