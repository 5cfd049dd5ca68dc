package devstack

import (
	"fmt"
	"os"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/wsrelay"
)

// defaultRelays is how many relays share Redis: two, so that what works only
// within one is noticed here and not in the cloud.
const defaultRelays = 2

// Settings of a stack.
type Settings struct {
	Functions functions.Settings
	Relay     wsrelay.Settings

	// RedisURL is the Redis to use; "" starts an embedded one.
	RedisURL config.RedisURL

	// Relays is how many relays share it. Each has its own connections to it,
	// as if it were a process of its own.
	Relays int
}

// LoadSettings reads the environment, with the names and defaults of the
// deployed parts, except that without REDIS_URL there is an embedded Redis and
// that the log has only warnings unless LOG_LEVEL says otherwise.
func LoadSettings() (Settings, error) {
	s := Settings{Relays: defaultRelays}
	if err := config.Load(&s.Functions); err != nil {
		return s, err
	}
	if err := config.Load(&s.Relay); err != nil {
		return s, err
	}
	if err := s.Relay.Check(); err != nil {
		return s, err
	}
	if _, set := os.LookupEnv("REDIS_URL"); set {
		s.RedisURL = s.Functions.URL
	}
	if _, set := os.LookupEnv("LOG_LEVEL"); !set {
		if err := s.Relay.LogLevel.Decode("warn"); err != nil {
			return s, err
		}
	}
	return s, nil
}

// ServedOn makes links point to a port of this machine, where the environment
// does not say otherwise, and allows the pages that are served there.
func (s *Settings) ServedOn(port int) {
	if _, set := os.LookupEnv("BASE_URL"); !set {
		s.Functions.BaseURL = config.BaseURL(fmt.Sprintf("http://localhost:%d", port))
	}
	if _, set := os.LookupEnv("WS_BASE_URL"); !set {
		s.Functions.WSBaseURL = config.WSBaseURL(fmt.Sprintf("ws://localhost:%d", port))
	}
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		own := fmt.Sprintf("http://%s:%d", host, port)
		s.Functions.CORSOrigins = append(s.Functions.CORSOrigins, own)
		s.Relay.CORSOrigins = append(s.Relay.CORSOrigins, own)
	}
}
