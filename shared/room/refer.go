package room

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
)

// LogAttr names a room in a log. The id itself is a secret: whoever has it is in.
func LogAttr(id string) slog.Attr {
	sum := sha256.Sum256([]byte(id))
	return slog.String("room", hex.EncodeToString(sum[:4]))
}
