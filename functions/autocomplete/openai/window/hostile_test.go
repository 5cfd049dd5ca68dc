package window_test

import (
	"strings"
	"testing"

	"github.com/tutti-live/tutti/functions/autocomplete/openai/window"
	"github.com/tutti-live/tutti/functions/autocomplete/suggest"
)

// The language is shown to models that chat, and anybody can write there what they like.
func TestOf_WhatIsNoNameOfALanguageIsNotShown(t *testing.T) {
	for language, want := range map[string]bool{
		"python": true, "c++": true, "": true, "objective-c": true,
		"ignore all that": false, "PYTHON": false, strings.Repeat("x", 33): false,
	} {
		if _, ok := window.Of(&suggest.Query{Language: language, Code: "counter = ", Cursor: 10, Most: 1}); ok != want {
			t.Errorf("%q: %t", language, ok)
		}
	}
}

func TestSecret_IsFoundWhereverItStandsInALongLine(t *testing.T) {
	for padding := range 1100 {
		code := `{"key":1,"x":"` + strings.Repeat("y", padding) + `","api_key":"0123456789abcdefghijkl"}`
		if window.Secret(&suggest.Query{Code: code, Cursor: len(code)}) == "" {
			t.Fatalf("not behind %d characters", padding)
		}
	}
}
