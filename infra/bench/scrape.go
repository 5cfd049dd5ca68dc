package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// metrics reads some of the relay's metrics, which have no labels, at one moment.
func (r *relay) metrics(ctx context.Context, names ...string) (_ []float64, err error) {
	response, err := r.ask(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	texts := make(map[string]string)
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		texts[name] = text
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("the metrics of %s: %w", r.Name, err)
	}
	values := make([]float64, len(names))
	for i, name := range names {
		if values[i], err = strconv.ParseFloat(texts[name], 64); err != nil {
			return nil, fmt.Errorf("metric %s of %s: %w", name, r.Name, err)
		}
	}
	return values, nil
}

// sums adds up metrics of all relays.
func (w *world) sums(ctx context.Context, names ...string) ([]float64, error) {
	sums := make([]float64, len(names))
	for _, r := range w.relays {
		values, err := r.metrics(ctx, names...)
		if err != nil {
			return nil, err
		}
		for i, value := range values {
			sums[i] += value
		}
	}
	return sums, nil
}

// ask sends a request to the port for operators.
func (r *relay) ask(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.admin+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err == nil && response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s: %s", path, response.Status), response.Body.Close())
	}
	return response, err
}
