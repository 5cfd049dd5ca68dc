package endpoint

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Limits of connections.
const (
	dialTime       = 2 * time.Second  // more than any budget is of use
	idleTime       = 90 * time.Second // between two people typing
	maxHeaderBytes = 32 << 10
)

// ErrPublic says that an address is not one to which texts may go unencrypted.
var ErrPublic = errors.New("http is for loopback and private addresses only; use https")

// NewTransport makes a transport for a base URL. It heeds no proxy of the
// environment, only that which is given, or none. Without TLS it connects to loopback
// and private addresses only, whatever a name stands for today.
func NewTransport(base, proxy *url.URL, connections int) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTime}
	if base.Scheme == "http" {
		dialer.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return checkPrivate(address)
		}
	}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    dialTime,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true, // so that the bytes that are counted are those that are read
	}
	if proxy != nil {
		transport.Proxy = http.ProxyURL(proxy)
	}
	return transport
}

func checkPrivate(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrPublic
	}
	if ip := at.Addr().Unmap(); !ip.IsLoopback() && !ip.IsPrivate() {
		return ErrPublic
	}
	return nil
}
