package wsrelay

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// logPanic, when it is deferred, keeps a bug in one room or connection from
// ending the process, and all others with it: the panic is logged and then is
// called.
func logPanic(log *slog.Logger, then func()) {
	if value := recover(); value != nil {
		log.Error("panic", slog.String("panic", fmt.Sprint(value)), slog.String("stack", string(debug.Stack())))
		then()
	}
}
