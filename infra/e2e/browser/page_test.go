package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestPage_NewRoomOpensAnEditor(t *testing.T) {
	w := serve(t, "").open("/")
	w.do(chromedp.WaitVisible(create), chromedp.WaitNotVisible(editor), chromedp.Click(create))
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
	w.do(chromedp.WaitVisible(create))
	w.press(kb.Tab + kb.Tab)
	w.until(`document.activeElement === byId('create')`)
	w.press(kb.Enter)
	w.entered()
	w.press("x" + kb.Tab)
	w.until(`document.activeElement !== editor`)
}

func TestPage_PeopleSeeEachOther(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	for _, w := range []*window{a, b} {
		w.others(1)
		w.until(`new Set([...byId('people').children].map(p => getComputedStyle(p, '::before').backgroundColor)).size === 2`)
		w.until(`byId('people').children[0].textContent.startsWith('you')`)
		w.until(`!byId('people').children[1].textContent.startsWith('you')`)
	}
}

func TestPage_TwoWindowsTypeTogether(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()

	a.press("print(1)")
	b.shows("print(1)")
	b.press(kb.End + kb.Enter + "    print(2)")
	a.shows("print(1)\n    print(2)")
	a.press(kb.Enter)
	a.insert("# 👩‍💻 ü 漢字")
	a.press(kb.Enter + kb.Enter + "last")
	want := "print(1)\n# 👩‍💻 ü 漢字\n\nlast\n    print(2)"
	a.shows(want)
	b.shows(want)
	b.shortcut("a")
	b.press(kb.Delete)
	a.shows("")
}

// Nobody waits for somebody else to pause.
func TestPage_TypingWithoutAPauseIsSeen(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	for start := time.Now(); b.text() == ""; a.press("x") {
		if time.Since(start) > patience {
			t.Fatal("nothing was seen of what was typed without a pause")
		}
	}
}

func TestPage_CaretStaysAtItsText(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.press("one" + kb.Enter + "two" + kb.Enter + "three")
	b.shows("one\ntwo\nthree")

	a.press(kb.ArrowUp + kb.Home + kb.ArrowRight)
	b.press(kb.Home) // b has been at the start
	b.insert("zero 😀\n")
	a.shows("zero 😀\none\ntwo\nthree")
	a.press("-")
	b.shows("zero 😀\none\nt-wo\nthree")
	b.press("+") // after what it wrote, though a wrote below
	a.shows("zero 😀\n+one\nt-wo\nthree")
}

func TestPage_OthersDoNotScrollOrUnselect(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	long := strings.Repeat("line\n", 200) + "end"
	a.insert(long)
	b.shows(long)

	a.do(chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(kb.ModifierShift)))
	top := eval[float64](a, `document.getElementById('editor').scrollTop`)
	if top == 0 {
		t.Fatal("the text is not long enough to scroll")
	}
	b.press("+")
	a.shows("+" + long)
	if now := eval[float64](a, `document.getElementById('editor').scrollTop`); now != top {
		t.Errorf("scrolled from %v to %v", top, now)
	}
	a.do(chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(kb.ModifierShift))) // on from the same end
	a.press("X")
	b.shows("+" + strings.TrimSuffix(long, "nd") + "X")
}

func TestPage_CursorsShowInThePeopleList(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.says("people", "1:1")
	a.press("one" + kb.Enter + "two")
	b.says("people", "2:4")
	b.shows("one\ntwo")
	a.press(kb.ArrowUp + kb.Home)
	b.says("people", "1:1")
	b.press(kb.ArrowRight)
	a.says("people", "1:2")
}

func TestPage_FormTakesIDsAndLinks(t *testing.T) {
	a := serve(t, "").openRoom()
	path := a.path()
	field, join := chromedp.CSS("#room-id"), chromedp.CSS("#join button")

	b := a.site.open("/")
	b.do(chromedp.Click(field))
	b.press("../x")
	b.do(chromedp.Click(join))
	b.says("start-error", "6 to 32 letters and digits")
	b.do(chromedp.Click(field))
	b.shortcut("a")
	b.press(" " + strings.ToUpper(path[1:]) + kb.Enter)
	b.entered()

	c := a.site.open("/")
	c.do(chromedp.Click(field))
	c.press(a.site.url(path))
	c.do(chromedp.Click(join))
	c.entered()
	a.others(2)
}

func TestPage_UnknownRoomIsSaidOnce(t *testing.T) {
	w := serve(t, "").open("/abcdef")
	w.do(chromedp.WaitVisible(create))
	w.says("start-error", "There is no room abcdef")
	// The first retry would come within half a second.
	if w.happens(time.Second, `byId('status').textContent || !byId('room').hidden`) || w.socketsOpened() != 1 {
		t.Errorf("it went on: %d sockets\n%s", w.socketsOpened(), w.describe())
	}
	w.do(chromedp.Click(create))
	w.entered()
}

func TestPage_ClosedWindowLeavesTheList(t *testing.T) {
	a := serve(t, "").openRoom()
	b := a.join()
	a.others(1)
	b.close()
	if !a.happens(2*time.Second, `byId('people').children.length === 1`) {
		t.Error(a.describe())
	}
}

func TestPage_ReloadDoesNotRepeatTheText(t *testing.T) {
	a := serve(t, "").openRoom()
	a.press("once")
	a.saved()
	a.do(chromedp.Reload())
	a.entered()
	a.shows("once")
	a.press("!")
	a.join().shows("!once")
}

func TestPage_FitsATelephone(t *testing.T) {
	s := serve(t, "")
	start, room, unknown := s.open("/"), s.openRoom(), s.open("/"+strings.Repeat("0", 32))
	start.do(chromedp.WaitVisible(create))
	unknown.do(chromedp.WaitVisible(create))
	for _, w := range []*window{start, room, unknown} {
		w.do(chromedp.EmulateViewport(390, 700))
		w.until(`innerWidth === 390`)
		w.until(`document.documentElement.scrollWidth <= 390 && document.documentElement.scrollHeight <= 700`)
	}
}

func TestPage_TooLongATextIsOnlySaid(t *testing.T) {
	for name, length := range map[string]int{"for a room": 600_000, "for a message": 2_200_000} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, "").openRoom()
			b := a.join()
			a.press("x")
			a.saved()
			eval[bool](a, fmt.Sprintf(`{
				const editor = document.getElementById('editor')
				editor.value = '0123456789'.repeat(10).concat('\\n').repeat(%d)
				editor.dispatchEvent(new Event('input'))
			}`, length/101))
			a.says("saved", "too long to save")
			a.shortcut("a")
			a.press("short")
			a.saved()
			b.shows("short")
			if a.socketsOpened() != 1 {
				t.Errorf("%d sockets: the connection was lost for it", a.socketsOpened())
			}
		})
	}
}
