package main

import (
	"errors"
	"time"

	"prober/mackerel"
	"prober/verdict"
	"prober/web"
)

// The daemon is what the page is about.
var _ web.Source = (*daemon)(nil)

// Prober implements [web.Source].
func (d *daemon) Prober() string { return d.name }

// Standings implements [web.Source].
func (d *daemon) Standings() []verdict.Standing { return d.scheduler.Standings() }

// Ready implements [web.Source].
func (d *daemon) Ready() error {
	if !d.scheduler.Ticking() {
		return errors.New("no probe is started: the scheduler stands still")
	}
	return d.journal.Writable()
}

// Destinations implements [web.Source].
func (d *daemon) Destinations() []web.Destination {
	all := make([]web.Destination, len(d.reporters))
	for i, r := range d.reporters {
		all[i] = web.Destination{Name: r.Destination()}
		for _, s := range r.Standings() {
			join(&all[i], s)
		}
		d.waits(&all[i])
	}
	return all
}

// join adds how one of its streams stands to a destination.
func join(d *web.Destination, s mackerel.Standing) {
	if !s.FailingSince.IsZero() && (d.FailingSince.IsZero() || s.FailingSince.Before(d.FailingSince)) {
		d.FailingSince = s.FailingSince
	}
	if s.LastError != "" {
		d.LastError = s.Stream + ": " + s.LastError
	}
	if s.Accepted.After(d.Accepted) {
		d.Accepted = s.Accepted
	}
}

// waits tells what a destination was not sent yet.
func (d *daemon) waits(to *web.Destination) {
	if position, known := d.journal.Position(to.Name, mackerel.Events); known {
		to.WaitingEvents = int(d.journal.NewestEvent() - position)
	}
	position, known := d.journal.Position(to.Name, mackerel.Minutes)
	newest, any := d.journal.NewestMinute()
	if at := time.Unix(position, 0); known && any && newest.Start.After(at) {
		minute := d.journal.Minute()
		to.WaitingMinutes, to.Oldest = int(newest.Start.Sub(at)/minute), at.Add(minute)
	}
}
