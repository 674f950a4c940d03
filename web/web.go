// Package web owns what is shown to people and programs on this machine: one
// page, a JSON API and metrics for Prometheus. It only reads, through the
// interface [Source], and nothing waits for it.
//
//	GET /               the page: problems first
//	GET /api/v1/probes  the same as JSON
//	GET /metrics        for Prometheus
//	GET /healthz        200 while the process answers
//	GET /readyz         200 while probes are started and the journal takes what they measure
package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"prober/verdict"
)

// Source is what there is to show.
type Source interface {
	// Prober is the prober's name.
	Prober() string
	// Standings returns every probe, by name.
	Standings() []verdict.Standing
	// Destinations returns every Mackerel organization, by name.
	Destinations() []Destination
	// Ready says why the prober does not do its work, nil when it does. A
	// Mackerel that does not answer is no reason.
	Ready() error
}

// A Destination is a Mackerel organization as a person wants to know it.
type Destination struct {
	Name           string
	FailingSince   time.Time // zero: it takes what it is sent
	LastError      string
	Accepted       time.Time // when it took something last
	WaitingMinutes int
	WaitingEvents  int
	Oldest         time.Time // the oldest minute that waits; zero: none
}

// Handler serves the page and the API.
func Handler(s Source) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { page(w, s) })
	mux.HandleFunc("GET /style.css", style)
	mux.HandleFunc("GET /api/v1/probes", func(w http.ResponseWriter, _ *http.Request) { probesJSON(w, s) })
	mux.Handle("GET /metrics", metrics(s))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Ready(); err != nil {
			plain(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		plain(w, http.StatusOK, "ready")
	})
	return guarded(mux)
}

// guarded sets the headers that every answer has.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // the client may have gone
}

// Serve serves until ctx ends. The error is that of an address that cannot be
// listened on.
func Serve(ctx context.Context, address string, s Source) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: Handler(s), MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
	}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
