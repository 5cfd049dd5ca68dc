package ywebsocket

import (
	"slices"
	"time"

	"github.com/tutti-live/tutti/shared/awareness"
	"github.com/tutti-live/tutti/shared/protocol"
)

const (
	// outdated is after which time somebody is dropped who was not heard of.
	outdated = 30 * time.Second

	// renewAfter is when the client says again that it is there.
	renewAfter = outdated / 2
)

// presence is who is there in the eyes of a client. It is guarded by Client.mu.
type presence struct {
	client uint64 // its own id
	clock  uint32
	state  string    // of its own; "" when it says nothing
	said   time.Time // when it last said so

	others awareness.States
	heard  map[uint64]time.Time // when each of them said something new
}

func newPresence(client uint64, state string) presence {
	return presence{client: client, clock: 1, state: state, said: time.Now(), heard: make(map[uint64]time.Time)}
}

// own is what the client says of itself; nothing if it says nothing.
func (p *presence) own() []awareness.Entry {
	if p.state == "" {
		return nil
	}
	return []awareness.Entry{{Client: p.client, Clock: p.clock, State: p.state}}
}

// say changes what the client says of itself.
func (p *presence) say(state string) []awareness.Entry {
	p.clock++
	p.state, p.said = state, time.Now()
	return []awareness.Entry{{Client: p.client, Clock: p.clock, State: state}}
}

// leave says that the client goes; nothing if it never said that it was there.
func (p *presence) leave() []awareness.Entry {
	if p.state == "" {
		return nil
	}
	return p.say("")
}

// forgetAll drops the others, as when the connection is lost. Their clocks stay.
func (p *presence) forgetAll() {
	for client := range p.heard {
		p.others.Remove(client)
	}
	clear(p.heard)
}

// hear takes in an entry, and returns what is to be repeated of it.
func (p *presence) hear(e awareness.Entry) []awareness.Entry {
	if e.Client == p.client {
		return p.hearOfItself(e)
	}
	if !p.others.Apply(e) {
		return nil
	}
	if e.State == "" {
		delete(p.heard, e.Client)
	} else {
		p.heard[e.Client] = time.Now()
	}
	return []awareness.Entry{e}
}

// hearOfItself takes in what others say of the client: that it is gone it denies.
func (p *presence) hearOfItself(e awareness.Entry) []awareness.Entry {
	isNews := e.Clock > p.clock || e.Clock == p.clock && e.State == "" && p.state != ""
	if !isNews {
		return nil
	}
	p.clock = e.Clock
	if e.State == "" && p.state != "" {
		p.clock++
	}
	return p.own()
}

// look returns what there is to say after a while: that the client is there, and
// who is not any more.
func (p *presence) look(now time.Time) []awareness.Entry {
	var news []awareness.Entry
	if p.state != "" && now.Sub(p.said) >= renewAfter {
		news = p.say(p.state)
	}
	for client, heard := range p.heard {
		if now.Sub(heard) < outdated {
			continue
		}
		delete(p.heard, client)
		if e, ok := p.others.Remove(client); ok {
			news = append(news, e)
		}
	}
	return news
}

// hearPresenceLocked takes in an awareness update, and repeats what is new in it.
func (c *Client) hearPresenceLocked(update []byte) error {
	entries, err := awareness.Decode(update, awareness.Limits{})
	if err != nil {
		return err
	}
	var news []awareness.Entry
	for _, e := range entries {
		news = append(news, c.who.hear(e)...)
	}
	c.sayLocked(news)
	return nil
}

// sayLocked sends entries, if there are any.
func (c *Client) sayLocked(entries []awareness.Entry) {
	if len(entries) > 0 {
		c.sendLocked(protocol.EncodeAwareness(awareness.Append(nil, entries...)))
	}
}

// lookAround says what there is to say after a while.
func (c *Client) lookAround() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sayLocked(c.who.look(time.Now()))
}

// Say changes what the client says of itself, a JSON object.
func (c *Client) Say(state string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sayLocked(c.who.say(state))
}

// Others is who else is there in the eyes of the client.
func (c *Client) Others() []awareness.Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(c.who.others.All())
}
