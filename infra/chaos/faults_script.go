package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/infra/pause"
	"github.com/tutti-live/tutti/infra/process"
)

// flushScripts makes Redis forget the scripts, again and again.
func flushScripts(ctx context.Context, w *world, round int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, w.length(round, 2*time.Second, 10*time.Second), errFaultOver)
	defer cancel()
	for {
		if err := w.primary.admin.ScriptFlush(ctx).Err(); err != nil && ctx.Err() == nil {
			return err
		}
		if pause.For(ctx, killEvery) != nil {
			return unlessOver(ctx)
		}
	}
}

// endlessScript keeps Redis busy, so that it answers BUSY, and ends that.
func endlessScript(ctx context.Context, w *world, round int) error {
	length := w.length(round, 2*time.Second, 10*time.Second)
	if err := w.primary.admin.ConfigSet(ctx, "busy-reply-threshold", "100").Err(); err != nil {
		return err
	}
	patient := redis.NewClient(&redis.Options{Addr: w.primary.addr, ReadTimeout: length + process.StartLimit, MaxRetries: -1, DisableIdentity: true})
	ended := make(chan error, 1)
	go func() { ended <- patient.Eval(ctx, "while true do end", nil).Err() }()
	err := pause.For(ctx, length)
	killErr := until(ctx, process.StartLimit, func() string {
		if err := w.primary.admin.ScriptKill(ctx).Err(); err != nil {
			return fmt.Sprintf("the script can be killed: %v", err)
		}
		return ""
	})
	closeErr := patient.Close()
	ran := <-ended
	if ran == nil {
		closeErr = errors.Join(closeErr, errors.New("the endless script ended: the fault was not there"))
	}
	w.note("Redis was busy for %v", length)
	return errors.Join(err, killErr, closeErr)
}

// readOnly makes Redis a replica of nobody.
func readOnly(ctx context.Context, w *world, round int) error {
	length := w.length(round, 2*time.Second, 10*time.Second)
	if err := w.primary.admin.ReplicaOf(ctx, "127.0.0.1", "1").Err(); err != nil {
		return err
	}
	w.note("Redis is read-only for %v", length)
	return errors.Join(pause.For(ctx, length), w.primary.promote(ctx))
}

// wrongType puts something into the place of the room's presence that is no
// hash, and takes it away.
func wrongType(ctx context.Context, w *world, round int) error {
	admin := w.primary.admin
	key := w.key([]string{"presence", "seen", "users", "cursors"}[round%4])
	pipe := admin.TxPipeline()
	pipe.Del(ctx, key)
	pipe.Set(ctx, key, "no hash and no set", roomTTL)
	if _, err := pipe.Exec(ctx); err != nil {
		return err
	}
	w.note("%s is a string", key)
	err := pause.For(ctx, w.length(round, 2*time.Second, 12*time.Second))
	return errors.Join(err, admin.Del(ctx, key).Err())
}

var errFaultOver = errors.New("the fault is over")

// unlessOver is the reason why ctx ended, if it is not that the fault is over.
func unlessOver(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, errFaultOver) {
		return err
	}
	return nil
}
