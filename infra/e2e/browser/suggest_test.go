package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const suggested = "def function_name():\n    pass"

func TestPage_TabInsertsASuggestion(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.Press("def ")
	a.says("hint", "Tab inserts: function_name()")
	a.Press(kb.Tab)
	a.shows(suggested)
	b.shows(suggested)
	a.Press("!")
	b.shows(suggested + "!")
}

func TestPage_ClickInsertsASuggestion(t *testing.T) {
	a := serve(t, "").openRoom()
	a.Press("def ")
	a.Do(chromedp.Click(chromedp.CSS("#accept")))
	a.shows(suggested)
	a.Until(`document.activeElement === editor`)
}

// A suggestion is for one place in one text, and gone with either.
func TestPage_SuggestionEndsWithItsPlace(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.Press("def ")
	a.says("hint", "Tab inserts")
	a.Press(kb.ArrowLeft)
	a.Until(`byId('hint').textContent === '' && byId('accept').hidden`)

	a.Press(kb.ArrowRight + kb.Backspace + " ")
	a.says("hint", "Tab inserts")
	b.Press("# ")
	a.shows("# def ")
	a.Until(`byId('hint').textContent === ''`)

	a.Press(kb.Backspace + " ")
	a.says("hint", "Tab inserts")
	a.Press(kb.Escape)
	a.Until(`byId('hint').textContent === ''`)
	a.Press(kb.Tab)
	a.Until(`document.activeElement !== editor`)
	a.shows("# def ")
}

// Input methods lose the word that is being made when the text is set.
func TestPage_OthersDoNotInterruptAnInputMethod(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.Press(kb.Enter)
	b.shows("\n")
	a.Do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "かん", SelectionStart: 2, SelectionEnd: 2})
		return err
	}))
	a.shows("\nかん")
	b.Press("above")
	b.saved()
	if got := b.text(); got != "above\n" {
		t.Errorf("%q: half a word was sent", got)
	}
	a.Insert("漢") // takes the place of the word
	a.shows("above\n漢")
	b.shows("above\n漢")
}
