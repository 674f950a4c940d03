package verdict

import (
	"time"

	"prober/probes"
)

// Reminders keep Mackerel's picture true between changes: a problem is
// repeated once a minute (Mackerel shows its newest message), an OK once an
// hour (reports older than six hours are ignored there).
const (
	problemReminder = time.Minute
	okReminder      = time.Hour
)

// An Event is something that a destination has to be told about a check.
type Event struct {
	// ID numbers the events of one journal from 1, in the order they happened.
	ID int64 `json:"-"`
	// At is a whole second and strictly increases over the events of a probe:
	// Mackerel ignores a report that is not newer than the last one it took.
	At          time.Time     `json:"at"`
	What        What          `json:"what"`
	Prober      string        `json:"prober"`
	Probe       string        `json:"probe"`
	Kind        string        `json:"kind"`
	Environment string        `json:"environment,omitempty"`
	Status      probes.Status `json:"status"`
	Reason      probes.Reason `json:"reason,omitempty"`
	Message     string        `json:"message"`
	Since       time.Time     `json:"since"` // when this status became hard
	Notify      time.Duration `json:"notify,omitempty"`
}

// What sort of event it is.
type What string

// The events there are.
const (
	Changed  What = "changed"  // a new hard state, the first one included
	Reminder What = "reminder" // the same hard state as last time
)

// report makes the event that a hard state owes, if any.
func (s State) report(rules *Rules, now time.Time) (State, []Event) {
	if s.Soft {
		return s, nil
	}
	what := Changed
	if s.LastHard == s.Told.Status {
		what = Reminder
		every := problemReminder
		if s.LastHard == probes.OK {
			every = okReminder
		}
		if now.Sub(s.Told.At) < every {
			return s, nil
		}
	}
	s.Told = Event{
		At: s.nextReport(now), What: what, Prober: rules.Prober, Probe: s.Probe, Kind: s.Kind, Environment: s.Environment,
		Status: s.LastHard, Reason: s.Reason, Message: s.Message, Since: s.Since, Notify: rules.NotificationInterval,
	}
	return s, []Event{s.Told}
}

func (s *State) nextReport(now time.Time) time.Time {
	at := now.Truncate(time.Second)
	if earliest := s.Told.At.Add(time.Second); at.Before(earliest) {
		return earliest
	}
	return at
}
