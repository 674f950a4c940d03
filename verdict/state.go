package verdict

import (
	"time"

	"prober/probes"
)

// A State is what is known of one probe over time: Nagios's soft and hard
// states (proved on its own behaviour, see testdata). The zero State is that
// of a probe that was never run.
type State struct {
	Probe       string        `json:"probe"`
	Kind        string        `json:"kind"`
	Environment string        `json:"environment,omitempty"`
	Status      probes.Status `json:"status"` // of the newest measured run
	Soft        bool          `json:"soft"`   // a problem that was not confirmed yet
	Attempt     int           `json:"attempt"`
	LastHard    probes.Status `json:"last_hard"`
	Since       time.Time     `json:"since"` // when LastHard began
	Reason      probes.Reason `json:"reason,omitempty"`
	Message     string        `json:"message"`
	LastRun     time.Time     `json:"last_run"`
	Flaps       Flaps         `json:"flaps"`
	// Told is the newest event made of this probe: what destinations know.
	Told Event `json:"told"`
}

// Next is the state after r, and the events that r makes. A run that learned
// nothing leaves the state as it was.
func (s State) Next(rules *Rules, r *Result) (State, []Event) {
	s.Probe, s.Kind, s.Environment = r.Probe, r.Kind, r.Environment
	s.LastRun = r.At
	if !r.Measured() {
		return s, nil
	}
	wasHard := s.LastHard
	s.step(r.Status, max(rules.MaxCheckAttempts, 1))
	s.Reason, s.Message = r.Reason, r.Message
	if s.LastHard != wasHard {
		s.Since = r.Ended()
	}
	return s.report(rules, r.Ended())
}

// step is Nagios's rule for one service check result
// (base/checks.c, handle_async_service_check_result).
func (s *State) step(status probes.Status, attempts int) {
	problem := s.Status > probes.OK
	switch {
	case status == probes.OK:
		s.Soft, s.Attempt = false, 1
	case !problem:
		s.Attempt = 1
		s.Soft = s.Attempt < attempts
	case s.Soft:
		// The count goes on when the kind of problem changes.
		s.Attempt++
		s.Soft = s.Attempt < attempts
	default:
		s.Attempt = attempts
	}
	if !s.Soft {
		s.Flaps.Record(status)
		s.LastHard = status
	}
	s.Status = status
}
