package httpserve

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tutti-live/tutti/shared/apierr"
)

// RequestIDHeader names a request in answers and logs. A sane id of the
// caller's is kept.
const RequestIDHeader = "X-Request-Id"

type requestKey struct{}

// requestInfo is what the context of a request knows of it.
type requestInfo struct {
	id, trace string
	client    netip.Addr
}

// Observe wraps a handler: every request gets an id, a line in the log, its
// client's address behind so many trusted proxies of ours (see ClientOf), and
// the security headers; a panic becomes an internal error that is logged with
// its stack. The log names the route, never the path: room ids are secrets.
func Observe(log *slog.Logger, trustedProxies int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		info := requestInfo{
			id:     requestID(r),
			trace:  traceOf(r.Header.Get("Traceparent"), r.Header.Get("X-Cloud-Trace-Context")),
			client: clientAddr(r, trustedProxies),
		}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, info))
		header := w.Header()
		header.Set(RequestIDHeader, info.id)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer") // room ids stand in URLs
		rec := &recorder{ResponseWriter: w}
		defer logRequest(log, r, rec, start)
		defer recoverPanic(log, r, rec)
		next.ServeHTTP(rec, r)
		if rec.status == 0 { // the server sends it when the handler does not
			rec.status = http.StatusOK
		}
	})
}

func requestID(r *http.Request) string {
	const maxLength = 64
	id := r.Header.Get(RequestIDHeader)
	sane := func(c rune) bool {
		return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	if id == "" || len(id) > maxLength || strings.TrimFunc(id, sane) != "" {
		return rand.Text()
	}
	return id
}

func recoverPanic(log *slog.Logger, r *http.Request, rec *recorder) {
	value := recover()
	if value == nil {
		return
	}
	if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(value)
	}
	log.ErrorContext(r.Context(), "panic", slog.String("panic", fmt.Sprint(value)), slog.String("stack", string(debug.Stack())))
	if rec.status != 0 { // too late to say anything: end the connection instead of half an answer
		panic(http.ErrAbortHandler)
	}
	apierr.Write(rec, apierr.New(apierr.Internal, "internal error"))
}

func logRequest(log *slog.Logger, r *http.Request, rec *recorder, start time.Time) {
	level := slog.LevelInfo
	if rec.status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	log.LogAttrs(r.Context(), level, "request",
		slog.Group("httpRequest",
			slog.String("requestMethod", r.Method),
			slog.String("route", r.Pattern),
			slog.Int("status", rec.status),
			slog.Int64("responseSize", rec.size),
			slog.String("latency", fmt.Sprintf("%.6fs", time.Since(start).Seconds())),
		))
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int // 0: nothing yet
	size   int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.size += int64(n)
	return n, err
}

// Hijack hands the connection to a WebSocket.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Unwrap lets http.ResponseController reach the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
