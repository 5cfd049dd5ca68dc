// Package config reads the settings of a process from its environment. The
// names and their defaults are the same in every part of Tutti; each part puts
// together the blocks that it needs:
//
//	var settings struct {
//		config.HTTP
//		config.Redis
//	}
//	err := config.Load(&settings)
//
// A bad value is an *Error, which names the variable in one line.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// HTTP is what every server needs.
type HTTP struct {
	Port           Port     `envconfig:"PORT" default:"8000"`
	CORSOrigins    Origins  `envconfig:"CORS_ORIGINS" default:"http://localhost:3000"`
	TrustedProxies HopCount `envconfig:"TRUSTED_PROXIES" default:"0"`
	LogLevel       LogLevel `envconfig:"LOG_LEVEL" default:"info"`
}

// Redis says where the shared state is.
type Redis struct {
	URL RedisURL `envconfig:"REDIS_URL" default:"redis://localhost:6379"`
}

// Rooms is what both those who make rooms and those who hold them must agree on.
type Rooms struct {
	TTLSeconds   TTLSeconds `envconfig:"ROOM_TTL_SECONDS" default:"7200"`
	MaxTextBytes TextBytes  `envconfig:"MAX_TEXT_BYTES" default:"524288"`

	// TextName is the root type of a room's Yjs document that is its text.
	TextName TextName `envconfig:"ROOM_TEXT_NAME" default:"code"`

	// MissRate is how many ids a second one address may try that no room has.
	// At 3, finding one of 1,000 rooms by guessing six digits takes an hour and a half.
	MissRate Rate `envconfig:"MISS_RATE" default:"3"`
}

// TTL is how long a room lives after the last activity in it.
func (r Rooms) TTL() time.Duration { return time.Duration(r.TTLSeconds) * time.Second }

// Links says how people reach a room.
type Links struct {
	BaseURL        BaseURL        `envconfig:"BASE_URL" default:"http://localhost:3000"`
	WSBaseURL      WSBaseURL      `envconfig:"WS_BASE_URL" default:"ws://localhost:8000"`
	RoomCodeLength RoomCodeLength `envconfig:"ROOM_CODE_LENGTH" default:"6"`
}

// An Error names the variable whose value cannot be used.
type Error struct {
	Variable string
	Reason   error
}

func (e *Error) Error() string { return e.Variable + ": " + e.Reason.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Reason }

// Load fills settings, a pointer to a struct of blocks, from the environment.
func Load(settings any) error {
	err := envconfig.Process("", settings)
	if bad, ok := errors.AsType[*envconfig.ParseError](err); ok {
		return &Error{Variable: bad.KeyName, Reason: bad.Err}
	}
	if err != nil {
		return fmt.Errorf("reading the environment: %w", err)
	}
	return nil
}

// Names lists the variables that settings reads, with their defaults, in the
// order of the struct.
func Names(settings any) []Variable {
	var names []Variable
	t := reflect.TypeOf(settings)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for _, field := range reflect.VisibleFields(t) {
		if name := field.Tag.Get("envconfig"); name != "" {
			names = append(names, Variable{Name: name, Default: field.Tag.Get("default")})
		}
	}
	return names
}

// A Variable is one setting and its default.
type Variable struct{ Name, Default string }

// LogLevel is debug, info, warn or error.
type LogLevel slog.Level

// Decode reads a level by its name.
func (l *LogLevel) Decode(value string) error {
	switch strings.ToLower(value) {
	case "debug":
		*l = LogLevel(slog.LevelDebug)
	case "info":
		*l = LogLevel(slog.LevelInfo)
	case "warn", "warning":
		*l = LogLevel(slog.LevelWarn)
	case "error":
		*l = LogLevel(slog.LevelError)
	default:
		return fmt.Errorf("%q is none of debug, info, warn, error", value)
	}
	return nil
}

// Level makes a LogLevel a slog.Leveler.
func (l LogLevel) Level() slog.Level { return slog.Level(l) }
