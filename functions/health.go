package functions

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tutti-live/tutti/shared/httpserve"
)

type healthAnswer struct{ Body httpserve.Health }

type readyAnswer struct {
	Status int
	Body   httpserve.Readiness
}

// registerHealth adds GET /health and GET /readyz.
func (a *API) registerHealth(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "health",
		Method:      http.MethodGet,
		Path:        "/health",
		Summary:     "Is the process alive?",
		Tags:        []string{"health"},
	}, func(context.Context, *struct{}) (*healthAnswer, error) {
		return &healthAnswer{Body: httpserve.Alive()}, nil
	})
	readiness := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[httpserve.Readiness](), true, "")
	huma.Register(api, huma.Operation{
		OperationID: "readyz",
		Method:      http.MethodGet,
		Path:        "/readyz",
		Summary:     "Should this instance be sent requests?",
		Description: "200 when everything it depends on answers, else 503.",
		Tags:        []string{"health"},
		Responses: map[string]*huma.Response{"503": {
			Description: "It should not",
			Content:     map[string]*huma.MediaType{"application/json": {Schema: readiness}},
		}},
	}, func(ctx context.Context, _ *struct{}) (*readyAnswer, error) {
		redis := "ok"
		err := a.store.Ping(ctx)
		if err != nil {
			redis = "does not answer"
		}
		answer := httpserve.Ready(err == nil, map[string]string{"redis": redis})
		return &readyAnswer{Status: answer.StatusCode(), Body: answer}, nil
	})
}
