package httpserve

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// clientAddr returns the address of the client behind trusted proxies of ours:
// the trusted-th entry from the right of X-Forwarded-For, because everything
// further left can be written by the client. With trusted 0, or without such
// an entry, it is the peer's own address. An IPv6 address is cut to its /64,
// which is one household.
func clientAddr(r *http.Request, trusted int) netip.Addr {
	addr := parseAddr(r.RemoteAddr)
	if trusted > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if i := len(hops) - trusted; i >= 0 {
			if hop := parseAddr(strings.TrimSpace(hops[i])); hop.IsValid() {
				addr = hop
			}
		}
	}
	addr = addr.Unmap()
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil { // which has no zone
			addr = prefix.Addr()
		}
	}
	return addr
}

func parseAddr(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr()
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]") // some proxies write IPv6 like this, without a port
	addr, _ := netip.ParseAddr(s)                           // the zero Addr is a client like any other
	return addr
}

// ClientOf returns the address of the client of the context's request, or the
// zero Addr outside of Observe.
func ClientOf(ctx context.Context) netip.Addr {
	info, _ := ctx.Value(requestKey{}).(requestInfo)
	return info.client
}

// maxClients bounds what a Limiter remembers: about 200 bytes each. Who is
// forgotten starts with a full bucket.
const maxClients = 10_000

// A Limiter gives each client address a token bucket.
type Limiter struct {
	limit   rate.Limit
	burst   int
	buckets *lru.Cache[netip.Addr, *rate.Limiter]
}

// MissBurstSeconds is for how long a client saves up for ids that no room has:
// a page of old links may be tried at once.
const MissBurstSeconds = 100

// NewLimiter allows each client burst events at once and perSecond in the long run.
func NewLimiter(perSecond float64, burst int) *Limiter {
	buckets, err := lru.New[netip.Addr, *rate.Limiter](maxClients)
	if err != nil { // only for a size that is not positive
		panic(err)
	}
	return &Limiter{limit: rate.Limit(perSecond), burst: burst, buckets: buckets}
}

// Allow takes a token of the client's. Without one it returns how long the
// client should wait.
func (l *Limiter) Allow(client netip.Addr) (retry time.Duration, ok bool) {
	bucket := l.bucket(client)
	if bucket.Allow() {
		return 0, true
	}
	return max(l.wait(bucket), 1), false // 1: one may just have come
}

// Check is like Allow, but leaves the token where it is.
func (l *Limiter) Check(client netip.Addr) (retry time.Duration, ok bool) {
	if retry = l.wait(l.bucket(client)); retry > 0 {
		return retry, false
	}
	return 0, true
}

// Charge takes a token even when there is none: then the client owes it. It is
// for what is known to cost something only after Check has let it pass, maybe
// many times at once.
func (l *Limiter) Charge(client netip.Addr) { l.bucket(client).Reserve() }

// wait is how long it takes until there is a token, rounded as Allow does.
func (l *Limiter) wait(bucket *rate.Limiter) time.Duration {
	missing := 1 - bucket.Tokens()
	return time.Duration(missing / float64(l.limit) * float64(time.Second))
}

func (l *Limiter) bucket(client netip.Addr) *rate.Limiter {
	if bucket, ok := l.buckets.Get(client); ok {
		return bucket
	}
	bucket := rate.NewLimiter(l.limit, l.burst)
	if earlier, raced, _ := l.buckets.PeekOrAdd(client, bucket); raced {
		return earlier
	}
	return bucket
}
