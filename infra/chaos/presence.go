package chaos

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tutti-live/tutti/infra/process"
)

// roster is who is in the room in the eyes of one client, and what it was told
// of them. It is guarded by the client's mutex.
type roster struct {
	here map[string]string // names by id
	told []arrival
}

// arrival is that somebody joined, or left.
type arrival struct {
	user   string
	name   string // as far as it is known
	joined bool
	at     time.Time
	twice  bool // it was no news
}

func (r *roster) begin(users []string) {
	r.here = make(map[string]string)
	for _, user := range users {
		r.here[user] = ""
	}
}

// joined notes that somebody is there, or has another name.
func (r *roster) joined(user, name string) {
	known, isHere := r.here[user]
	r.told = append(r.told, arrival{user: user, name: name, joined: true, at: time.Now(), twice: isHere && known == name})
	r.here[user] = name
}

func (r *roster) left(user string) {
	name, isHere := r.here[user]
	r.told = append(r.told, arrival{user: user, name: name, at: time.Now(), twice: !isHere})
	delete(r.here, user)
}

// visits are all connections there were.
type visits struct {
	mu     sync.Mutex
	all    []*visit
	byUser map[string]*visit
}

// visit is when a connection was there.
type visit struct {
	client *client
	began  time.Time
	ended  time.Time // zero while it is there
}

func (v *visits) begin(c *client) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byUser == nil {
		v.byUser = make(map[string]*visit)
	}
	visit := &visit{client: c, began: time.Now()}
	v.all = append(v.all, visit)
	v.byUser[c.user] = visit
}

func (v *visits) end(c *client) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.byUser[c.user].ended = time.Now()
}

// clients lists all connections there were.
func (v *visits) clients() []*client {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []*client
	for _, visit := range v.all {
		all = append(all, visit.client)
	}
	return all
}

// open lists the connections there are.
func (v *visits) open() []*client {
	return slices.DeleteFunc(v.clients(), func(c *client) bool { return !c.isOpen() })
}

// on lists the connections that are with a relay.
func (v *visits) on(relay *process.Process) []*client {
	return slices.DeleteFunc(v.open(), func(c *client) bool { return c.relay != relay })
}

// misseen says where what people see of each other differs from who is there.
// Yjs clients have no ids that they know, so they are told by their names, of
// which each is to be there once; with yjs nil they do not count.
func (v *visits) misseen(yjs []string) string {
	open := v.open()
	there := make(map[string]int)
	for _, c := range open {
		there[c.user]++
	}
	for _, name := range yjs {
		there[name]++
	}
	for _, c := range open {
		seen := make(map[string]int)
		c.mu.Lock()
		for user, name := range c.roster.here {
			switch {
			case v.knows(user):
				seen[user]++
			case yjs != nil:
				seen[name]++
			}
		}
		c.mu.Unlock()
		if what := v.unlike(seen, there); what != "" {
			return c.name() + " " + what
		}
	}
	return ""
}

// unlike says how those who are seen differ from those who are there.
func (v *visits) unlike(seen, there map[string]int) string {
	for who, n := range seen {
		switch {
		case there[who] == 0:
			return fmt.Sprintf("sees %s, who is gone", v.nameOf(who))
		case n > there[who]:
			return fmt.Sprintf("sees %s %d times", v.nameOf(who), n)
		}
	}
	for who := range there {
		if seen[who] == 0 {
			return fmt.Sprintf("does not see %s, who is there", v.nameOf(who))
		}
	}
	return ""
}

// knows reports whether somebody speaks JSON, or did.
func (v *visits) knows(user string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.byUser[user] != nil
}

func (v *visits) nameOf(user string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if visit := v.byUser[user]; visit != nil {
		return visit.client.name()
	}
	return fmt.Sprintf("%q", user)
}

// earlyBy is how much earlier than here others may hear that somebody left: the
// client's own end of the connection may be seen last.
const earlyBy = time.Second

// misreported lists what people were told of each other that is not so: that
// somebody joined or left twice, or, unless absences are part of the fault, that
// somebody left who was there.
func (v *visits) misreported(absences bool) []string {
	var wrong []string
	for _, c := range v.clients() {
		c.mu.Lock()
		told := slices.Clone(c.roster.told)
		c.mu.Unlock()
		for _, a := range told {
			v.mu.Lock()
			visit := v.byUser[a.user]
			v.mu.Unlock()
			what := "left"
			if a.joined {
				what = "joined"
			}
			who := v.nameOf(a.user)
			switch {
			case a.twice:
				wrong = append(wrong, fmt.Sprintf("%s was told at %s that %s %s, which it knew", c.name(), a.at.Format(clock), who, what))
			case a.joined || absences || visit == nil:
			case visit.ended.IsZero() || visit.ended.After(a.at.Add(earlyBy)):
				wrong = append(wrong, fmt.Sprintf("%s was told at %s that %s left, who was there", c.name(), a.at.Format(clock), who))
			}
		}
	}
	return wrong
}
