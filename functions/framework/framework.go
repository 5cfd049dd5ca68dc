// Package framework registers the functions with the Functions Framework by name, for
// those who deploy them as source (GOOGLE_FUNCTION_SOURCE=framework). Under
// FUNCTION_TARGET the framework sends a function every request, so each is
// registered behind its own mux.
//
// The framework's own server has no timeouts and no graceful stop, and what it brings
// along makes a program twice as large: what we deploy is cmd/functions, without it.
package framework

import (
	"fmt"
	"net/http"
	"os"
	"sync"

	ff "github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"github.com/tutti-live/tutti/functions"
	"github.com/tutti-live/tutti/shared/config"
	"github.com/tutti-live/tutti/shared/httpserve"
	"github.com/tutti-live/tutti/shared/room"
)

// api is made of the environment when the first request comes, because the framework
// gives no earlier chance to say that a setting is wrong.
var api = sync.OnceValue(func() *functions.API {
	var settings functions.Settings
	if err := config.Load(&settings); err != nil {
		exit(err)
	}
	store, err := room.Open(settings.URL, settings.Rooms, room.Options{CodeLength: int(settings.RoomCodeLength)})
	if err != nil {
		exit(err)
	}
	api, err := functions.New(store, settings, httpserve.NewLogger(os.Stderr, settings.LogLevel))
	if err != nil {
		exit(err)
	}
	return api
})

func exit(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func init() {
	for _, name := range functions.Targets() {
		handler := sync.OnceValue(func() http.Handler {
			h, err := api().Handler(name)
			if err != nil {
				exit(err)
			}
			return h
		})
		ff.HTTP(name, func(w http.ResponseWriter, r *http.Request) { handler().ServeHTTP(w, r) })
	}
}
