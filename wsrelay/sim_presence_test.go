package wsrelay

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/tutti-live/tutti/shared/room"
)

// sayPresence is presence.lua.
func (s *simStore) sayPresence(id string, p room.Presence) error {
	r := s.room(id)
	for _, left := range p.Left {
		s.remove(id, r, left)
	}
	if r.log == nil || len(r.log.entries) == 0 {
		return room.ErrNotFound
	}
	now := time.Now()
	until := now.Add(s.presence).UnixMilli()
	for _, person := range p.Here {
		s.sayHere(id, r, person, until, p.Whole)
	}
	if p.Whole {
		for person := range r.presence {
			if _, ok := r.seen[person]; !ok {
				r.seen[person] = until
			}
		}
	}
	s.expire(r, allSimKeys...)
	for _, person := range slices.Sorted(maps.Keys(r.seen)) {
		if r.seen[person] <= now.UnixMilli() {
			s.remove(id, r, person)
		}
	}
	if p.Whole {
		var people []room.Person
		for _, person := range r.presence {
			people = append(people, person.copy())
		}
		slices.SortFunc(people, func(a, b room.Person) int { return cmp.Compare(a.ID, b.ID) })
		s.publish(id, room.Roll{Head: r.log.head(), People: people})
	}
	return nil
}

// sayHere notes somebody who is in the room. The script writes the views last;
// nothing comes between, so the order does not matter here.
func (s *simStore) sayHere(id string, r *simRoom, person room.Person, until int64, whole bool) {
	said := simPerson{person, encodePerson(person)}
	said.Person = said.copy()
	changed := r.presence[person.ID].raw != said.raw
	r.seen[person.ID] = until
	if changed {
		r.presence[person.ID] = said
		s.publish(id, room.Here{Person: said.copy()})
	}
	if changed || whole {
		r.users[person.ID] = true
		if person.Cursor != nil {
			r.cursors[person.ID] = true
		}
	}
}

// remove takes somebody out of a room, and tells if it did.
func (s *simStore) remove(id string, r *simRoom, person string) {
	_, seen := r.seen[person]
	_, present := r.presence[person]
	delete(r.seen, person)
	delete(r.presence, person)
	delete(r.users, person)
	delete(r.cursors, person)
	if seen || present {
		s.publish(id, room.Left{ID: person})
	}
}
