package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
)

// crashRedis kills Redis, which forgets everything.
func crashRedis(ctx context.Context, w *world, round int) error {
	length := w.length(round, time.Second, 10*time.Second)
	w.primary.kill()
	w.note("Redis is killed for %v", length)
	if err := pause.For(ctx, length); err != nil {
		return err
	}
	return w.primary.restart(ctx)
}

// restoreOld kills Redis, which comes back with what it had a while ago. While
// it loads that, it answers LOADING.
func restoreOld(ctx context.Context, w *world, round int) error {
	if err := w.primary.admin.Save(ctx).Err(); err != nil {
		return err
	}
	if err := pause.For(ctx, w.length(round, time.Second, 5*time.Second)); err != nil {
		return err
	}
	before, err := lastEntry(ctx, w.primary, w)
	if err != nil {
		return err
	}
	w.primary.kill()
	w.note("Redis is killed, its log ended at %s", before)
	if err := w.primary.restart(ctx, slowLoading...); err != nil {
		return err
	}
	w.note("Redis is back")
	return errors.Join(w.primary.forgetSaved(), pause.For(ctx, w.aWhile()))
}

// slowLoading makes a server take a third of a second for each key that it
// loads, and answer meanwhile.
var slowLoading = []string{"--key-load-delay", "300000", "--loading-process-events-interval-bytes", "1024"}

// flush makes Redis forget everything, a few times.
func flush(ctx context.Context, w *world, _ int) error {
	for range 3 {
		if err := w.primary.admin.FlushAll(ctx).Err(); err != nil {
			return err
		}
		if err := pause.For(ctx, w.aWhile()); err != nil {
			return err
		}
	}
	return nil
}

// flushIdle makes Redis forget everything while nobody types, so that relays
// notice only when they next look.
func flushIdle(ctx context.Context, w *world, _ int) error {
	if err := w.quiet(ctx); err != nil {
		return err
	}
	if err := until(ctx, promised, func() string { _, what := w.difference(ctx); return what }); err != nil {
		return fmt.Errorf("before the fault: %w", err)
	}
	if err := w.primary.admin.FlushAll(ctx).Err(); err != nil {
		return err
	}
	return until(ctx, promisedIfUnsaid, func() string {
		if n, err := w.primary.admin.XLen(ctx, w.key("log")).Result(); err != nil || n == 0 {
			return fmt.Sprintf("the room is back: %d entries, %v", n, err)
		}
		return ""
	})
}

// deleteEachKey deletes the keys of the room, one after the other.
func deleteEachKey(ctx context.Context, w *world, _ int) error {
	for _, i := range w.random.Perm(len(keyNames)) {
		name := keyNames[i]
		w.note("%s is deleted", name)
		if err := w.primary.admin.Del(ctx, w.key(name)).Err(); err != nil {
			return err
		}
		if err := pause.For(ctx, w.form.resume); err != nil {
			return err
		}
	}
	return nil
}

// deleteLogAndRelay deletes the log while nobody types, and one relay with it.
// The one that comes in its place finds only the text, while others still hold
// the document: the two must not add up.
func deleteLogAndRelay(ctx context.Context, w *world, _ int) error {
	if err := w.quiet(ctx); err != nil {
		return err
	}
	if err := until(ctx, promised, func() string { _, what := w.difference(ctx); return what }); err != nil {
		return fmt.Errorf("before the fault: %w", err)
	}
	place := w.anyPlace()
	place.empty().Kill()
	if err := w.primary.admin.Del(ctx, w.key("log")).Err(); err != nil {
		return err
	}
	w.note("the log is deleted")
	return place.start(ctx)
}

// stall stops Redis in the midst of what it does. People on one relay must go
// on seeing each other's edits.
func stall(ctx context.Context, w *world, round int) error {
	length := w.length(round, time.Second, 5*time.Second)
	pair, err := w.newPair(ctx, w.anyPlace())
	if err != nil {
		return err
	}
	defer pair.part()
	before, err := pair.latency(ctx, length)
	if err != nil {
		return fmt.Errorf("before the stall: %w", err)
	}
	w.primary.freeze()
	defer w.primary.thaw()
	during, err := pair.latency(ctx, length)
	if err != nil {
		return fmt.Errorf("during the stall: %w", err)
	}
	w.note("Redis stalled for %v; from one to the other on %s: at most %v before, %v during", length, pair.a.relay.Name, before, during)
	if during > max(3*before, slowLocally) {
		return fmt.Errorf("people on %s saw each other's edits after %v, %v before the stall", pair.a.relay.Name, during, before)
	}
	return nil
}

// slowLocally is more than it may take, on a busy machine, until people on one
// relay see each other's edits.
const slowLocally = 500 * time.Millisecond

// expireAll makes all keys of the room expire, as a jump of the clock does.
func expireAll(ctx context.Context, w *world, _ int) error {
	for range 3 {
		for _, name := range keyNames {
			if err := w.primary.admin.PExpireAt(ctx, w.key(name), time.Unix(1, 0)).Err(); err != nil {
				return err
			}
		}
		if err := pause.For(ctx, w.aWhile()); err != nil {
			return err
		}
	}
	return nil
}

// expireSoon leaves all keys of the room little time, which activity must renew
// (see ttlFloor).
func expireSoon(ctx context.Context, w *world, _ int) error {
	for _, name := range keyNames {
		if err := w.primary.admin.Expire(ctx, w.key(name), time.Minute).Err(); err != nil {
			return err
		}
	}
	return pause.For(ctx, w.form.resume)
}

// fillMemory makes Redis believe that its memory is used up. When it evicts,
// everything goes, because that will not be enough.
func fillMemory(policy string) func(ctx context.Context, w *world, round int) error {
	return func(ctx context.Context, w *world, round int) error {
		admin := w.primary.admin
		length := w.length(round, 2*time.Second, 10*time.Second)
		err := errors.Join(
			admin.ConfigSet(ctx, "maxmemory-policy", policy).Err(),
			admin.ConfigSet(ctx, "maxmemory", "1").Err(),
		)
		if err != nil {
			return err
		}
		err = pause.For(ctx, length)
		keys, dbErr := admin.DBSize(ctx).Result()
		w.note("out of memory for %v, with %s: %d keys are left", length, policy, keys)
		if policy != "noeviction" && keys > 0 {
			dbErr = errors.Join(dbErr, errors.New("nothing was evicted: the fault was not there"))
		}
		return errors.Join(err, dbErr, admin.ConfigSet(ctx, "maxmemory", "0").Err())
	}
}
