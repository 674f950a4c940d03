// Package mackerel owns what Mackerel is told: one [Reporter] per destination
// (organization), each with positions, transport and patience of its own, so
// that an organization that is down, slow or rejects our key delays no other.
//
// A reporter reads the journal and never holds it back. Its two streams,
// minutes (service metrics) and events (check reports), each move a position
// that the journal keeps, only after the API accepted what lies before it. So
// everything arrives at least once and, since a closed minute never changes,
// always with the same value.
package mackerel

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"prober/verdict"
)

// A Destination is one Mackerel organization.
type Destination struct {
	Name    string // as in the configuration: "production"
	APIKey  string
	APIBase string // "" is https://api.mackerelio.com
	Service string // whose service metrics the minutes become
	// Hears tells whether the probes of an environment are reported here.
	Hears func(environment string) bool
}

// The streams of a destination, and the names of their positions.
const (
	Minutes = "minutes"
	Events  = "events"
)

// Journal is what a reporter needs of the journal.
type Journal interface {
	// Minutes returns closed minutes that start after a time, oldest first.
	Minutes(after time.Time, limit int) ([]verdict.Minute, error)
	NewestMinute() (verdict.Minute, bool)
	// Events returns events with an ID above after, in order.
	Events(after int64, limit int) ([]verdict.Event, error)
	NewestEvent() int64
	States() map[string]verdict.State
	// Changed is closed when there is more to read than before the call.
	Changed() <-chan struct{}
	Position(consumer, stream string) (position int64, known bool)
	SetPosition(consumer, stream string, position int64)
	Note(consumer, name string) []byte
	SetNote(consumer, name string, body []byte)
}

// Options are what a Reporter needs besides its destination.
type Options struct {
	Prober  string // this prober's name
	Journal Journal
	// Probes are the names of all probes that this destination hears of; a
	// check that was reported earlier and is not among them is told to be "no
	// longer watched".
	Probes []string
	Log    *slog.Logger
	// Transport is nil but in tests. Each reporter has one of its own, since
	// a shared pool of connections would tie the destinations together.
	Transport http.RoundTripper
}

// A Reporter brings one destination up to date, and keeps it so.
type Reporter struct {
	destination string
	streams     []*stream
}

// New prepares a reporter. The error is that of an unusable API base.
func New(d Destination, o Options) (*Reporter, error) {
	api, err := newClient(d, o.Transport)
	if err != nil {
		return nil, fmt.Errorf("mackerel %s: %w", d.Name, err)
	}
	log := o.Log.With("destination", d.Name)
	gate := &gate{}
	service := &service{name: d.Service, api: api}
	host := &host{prober: o.Prober, api: api, log: log}
	return &Reporter{destination: d.Name, streams: []*stream{
		{name: Minutes, gap: minutesGap, feed: &minutes{d: d, journal: o.Journal, service: service, log: log}, journal: o.Journal, gate: gate, log: log},
		{name: Events, gap: eventsGap, feed: newEvents(d, o, host, log), journal: o.Journal, gate: gate, log: log},
	}}, nil
}

// Destination is the name of the destination.
func (r *Reporter) Destination() string { return r.destination }

// Standings returns how the streams stand, minutes first.
func (r *Reporter) Standings() []Standing {
	var all []Standing
	for _, s := range r.streams {
		s.stands(func(now *Standing) {
			now.Stream = s.name
			all = append(all, *now)
		})
	}
	return all
}

// Run reports until ctx ends, and then tries once more, for at most two
// seconds, to hand over what is left.
func (r *Reporter) Run(ctx context.Context) {
	var streams sync.WaitGroup
	for _, s := range r.streams {
		streams.Go(func() { s.run(ctx) })
	}
	streams.Wait()
}
