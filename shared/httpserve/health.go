package httpserve

import (
	"encoding/json"
	"net/http"
)

// ServiceName is what /health has always called this service.
const ServiceName = "collaborative-code-editor"

// Health is the answer to GET /health: the process lives. Asking it costs
// nothing and it never asks anyone else, so that a fault of Redis does not
// make a platform restart every instance.
type Health struct {
	Status  string `json:"status" example:"ok"`
	Service string `json:"service" example:"collaborative-code-editor"`
	Version string `json:"version" example:"1.0.0"`
}

// Alive returns the answer of a process that lives.
func Alive() Health { return Health{Status: "ok", Service: ServiceName, Version: Version} }

// Readiness is the answer to GET /readyz: whether this instance should be sent
// requests, and the state of each thing that it depends on.
type Readiness struct {
	Status string            `json:"status" enum:"ready,unready"`
	Checks map[string]string `json:"checks" doc:"\"ok\", or what is wrong, for each dependency"`
}

// Ready makes a Readiness of checks, "ok" or what is wrong by name.
func Ready(ready bool, checks map[string]string) Readiness {
	status := "ready"
	if !ready {
		status = "unready"
	}
	return Readiness{Status: status, Checks: checks}
}

// StatusCode is 200 for an instance that is ready, else 503.
func (r Readiness) StatusCode() int {
	if r.Status == "ready" {
		return http.StatusOK
	}
	return http.StatusServiceUnavailable
}

// WriteJSON answers with v as JSON that nobody keeps.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // our own types: this cannot be
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client has gone: nobody is left to tell
}
