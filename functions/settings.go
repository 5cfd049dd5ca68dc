package functions

import "github.com/tutti-live/tutti/shared/config"

// Settings of the functions, from the environment.
type Settings struct {
	config.HTTP
	config.Redis
	config.Rooms
	config.Links

	// CreateRate is how many rooms a second one address may make in the long
	// run. Each costs Redis about 600 bytes for its time to live.
	CreateRate config.Rate `envconfig:"CREATE_RATE" default:"10"`

	// AutocompleteRate is how many suggestions a second one address may ask
	// for: an office full of people typing.
	AutocompleteRate config.Rate `envconfig:"AUTOCOMPLETE_RATE" default:"50"`

	// MissRate is how many ids a second one address may try that no room has.
	// At 3, finding one of 1,000 rooms by guessing six digits takes an hour and a half.
	MissRate config.Rate `envconfig:"MISS_RATE" default:"3"`
}

// burstSeconds is for how many seconds at their rate a client may save up.
const burstSeconds = 100
