package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/shared/config"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(int) { http.DefaultClient.CloseIdleConnections() }))
}

// start serves a stack, with something in front of it.
func start(t *testing.T, front func(http.Handler) http.Handler) (url string) {
	t.Helper()
	settings, err := devstack.LoadSettings()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	settings.Functions.WSBaseURL = config.WSBaseURL("ws://" + server.Listener.Addr().String())
	stack, err := devstack.Start(settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := stack.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = front(handler)
	server.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stack.Drain(ctx)
		http.DefaultClient.CloseIdleConnections()
		server.Close()
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}

func TestSmoke_WorkingStackPasses(t *testing.T) {
	url := start(t, func(h http.Handler) http.Handler { return h })
	var report strings.Builder
	if err := smoke(t.Context(), url, &report); err != nil {
		t.Errorf("%v\n%s", err, &report)
	}
	if got := strings.Count(report.String(), "ok "); got != 9 {
		t.Errorf("%d of 9 steps are ok:\n%s", got, &report)
	}
}

// TestSmoke_ABalancerThatForgetsAPathIsFound takes away one path at a time.
func TestSmoke_ABalancerThatForgetsAPathIsFound(t *testing.T) {
	for path, step := range map[string]string{
		"/rooms/autocomplete": "autocomplete",
		"/yjs/":               "y-websocket on /yjs sees it too",
		"/hocuspocus":         "hocuspocus denies what is no room",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			url := start(t, func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasPrefix(r.URL.Path, path) {
						http.NotFound(w, r)
						return
					}
					h.ServeHTTP(w, r)
				})
			})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			var report strings.Builder
			err := smoke(ctx, url, &report)
			if err == nil || !strings.Contains(report.String(), "  "+step+": ") || !strings.Contains(report.String(), "FAIL") {
				t.Errorf("smoke = %v with the report\n%s", err, &report)
			}
			if !strings.Contains(report.String(), "two people on /ws see one text\n") {
				t.Errorf("two people do not see one text:\n%s", &report)
			}
		})
	}
}
