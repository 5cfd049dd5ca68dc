package chaos

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/infra/pause"
)

// hugePayload is more than any entry of ours has.
const hugePayload = 5 << 20

// poison puts entries into the live log that no relay wrote.
func poison(ctx context.Context, w *world, _ int) error {
	admin := w.primary.admin
	last, err := admin.XRevRangeN(ctx, w.key("log"), "+", "-", 1).Result()
	if err != nil || len(last) == 0 {
		return fmt.Errorf("the log has no end: %w", err)
	}
	genuine, _ := last[0].Values["d"].(string)
	for what, fields := range w.poisons(genuine) {
		head, err := admin.XRevRangeN(ctx, w.key("log"), "+", "-", 1).Result()
		if err != nil || len(head) == 0 {
			return fmt.Errorf("the log has no end: %w", err)
		}
		epoch, _, _ := strings.Cut(head[0].ID, "-")
		id, err := admin.XAdd(ctx, &redis.XAddArgs{Stream: w.key("log"), ID: epoch + "-*", Values: fields}).Result()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		w.note("%s at %s", what, id)
		if err := pause.For(ctx, slowest); err != nil {
			return err
		}
	}
	return pause.For(ctx, w.form.resume)
}

// poisons are entries that cannot be read, as their fields.
func (w *world) poisons(genuine string) map[string][]any {
	var random []byte
	for range 25 {
		random = binary.LittleEndian.AppendUint64(random, w.random.Uint64())
	}
	nonce := fmt.Sprintf("%016x", w.random.Uint64())
	return map[string][]any{
		"an update of random bytes":       {"k", "u", "n", nonce, "d", random},
		"half an update":                  {"k", "u", "n", nonce, "d", genuine[:len(genuine)/2]},
		"an update of nothing":            {"k", "u", "n", nonce, "d", ""},
		"a huge update":                   {"k", "u", "n", nonce, "d", bytes.Repeat([]byte{0xff}, hugePayload)},
		"a snapshot of random bytes":      {"k", "s", "n", nonce, "d", random},
		"metadata of random bytes":        {"k", "m", "n", nonce, "d", random},
		"an entry of an unknown kind":     {"k", "zz", "n", nonce, "d", random},
		"an entry without a kind":         {"n", nonce, "d", random},
		"an entry with no fields we know": {"x", "y"},
	}
}
