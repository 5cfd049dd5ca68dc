package httpserve

import (
	"context"
	"io"
	"log/slog"
	"strings"
)

// NewLogger returns a logger that writes one JSON object a line, with the
// field names of Cloud Logging. Lines written with a request's context carry
// the request's id and trace.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(requestHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level:       level,
		ReplaceAttr: cloudNames,
	})})
}

// cloudNames gives slog's own fields the names that Cloud Logging reads.
func cloudNames(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.LevelKey:
		severity := a.Value.String()
		if severity == slog.LevelWarn.String() {
			severity = "WARNING"
		}
		return slog.String("severity", severity)
	case slog.MessageKey:
		a.Key = "message"
	}
	return a
}

// requestHandler adds what belongs to the request of the context.
type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, record slog.Record) error {
	if r, ok := ctx.Value(requestKey{}).(requestInfo); ok {
		record.AddAttrs(slog.String("request_id", r.id))
		if r.trace != "" {
			record.AddAttrs(slog.String("logging.googleapis.com/trace", r.trace))
		}
	}
	return h.Handler.Handle(ctx, record)
}

func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
}

// traceOf returns the trace id that a load balancer sent, from W3C traceparent
// (version-trace-span-flags) or X-Cloud-Trace-Context (trace/span;options).
func traceOf(traceparent, cloudTrace string) string {
	if parts := strings.Split(traceparent, "-"); len(parts) == 4 && isHex(parts[1], 32) {
		return parts[1]
	}
	if trace, _, _ := strings.Cut(cloudTrace, "/"); isHex(trace, 32) {
		return trace
	}
	return ""
}

func isHex(s string, length int) bool {
	return len(s) == length && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}
