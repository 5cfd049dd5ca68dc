package httpserve

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHealth_IsToTheLetterWhatClientsKnow(t *testing.T) {
	tests := []struct {
		name   string
		answer any
		status int
		body   string
	}{
		{"alive", Alive(), 200, `{"status":"ok","service":"collaborative-code-editor","version":"` + Version + `"}`},
		{"ready", Ready(true, map[string]string{"redis": "ok"}), 200, `{"status":"ready","checks":{"redis":"ok"}}`},
		{"unready", Ready(false, map[string]string{"redis": "away", "a": "ok"}), 503, `{"status":"unready","checks":{"a":"ok","redis":"away"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			status := http.StatusOK
			if readiness, ok := test.answer.(Readiness); ok {
				status = readiness.StatusCode()
			}
			WriteJSON(recorder, status, test.answer)
			if recorder.Code != test.status || recorder.Body.String() != test.body+"\n" {
				t.Errorf("status %d, body %s", recorder.Code, recorder.Body)
			}
			header := recorder.Header()
			if header.Get("Content-Type") != "application/json" || header.Get("Cache-Control") != "no-store" {
				t.Errorf("header %v", header)
			}
		})
	}
}
