package room

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Capacity is how many people a room takes.
type Capacity struct {
	Most  int           // people who were heard of
	Fresh time.Duration // within this time: others may be those of a killed relay
}

// Join lets a person in and returns the colour that the fewest there have. It
// fails with ErrNotFound, or with ErrFull.
func (s *Store) Join(ctx context.Context, id string, p Person, c Capacity) (color string, err error) {
	encoded, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("room: encoding a person: %w", err)
	}
	args := []any{s.presence.Milliseconds(), c.Most, c.Fresh.Milliseconds(), p.ID, encoded}
	for _, c := range Colors() {
		args = append(args, c)
	}
	reply, err := s.run(ctx, s.join, id, args...)
	if errors.Is(err, redis.Nil) {
		return "", ErrNotFound
	}
	color, _ = reply.(string)
	if err == nil && color == "" {
		return "", ErrFull
	}
	return color, err
}

// Presence is what a relay says about who is in a room.
type Presence struct {
	Here  []Person // who is there
	Left  []string // ids of those who went
	Whole bool     // make everyone compare the whole list, and the head of the log
}

// SayPresence makes what a relay says known, and removes whoever was not heard
// of for too long. It fails with ErrNotFound when there is no room.
func (s *Store) SayPresence(ctx context.Context, id string, p Presence) error {
	args := make([]any, 0, 3+len(p.Left)+2*len(p.Here))
	args = append(args, s.presence.Milliseconds(), flag(p.Whole), len(p.Left))
	for _, left := range p.Left {
		args = append(args, left)
	}
	for _, person := range p.Here {
		encoded, err := json.Marshal(person)
		if err != nil {
			return fmt.Errorf("room: encoding a person: %w", err)
		}
		args = append(args, person.ID, encoded)
	}
	reply, err := s.run(ctx, s.people, id, args...)
	if err == nil && reply != int64(1) {
		err = ErrNotFound
	}
	return err
}
