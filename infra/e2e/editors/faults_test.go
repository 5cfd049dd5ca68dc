package editors

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// refused is what browsers log of connections that fail.
const refused = "WebSocket connection to"

func TestEditors_ConnectionLostWhileTyping_NothingIsLost(t *testing.T) {
	each(t, "\n", func(t *testing.T, r *room) {
		r.ada.Excuse(refused)
		r.bob.Excuse(refused)
		r.bob.Press(kb.ArrowDown)
		adas, bobs := "", ""
		for i := range 10 {
			word := fmt.Sprintf("%d,", i)
			r.ada.Press(word)
			r.bob.Press(word)
			adas, bobs = adas+word, bobs+word
			switch i {
			case 3:
				r.Wires[1].Cut()
			case 5:
				r.Redis.Wipe()
			case 7:
				r.Wires[1].Cut()
			}
		}
		r.shows(adas + "\n" + bobs)
		if n := r.bob.SocketsOpened(); n < 2 {
			t.Errorf("%d sockets: the connection was not lost", n)
		}
	})
}
