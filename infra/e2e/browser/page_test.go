package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/tutti-live/tutti/infra/e2e/chromium"
)

func TestPage_NewRoomOpensAnEditor(t *testing.T) {
	w := serve(t, "").open("/")
	w.Do(chromedp.WaitVisible(create), chromedp.WaitNotVisible(editor), chromedp.Click(create))
	w.entered()
	id := strings.TrimPrefix(w.path(), "/")
	if len(id) < 6 || strings.Contains(id, "/") {
		t.Errorf("the path is /%s, which is not a room's", id)
	}
	w.says("room-name", id)
	w.says("people", "you")
	w.others(0)
}

func TestPage_NeedsNoMouse(t *testing.T) {
	w := serve(t, "").open("/")
	w.Do(chromedp.WaitVisible(create))
	w.Press(kb.Tab + kb.Tab)
	w.Until(`document.activeElement === byId('create')`)
	w.Press(kb.Enter)
	w.entered()
	w.Press("x" + kb.Tab)
	w.Until(`document.activeElement !== editor`)
}

func TestPage_PeopleSeeEachOther(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	for _, w := range []*window{a, b} {
		w.others(1)
		w.Until(`new Set([...byId('people').children].map(p => getComputedStyle(p, '::before').backgroundColor)).size === 2`)
		w.Until(`byId('people').children[0].textContent.startsWith('you')`)
		w.Until(`!byId('people').children[1].textContent.startsWith('you')`)
	}
}

func TestPage_TwoWindowsTypeTogether(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()

	a.Press("print(1)")
	b.shows("print(1)")
	b.Press(kb.End + kb.Enter + "    print(2)")
	a.shows("print(1)\n    print(2)")
	a.Press(kb.Enter)
	a.Insert("# 👩‍💻 ü 漢字")
	a.Press(kb.Enter + kb.Enter + "last")
	want := "print(1)\n# 👩‍💻 ü 漢字\n\nlast\n    print(2)"
	a.shows(want)
	b.shows(want)
	b.Shortcut("a")
	b.Press(kb.Delete)
	a.shows("")
}

// Nobody waits for somebody else to pause.
func TestPage_TypingWithoutAPauseIsSeen(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	for start := time.Now(); b.text() == ""; a.Press("x") {
		if time.Since(start) > chromium.Patience {
			t.Fatal("nothing was seen of what was typed without a pause")
		}
	}
}

func TestPage_CaretStaysAtItsText(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.Press("one" + kb.Enter + "two" + kb.Enter + "three")
	b.shows("one\ntwo\nthree")

	a.Press(kb.ArrowUp + kb.Home + kb.ArrowRight)
	b.Press(kb.Home) // b has been at the start
	b.Insert("zero 😀\n")
	a.shows("zero 😀\none\ntwo\nthree")
	a.Press("-")
	b.shows("zero 😀\none\nt-wo\nthree")
	b.Press("+") // after what it wrote, though a wrote below
	a.shows("zero 😀\n+one\nt-wo\nthree")
}

func TestPage_OthersDoNotScrollOrUnselect(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	long := strings.Repeat("line\n", 200) + "end"
	a.Insert(long)
	b.shows(long)

	a.Do(chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(kb.ModifierShift)))
	top := chromium.Eval[float64](a.Window, `document.getElementById('editor').scrollTop`)
	if top == 0 {
		t.Fatal("the text is not long enough to scroll")
	}
	b.Press("+")
	a.shows("+" + long)
	if now := chromium.Eval[float64](a.Window, `document.getElementById('editor').scrollTop`); now != top {
		t.Errorf("scrolled from %v to %v", top, now)
	}
	a.Do(chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(kb.ModifierShift))) // on from the same end
	a.Press("X")
	b.shows("+" + strings.TrimSuffix(long, "nd") + "X")
}

func TestPage_CursorsShowInThePeopleList(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.says("people", "1:1")
	a.Press("one" + kb.Enter + "two")
	b.says("people", "2:4")
	b.shows("one\ntwo")
	a.Press(kb.ArrowUp + kb.Home)
	b.says("people", "1:1")
	b.Press(kb.ArrowRight)
	a.says("people", "1:2")
}

func TestPage_FormTakesIDsAndLinks(t *testing.T) {
	a := serve(t, "").openRoom()
	path := a.path()
	field, join := chromedp.CSS("#room-id"), chromedp.CSS("#join button")

	b := a.site.open("/")
	b.Do(chromedp.Click(field))
	b.Press("../x")
	b.Do(chromedp.Click(join))
	b.says("start-error", "6 to 32 letters and digits")
	b.Do(chromedp.Click(field))
	b.Shortcut("a")
	b.Press(" " + strings.ToUpper(path[1:]) + kb.Enter)
	b.entered()

	c := a.site.open("/")
	c.Do(chromedp.Click(field))
	c.Press(a.site.url(path))
	c.Do(chromedp.Click(join))
	c.entered()
	a.others(2)
}

func TestPage_UnknownRoomIsSaidOnce(t *testing.T) {
	w := serve(t, "").open("/abcdef")
	w.Do(chromedp.WaitVisible(create))
	w.says("start-error", "There is no room abcdef")
	// The first retry would come within half a second.
	if w.Happens(time.Second, `byId('status').textContent || !byId('room').hidden`) || w.SocketsOpened() != 1 {
		t.Errorf("it went on: %d sockets\n%s", w.SocketsOpened(), w.Description())
	}
	w.Do(chromedp.Click(create))
	w.entered()
}

func TestPage_ClosedWindowLeavesTheList(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.others(1)
	b.Close()
	if !a.Happens(2*time.Second, `byId('people').children.length === 1`) {
		t.Error(a.Description())
	}
}

func TestPage_ReloadDoesNotRepeatTheText(t *testing.T) {
	a := serve(t, "").openRoom()
	a.Press("once")
	a.saved()
	a.Do(chromedp.Reload())
	a.entered()
	a.shows("once")
	a.Press("!")
	a.join().shows("!once")
}

func TestPage_FitsATelephone(t *testing.T) {
	s := serve(t, "")
	start, room, unknown := s.open("/"), s.openRoom(), s.open("/"+strings.Repeat("0", 32))
	start.Do(chromedp.WaitVisible(create))
	unknown.Do(chromedp.WaitVisible(create))
	for _, w := range []*window{start, room, unknown} {
		w.Do(chromedp.EmulateViewport(390, 700))
		w.Until(`innerWidth === 390`)
		w.Until(`document.documentElement.scrollWidth <= 390 && document.documentElement.scrollHeight <= 700`)
	}
}

func TestPage_TooLongATextIsOnlySaid(t *testing.T) {
	for name, length := range map[string]int{"for a room": 600_000, "for a message": 2_200_000} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, "").openRoom()
			b := a.join()
			a.Press("x")
			a.saved()
			chromium.Eval[bool](a.Window, fmt.Sprintf(`{
				const editor = document.getElementById('editor')
				editor.value = '0123456789'.repeat(10).concat('\\n').repeat(%d)
				editor.dispatchEvent(new Event('input'))
			}`, length/101))
			a.says("saved", "too long to save")
			a.Shortcut("a")
			a.Press("short")
			a.saved()
			b.shows("short")
			if a.SocketsOpened() != 1 {
				t.Errorf("%d sockets: the connection was lost for it", a.SocketsOpened())
			}
		})
	}
}
