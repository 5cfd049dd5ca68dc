package wsrelay

import (
	"context"

	"github.com/tutti-live/tutti/shared/room"
)

// rooms is what a relay needs of the rooms in Redis: room.Store has it. The
// simulation of this package's tests has another, with a clock and a network of
// its own.
type rooms interface {
	Follow(ctx context.Context, id string, deliver func(room.Event)) error
	Unfollow(id string)
	Exists(ctx context.Context, id string) (bool, error)
	Load(ctx context.Context, id string, from room.Position) (room.State, error)
	Adopt(ctx context.Context, id string) error
	Seed(ctx context.Context, id string, snapshot room.Snapshot) (made bool, err error)
	Append(ctx context.Context, id string, e room.Entry, again bool) (room.Position, error)
	Compact(ctx context.Context, id string, covered room.Position, snapshot room.Snapshot) error
	View(ctx context.Context, id string, head room.Position, text string) (bool, error)
	Join(ctx context.Context, id string, p room.Person, c room.Capacity) (color string, err error)
	SayPresence(ctx context.Context, id string, p room.Presence) error
	TTLSeconds() int
	Ping(ctx context.Context) error
}
