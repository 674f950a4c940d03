package mackerel

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"time"

	api "github.com/mackerelio/mackerel-client-go"

	"prober/probes"
	"prober/verdict"
)

const (
	// Reports older than six hours are ignored by Mackerel without a word;
	// five minutes are left for the way.
	oldestReport   = 6*time.Hour - 5*time.Minute
	reportsPerPost = 100 // the API's limit
	eventsPerPlan  = 1000
	// Reminders are no news: they are gathered for this long.
	remindersGap = 10 * time.Second
	noteChecks   = "checks"
)

// events feeds check reports to the prober's own host.
type events struct {
	d       Destination
	prober  string
	journal Journal
	host    *host
	log     *slog.Logger

	routed   set // the checks that belong here now
	reported set // the checks that were reported here, ever, and did not leave
	posted   time.Time
}

func newEvents(d Destination, o Options, h *host, log *slog.Logger) *events {
	var names []string
	if note := o.Journal.Note(d.Name, noteChecks); note != nil {
		if err := json.Unmarshal(note, &names); err != nil {
			log.Warn("what was reported here before is not readable; checks that left may stay open", "error", err)
		}
	}
	e := &events{d: d, prober: o.Prober, journal: o.Journal, host: h, log: log, routed: setOf(o.Probes), reported: setOf(names)}
	h.checks = e.checks()
	return e
}

func (e *events) next(now time.Time) ([]request, func(), time.Duration, error) {
	position, known := e.journal.Position(e.d.Name, Events)
	if !known {
		return e.begin(now)
	}
	read, err := e.journal.Events(position, eventsPerPlan)
	if err != nil {
		return nil, nil, 0, err
	}
	if len(read) == 0 {
		if leaving := e.leaving(); len(leaving) > 0 {
			return e.leave(leaving, now)
		}
		return nil, nil, 0, nil
	}
	told := e.choose(read, now)
	if wait := remindersGap - now.Sub(e.posted); wait > 0 && len(told) < reportsPerPost && onlyReminders(told) {
		return nil, nil, wait, nil
	}
	last := read[len(read)-1].ID
	return e.requests(told, now, func() { e.journal.SetPosition(e.d.Name, Events, last) })
}

// begin tells a destination that is seen for the first time the present state
// of every check, instead of all that ever happened.
func (e *events) begin(now time.Time) ([]request, func(), time.Duration, error) {
	newest := e.journal.NewestEvent()
	var present []verdict.Event
	for _, s := range e.journal.States() {
		if s.Told.Status != probes.Pending && e.hears(s.Told) {
			present = append(present, s.Told)
		}
	}
	slices.SortFunc(present, func(a, b verdict.Event) int { return a.At.Compare(b.At) })
	return e.requests(present, now, func() { e.journal.SetPosition(e.d.Name, Events, newest) })
}

// leave closes the checks that this destination is not told about any more.
func (e *events) leave(leaving []string, now time.Time) ([]request, func(), time.Duration, error) {
	var farewell []verdict.Event
	for _, name := range leaving {
		farewell = append(farewell, verdict.Event{At: now.Truncate(time.Second), Probe: name, Status: probes.OK, Message: "no longer watched by " + e.prober})
	}
	requests, accepted, again, err := e.requests(farewell, now, func() {})
	forget := func(ctx context.Context) error {
		for _, name := range leaving {
			delete(e.reported, name)
		}
		e.remember()
		return e.host.ensure(ctx)
	}
	return append(requests, forget), accepted, again, err
}

func (e *events) leaving() []string {
	gone := maps.Clone(e.reported)
	maps.DeleteFunc(gone, func(name string, _ struct{}) bool { return e.routed.has(name) })
	return slices.Sorted(maps.Keys(gone))
}

// choose leaves out what is not for this destination, and reminders that a
// later event of the same check made needless. Of what is too old for
// Mackerel only the newest state of a check is left.
func (e *events) choose(read []verdict.Event, now time.Time) []verdict.Event {
	newest := map[string]int64{}
	for _, event := range read {
		newest[event.Probe] = event.ID
	}
	var states map[string]verdict.State
	var told []verdict.Event
	for _, event := range read {
		superseded := newest[event.Probe] != event.ID
		if !e.hears(event) || (superseded && event.What == verdict.Reminder) {
			continue
		}
		if tooOld(event, now) {
			if states == nil {
				states = e.journal.States()
			}
			if superseded || !states[event.Probe].Told.At.Equal(event.At) {
				continue
			}
		}
		told = append(told, event)
	}
	return told
}

// hears includes the last words on checks that have just been routed away.
func (e *events) hears(event verdict.Event) bool {
	return e.reported.has(event.Probe) || (e.d.Hears(event.Environment) && e.routed.has(event.Probe))
}

// requests makes posts of events. When there are none, that is accepted at
// once.
func (e *events) requests(told []verdict.Event, now time.Time, accepted func()) ([]request, func(), time.Duration, error) {
	if len(told) == 0 {
		accepted()
		return e.next(now)
	}
	var requests []request
	for part := range slices.Chunk(told, reportsPerPost) {
		requests = append(requests, func(ctx context.Context) error { return e.post(ctx, part) })
	}
	return requests, accepted, 0, nil
}

func (e *events) post(ctx context.Context, part []verdict.Event) error {
	now := time.Now()
	err := e.host.report(ctx, func(hostID string) []*api.CheckReport {
		reports := make([]*api.CheckReport, len(part))
		for i, event := range part {
			reports[i] = report(event, hostID, now)
		}
		return reports
	})
	if err != nil {
		return err
	}
	e.posted = now
	known := len(e.reported)
	for _, event := range part {
		e.reported[event.Probe] = struct{}{}
	}
	if len(e.reported) != known {
		e.remember()
	}
	return nil
}

// remember keeps, over restarts, which checks were reported here.
func (e *events) remember() {
	body, err := json.Marshal(slices.Sorted(maps.Keys(e.reported)))
	if err != nil {
		e.log.Error("could not keep which checks were reported", "error", err)
		return
	}
	e.journal.SetNote(e.d.Name, noteChecks, body)
	e.host.checks = e.checks()
}

// checks is what the host's list of checks has to hold.
func (e *events) checks() []string {
	all := maps.Clone(e.routed)
	maps.Copy(all, e.reported)
	return slices.Sorted(maps.Keys(all))
}

// set is a set of names of checks.
type set map[string]struct{}

func setOf(names []string) set {
	s := set{}
	for _, name := range names {
		s[name] = struct{}{}
	}
	return s
}

func (s set) has(name string) bool {
	_, ok := s[name]
	return ok
}

func tooOld(event verdict.Event, now time.Time) bool { return now.Sub(event.At) > oldestReport }

func onlyReminders(told []verdict.Event) bool {
	return !slices.ContainsFunc(told, func(e verdict.Event) bool { return e.What != verdict.Reminder })
}
