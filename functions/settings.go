package functions

import (
	"github.com/tutti-live/tutti/functions/autocomplete"
	"github.com/tutti-live/tutti/shared/config"
)

// Settings of the functions, from the environment.
type Settings struct {
	config.HTTP
	config.Redis
	config.Rooms
	config.Links
	autocomplete.Settings

	// CreateRate is how many rooms a second one address may make in the long
	// run. Each takes 5 kB of Redis for its time to live: 70 MB at most.
	CreateRate config.Rate `envconfig:"CREATE_RATE" default:"2"`

	// AutocompleteRate is how many suggestions a second one address may ask
	// for: an office full of people typing.
	AutocompleteRate config.Rate `envconfig:"AUTOCOMPLETE_RATE" default:"100"`

	// AdminPort is where GET /metrics answers, which only the operator must
	// reach; 0: nowhere.
	AdminPort config.Port `envconfig:"ADMIN_PORT" default:"0"`
}

// For how many seconds a client may save up: a class starts all its rooms at
// once, and an editor asks for a suggestion at every pause.
const (
	createBurstSeconds       = 500
	autocompleteBurstSeconds = 100
)
