package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Port is a TCP port. 0 lets the system choose one.
type Port int

// Decode reads a port number.
func (p *Port) Decode(value string) error { return DecodeNumber(p, value, 0, 65535) }

// HopCount is how many proxies in front of the process are ours. The address
// of a client is then that many entries from the right of X-Forwarded-For,
// where the outermost of our proxies wrote it; 0 takes the peer's own address.
type HopCount int

// Decode reads a number of hops.
func (n *HopCount) Decode(value string) error { return DecodeNumber(n, value, 0, 10) }

// TTLSeconds is the life of an idle room: from 1 second to 30 days, so that a
// forgotten room is gone some day.
type TTLSeconds int

// Decode reads a number of seconds.
func (n *TTLSeconds) Decode(value string) error { return DecodeNumber(n, value, 1, 30*24*60*60) }

// TextBytes is the longest text of a room in bytes of UTF-8, up to 4 MiB: each
// change of it travels whole to clients of the JSON protocol.
type TextBytes int

// Decode reads a number of bytes.
func (n *TextBytes) Decode(value string) error { return DecodeNumber(n, value, 1, 4<<20) }

// TextName is the name of a root type: 1 to 64 letters, digits, or any of ._-
type TextName string

var textNames = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Decode implements envconfig.Decoder.
func (n *TextName) Decode(value string) error {
	if !textNames.MatchString(value) {
		return fmt.Errorf("%q is not 1 to 64 letters, digits, or any of ._-", value)
	}
	*n = TextName(value)
	return nil
}

// RoomCodeLength is the length of a new room's id in hex digits. Six are easy
// to read out and easy to guess; 32 are 128 bits.
type RoomCodeLength int

// Decode reads a length.
func (n *RoomCodeLength) Decode(value string) error { return DecodeNumber(n, value, 6, 32) }

// Count is a limit on how many of something there may be; at least 1.
type Count int

// Decode reads a count.
func (n *Count) Decode(value string) error { return DecodeNumber(n, value, 1, 1<<30) }

// Rate is a number of events per second, 0.001 or more.
type Rate float64

// Decode reads a rate.
func (r *Rate) Decode(value string) error {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f < 0.001 || f > 1e9 {
		return fmt.Errorf("%q is not a number of events per second, 0.001 or more", value)
	}
	*r = Rate(f)
	return nil
}

// Burst is how many of the events may come at once when a client has saved up
// for so many seconds; at least 1.
func (r Rate) Burst(seconds float64) int { return max(1, int(float64(r)*seconds)) }

// DecodeNumber reads a whole number from low to high.
func DecodeNumber[N ~int](n *N, value string, low, high int) error {
	i, err := strconv.Atoi(value)
	if err != nil || i < low || i > high {
		return fmt.Errorf("%q is not a whole number from %d to %d", value, low, high)
	}
	*n = N(i)
	return nil
}

// Origins are the web origins that may call us from a browser, exactly as a
// browser sends them: scheme://host or scheme://host:port, in lower case.
type Origins []string

// Decode reads a comma-separated list. A wildcard is refused: answers may be
// read with credentials, so every origin must be named.
func (o *Origins) Decode(value string) error {
	var origins Origins
	for entry := range strings.SplitSeq(value, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if err := checkOrigin(entry); err != nil {
			return err
		}
		origins = append(origins, entry)
	}
	*o = origins
	return nil
}

func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	switch {
	case strings.Contains(origin, "*"):
		return fmt.Errorf("%q: a wildcard is not allowed, name each origin", origin)
	case err != nil || u.Scheme == "" || u.Host == "":
		return fmt.Errorf("%q is not an origin like https://editor.example", origin)
	case u.Scheme+"://"+u.Host != origin || strings.ToLower(origin) != origin:
		return fmt.Errorf("%q is not an origin: lower case, no path, no slash at the end", origin)
	}
	return nil
}

// BaseURL is where people find the frontend: http or https, without a slash at the end.
type BaseURL string

// Decode reads a URL and takes a slash off its end.
func (b *BaseURL) Decode(value string) error {
	base, err := decodeBase(value, "http", "https")
	*b = BaseURL(base)
	return err
}

// WSBaseURL is where clients reach the relay: ws or wss, without a slash at the end.
type WSBaseURL string

// Decode reads a URL and takes a slash off its end.
func (b *WSBaseURL) Decode(value string) error {
	base, err := decodeBase(value, "ws", "wss")
	*b = WSBaseURL(base)
	return err
}

func decodeBase(value string, schemes ...string) (string, error) {
	wanted := fmt.Errorf("%q is not a URL like %s://host", value, schemes[len(schemes)-1])
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", wanted
	}
	if !slices.Contains(schemes, u.Scheme) {
		return "", wanted
	}
	return strings.TrimRight(value, "/"), nil
}

// Allows reports whether a browser's Origin header is one of these, to the letter.
func (o Origins) Allows(origin string) bool { return slices.Contains(o, origin) }

// Interval is a duration like "10s", from a millisecond to an hour.
type Interval time.Duration

// Decode reads a duration.
func (i *Interval) Decode(value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Millisecond || d > time.Hour {
		return fmt.Errorf("%q is not a duration like 10s, from 1ms to 1h", value)
	}
	*i = Interval(d)
	return nil
}

// Duration returns i as a time.Duration.
func (i Interval) Duration() time.Duration { return time.Duration(i) }

// String writes i as it is read.
func (i Interval) String() string { return i.Duration().String() }
