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
	a.press("before ")
	b.shows("before ")
	a.saved()

	a.excuse(logged)
	b.excuse(logged)
	s.stop()
	a.says("status", "offline")
	a.press("meanwhile")
	a.says("saved", "not sent yet")
	s.start()
	for _, w := range []*window{a, b} {
		w.says("status", "connected")
		w.shows("before meanwhile")
		w.others(1)
	}
	b.says("people", "1:17")
	b.press("back: ")
	a.shows("back: before meanwhile")
}

// What was written can still be copied.
func TestPage_KeepsTheTextOfARoomThatIsGone(t *testing.T) {
	redis := redistest.Embedded(t)
	s := serve(t, redis.URL)
	a := s.openRoom()
	a.press("mine")
	a.saved()
	a.excuse(logged)
	s.stop()
	redis.Wipe()
	s.start()
	a.says("status", "There is no room")
	a.until(`editor.value === 'mine' && editor.readOnly && !byId('room').hidden`)
}

func TestPage_ComesBackAfterABrokenConnection(t *testing.T) {
	s := serve(t, "")
	a := s.openRoom()
	b := a.join()
	s.wires.cut()
	a.press("typed at once")
	b.shows("typed at once")
	b.others(1)
}

// A page cannot know whether what it sent last has arrived.
func TestPage_WhatIsLostOnTheWayIsSentAgain(t *testing.T) {
	s := serve(t, "")
	a := s.openRoom()
	b := a.join()
	a.press("kept ")
	a.saved()
	b.shows("kept ")

	a.excuse("Failed to load resource") // it was asking for a suggestion
	s.wires.deafen()
	a.press("lost?")
	a.says("saved", "saving…")
	s.wires.cut()
	a.saved()
	a.shows("kept lost?")
	b.shows("kept lost?")
}
