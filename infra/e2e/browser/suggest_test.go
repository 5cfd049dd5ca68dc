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
	a.press("def ")
	a.says("hint", "Tab inserts: function_name()")
	a.press(kb.Tab)
	a.shows(suggested)
	b.shows(suggested)
	a.press("!")
	b.shows(suggested + "!")
}

func TestPage_ClickInsertsASuggestion(t *testing.T) {
	a := serve(t, "").openRoom()
	a.press("def ")
	a.do(chromedp.Click(chromedp.CSS("#accept")))
	a.shows(suggested)
	a.until(`document.activeElement === editor`)
}

// A suggestion is for one place in one text, and gone with either.
func TestPage_SuggestionEndsWithItsPlace(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.press("def ")
	a.says("hint", "Tab inserts")
	a.press(kb.ArrowLeft)
	a.until(`byId('hint').textContent === '' && byId('accept').hidden`)

	a.press(kb.ArrowRight + kb.Backspace + " ")
	a.says("hint", "Tab inserts")
	b.press("# ")
	a.shows("# def ")
	a.until(`byId('hint').textContent === ''`)

	a.press(kb.Backspace + " ")
	a.says("hint", "Tab inserts")
	a.press(kb.Escape)
	a.until(`byId('hint').textContent === ''`)
	a.press(kb.Tab)
	a.until(`document.activeElement !== editor`)
	a.shows("# def ")
}

// Input methods lose the word that is being made when the text is set.
func TestPage_OthersDoNotInterruptAnInputMethod(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.press(kb.Enter)
	b.shows("\n")
	a.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "かん", SelectionStart: 2, SelectionEnd: 2})
		return err
	}))
	a.shows("\nかん")
	b.press("above")
	b.saved()
	if got := b.text(); got != "above\n" {
		t.Errorf("%q: half a word was sent", got)
	}
	a.insert("漢") // takes the place of the word
	a.shows("above\n漢")
	b.shows("above\n漢")
}
