package mackerel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"prober/journal"
	"prober/mackerel"
	"prober/mackerel/standin"
	"prober/probes"
	"prober/verdict"
)

// world is a prober without its scheduler: a journal in memory, two
// organizations, and a reporter for each. It lives in a synctest bubble.
type world struct {
	t       *testing.T
	journal *journal.Journal
	text    bytes.Buffer // what the reporters logged
	log     *slog.Logger
	orgs    map[string]*standin.Organization
	// watched are the probes that are configured, with their environments.
	watched map[string]string
	states  map[string]verdict.State
	changes []verdict.Event // hard changes, as the journal got them

	// elsewhere answers every request that leaves for another host.
	elsewhere http.Handler

	stop context.CancelFunc
	all  sync.WaitGroup
}

func newWorld(t *testing.T, watched map[string]string) *world {
	w := &world{t: t, watched: watched, states: map[string]verdict.State{}, orgs: map[string]*standin.Organization{}}
	for _, name := range []string{"production", "staging"} {
		w.orgs[name] = standin.New(name)
	}
	w.log = slog.New(slog.NewTextHandler(&w.text, nil))
	w.journal = journal.InMemory(journal.Options{Log: slog.New(slog.DiscardHandler)})
	return w
}

// start runs the journal and the reporters, until halt.
func (w *world) start(destinations ...string) {
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	w.all.Go(func() {
		if err := w.journal.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	for _, name := range destinations {
		r := w.reporter(name)
		w.all.Go(func() { r.Run(ctx) })
	}
}

func (w *world) reporter(name string) *mackerel.Reporter {
	hears := func(environment string) bool { return name == "production" || environment != "staging" }
	var routed []string
	for probe, environment := range w.watched {
		if hears(environment) {
			routed = append(routed, probe)
		}
	}
	r, err := mackerel.New(
		mackerel.Destination{Name: name, APIKey: w.orgs[name].Key(), APIBase: "http://" + name + ".test", Service: "external", Hears: hears},
		mackerel.Options{Prober: "test-1", Journal: w.journal, Probes: routed, Log: w.log, Transport: w.transport(name)},
	)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// transport leads to an organization, and from there to elsewhere.
func (w *world) transport(name string) http.RoundTripper {
	return inMemory{http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Host != name+".test" {
			w.elsewhere.ServeHTTP(rw, r)
			return
		}
		w.orgs[name].ServeHTTP(rw, r)
	})}
}

func (w *world) halt() {
	w.stop()
	w.all.Wait()
}

// run is one run of a probe, now.
func (w *world) run(probe string, status probes.Status) {
	rules := &verdict.Rules{Prober: "test-1", Probe: probe, Kind: "tcp", Environment: w.watched[probe], Post: []string{verdict.Availability, "connect"}, MaxCheckAttempts: 1, NotificationInterval: time.Hour}
	r := verdict.Result{
		Prober: "test-1", Probe: probe, Kind: "tcp", Environment: w.watched[probe], At: time.Now(), Status: status, Message: probe + " is " + status.String(), Post: rules.Post,
		Values: []verdict.Value{{Name: "connect", Number: float64(time.Now().Unix()%1000) / 1000, Unit: probes.Seconds, Worse: probes.Higher}},
	}
	var events []verdict.Event
	w.states[probe], events = w.states[probe].Next(rules, &r)
	w.journal.Append(r, w.states[probe], events)
	for _, e := range events {
		if e.What == verdict.Changed {
			w.changes = append(w.changes, e)
		}
	}
}

// during runs every probe each ten seconds for d; status tells how it goes.
func (w *world) during(d time.Duration, status func(probe string, at time.Duration) probes.Status) {
	for at := time.Duration(0); at < d; at += 10 * time.Second {
		for probe := range w.watched {
			w.run(probe, status(probe, at))
		}
		time.Sleep(10 * time.Second)
	}
}

// told is how an event or a report is written down to be compared.
func told(check, status string, at int64) string { return fmt.Sprintf("%s %s %d", check, status, at) }

func fine(string, time.Duration) probes.Status { return probes.OK }

// inMemory calls an organization without a socket, as synctest needs it.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := make(chan *http.Response, 1)
	incoming := r.Clone(r.Context())
	if r.Body == nil {
		incoming.Body = http.NoBody
	}
	go func() {
		defer close(answer)
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // a panic's value, not an error chain
				panic(p)
			}
		}()
		recorder := httptest.NewRecorder()
		m.ServeHTTP(recorder, incoming)
		answer <- recorder.Result()
	}()
	select {
	case resp, ok := <-answer:
		if !ok {
			return nil, errors.New("connection reset by peer")
		}
		resp.Request = r
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
