package ywebsocket

import (
	"testing"
	"time"

	"github.com/tutti-live/tutti/shared/awareness"
)

const me, other = 7, 9

func TestPresence_DeniesThatItIsGone(t *testing.T) {
	p := newPresence(me, `{"user":{}}`)
	said := p.hear(awareness.Entry{Client: me, Clock: p.clock})
	if len(said) != 1 || said[0].State == "" || said[0].Clock != 2 {
		t.Errorf("got %+v", said)
	}
	if said := p.hear(awareness.Entry{Client: me, Clock: 1}); said != nil {
		t.Errorf("what is old is denied: %+v", said)
	}
}

func TestPresence_RepeatsWhatIsNewOfOthers(t *testing.T) {
	p := newPresence(me, "")
	here := awareness.Entry{Client: other, Clock: 3, State: "{}"}
	if said := p.hear(here); len(said) != 1 || said[0] != here {
		t.Errorf("got %+v", said)
	}
	if said := p.hear(here); said != nil {
		t.Errorf("what is known is repeated: %+v", said)
	}
	p.forgetAll()
	if said := p.hear(here); said != nil || p.others.Len() != 0 {
		t.Errorf("after a connection was lost, the same clock is news: %+v", said)
	}
}

func TestPresence_RenewsItselfAndDropsTheSilent(t *testing.T) {
	p := newPresence(me, "{}")
	p.hear(awareness.Entry{Client: other, Clock: 3, State: "{}"})
	if said := p.look(p.said.Add(renewAfter - time.Second)); said != nil {
		t.Errorf("too early: %+v", said)
	}
	if said := p.look(p.said.Add(renewAfter)); len(said) != 1 || said[0].Client != me || said[0].Clock != 2 {
		t.Errorf("got %+v", said)
	}
	said := p.look(time.Now().Add(outdated))
	if p.others.Len() != 0 || len(said) != 2 || said[1] != (awareness.Entry{Client: other, Clock: 3}) {
		t.Errorf("got %+v, %d are there", said, p.others.Len())
	}
}
