package docs

import (
	"net/http"
	"strconv"
	"strings"
)

// acceptsGzip reports whether a request with these headers may be answered
// with gzip: Accept-Encoding names it, or else "*", with a weight above zero.
func acceptsGzip(h http.Header) bool {
	accepted := false
	for coding := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, parameters, _ := strings.Cut(coding, ";")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return weight(parameters) > 0
		case "*":
			accepted = weight(parameters) > 0
		}
	}
	return accepted
}

// weight returns the q of a coding's parameters: 1 if there is none, 0 if it
// is not a number.
func weight(parameters string) float64 {
	name, value, found := strings.Cut(strings.TrimSpace(parameters), "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}
