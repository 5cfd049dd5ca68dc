package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tutti-live/tutti/infra/pause"
)

const (
	// startLimit is how long a service may need that has to start first: a network
	// of its own may come up a minute after it.
	startLimit = 60 * time.Second

	// retryEvery is how long to wait between attempts.
	retryEvery = time.Second

	// answerLimit is how long one answer may take.
	answerLimit = 15 * time.Second

	// maxAnswerBytes is far more than any answer has.
	maxAnswerBytes = 1 << 20
)

// site is a deployed Tutti, and the room that was made there.
type site struct {
	url  string
	room struct {
		ID     string `json:"room_id"`
		WSURL  string `json:"ws_url"`
		YjsURL string `json:"yjs_url"`
	}
}

// persist tries until it works, or for as long as patience lasts.
func persist(ctx context.Context, patience time.Duration, try func(context.Context) error) error {
	until := time.Now().Add(patience)
	for {
		attempt, cancel := context.WithTimeoutCause(ctx, answerLimit, fmt.Errorf("no answer within %v", answerLimit))
		err := try(attempt)
		cancel()
		if err == nil || time.Now().After(until) || pause.For(ctx, retryEvery) != nil {
			return err
		}
	}
}

// call makes a request and reads its JSON answer, which must have this status.
func (s *site) call(ctx context.Context, method, path, body string, want int, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // what is of interest has been read
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return err
	}
	if response.StatusCode != want {
		return fmt.Errorf("status %d, not %d: %.200s", response.StatusCode, want, data)
	}
	if err := json.Unmarshal(data, answer); err != nil {
		return fmt.Errorf("%w: %.200s", err, data)
	}
	return nil
}

func (s *site) health(ctx context.Context) error {
	var answer struct{ Status string }
	err := s.call(ctx, http.MethodGet, "/health", "", http.StatusOK, &answer)
	if err == nil && answer.Status != "ok" {
		err = fmt.Errorf("it says %q", answer.Status)
	}
	return err
}

func (s *site) ready(ctx context.Context) error {
	var answer struct{ Checks map[string]string }
	err := s.call(ctx, http.MethodGet, "/readyz", "", http.StatusOK, &answer)
	if err == nil && answer.Checks["redis"] != "ok" {
		err = fmt.Errorf("redis: %q", answer.Checks["redis"])
	}
	return err
}

// firstText is what the room begins with.
const firstText = "package main\n"

func (s *site) create(ctx context.Context) error {
	body, err := json.Marshal(map[string]string{"language": "go", "code": firstText})
	if err != nil {
		return err
	}
	return s.call(ctx, http.MethodPost, "/rooms", string(body), http.StatusCreated, &s.room)
}

func (s *site) exists(ctx context.Context) error {
	var answer struct{ Exists bool }
	err := s.call(ctx, http.MethodGet, "/rooms/"+s.room.ID+"/exists", "", http.StatusOK, &answer)
	if err == nil && !answer.Exists {
		err = fmt.Errorf("there is no room %s", s.room.ID)
	}
	return err
}

func (s *site) autocomplete(ctx context.Context) error {
	var answer struct{ Suggestion string }
	err := s.call(ctx, http.MethodPost, "/rooms/autocomplete", `{"code":"for ","cursor_position":4}`, http.StatusOK, &answer)
	if err == nil && answer.Suggestion == "" {
		err = errors.New("no suggestion")
	}
	return err
}
