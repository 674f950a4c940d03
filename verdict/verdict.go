// Package verdict owns the judgement: limits turn a measurement into a
// [Result], the state machine of Nagios turns results into a [State], and
// changes of state become [Event]s.
//
// All of it is pure: a function of its arguments, the clock among them. The
// scheduler calls it inline after every run; the journal keeps what it makes;
// the reporters read that.
package verdict

import (
	"net/netip"
	"time"

	"prober/probes"
)

// Rules say how one probe is judged. They are made from its configuration and
// never change while it runs.
type Rules struct {
	Prober      string // name of this prober
	Probe       string
	Kind        string
	Environment string
	Values      []probes.ValueSpec
	Warn, Crit  map[string]probes.Limit // by value name
	// Post names the values that become metrics; "availability" is one of
	// them although no kind measures it.
	Post []string
	// MaxCheckAttempts is how many runs in a row must fail until the state is
	// hard; 0 means 1.
	MaxCheckAttempts int
	// NotificationInterval is how often Mackerel repeats a notification while
	// the state lasts; 0: never.
	NotificationInterval time.Duration
}

// A Run is one measurement as the scheduler made it.
type Run struct {
	Due   time.Time // when it should have started
	At    time.Time // when it started
	Took  time.Duration
	Retry bool // an extra look between two slots of the schedule
	probes.Observation
	Err error
}

// A Result is one judged run.
type Result struct {
	Prober      string        `json:"prober"`
	Probe       string        `json:"probe"`
	Kind        string        `json:"kind"`
	Environment string        `json:"environment,omitempty"`
	Due         time.Time     `json:"due"`
	At          time.Time     `json:"at"`
	Took        time.Duration `json:"took"` // nanoseconds
	Retry       bool          `json:"retry,omitempty"`
	NoNews      bool          `json:"no_news,omitempty"`
	Status      probes.Status `json:"status"`
	Reason      probes.Reason `json:"reason,omitempty"`
	Message     string        `json:"message"`
	Values      []Value       `json:"values,omitempty"`
	Parts       []Part        `json:"parts,omitempty"`
	// Post is [Rules.Post], carried so that a minute can be folded from its
	// results alone.
	Post []string `json:"post,omitempty"`
}

// Ended is when the run was over; it says which minute the run belongs to.
func (r *Result) Ended() time.Time { return r.At.Add(r.Took) }

// Measured tells whether the run learned anything of the target. Trouble of
// the prober's own (no network, no files) does not.
func (r *Result) Measured() bool { return !r.NoNews && !r.Reason.Doc().NotMeasured }

// A Value is a measured number with what is needed to fold and to draw it.
type Value struct {
	Name   string           `json:"name"`
	Number float64          `json:"number"`
	Unit   probes.Unit      `json:"unit"`
	Worse  probes.Direction `json:"worse,omitempty"`
	Fold   probes.Fold      `json:"fold,omitempty"`
}

// A Part is one judged address, server, standby or step.
type Part struct {
	Kind    string         `json:"kind"`
	Name    string         `json:"name"`
	Addr    netip.AddrPort `json:"address,omitzero"`
	Status  probes.Status  `json:"status"`
	Reason  probes.Reason  `json:"reason,omitempty"`
	Message string         `json:"message,omitempty"`
	Values  []Value        `json:"values,omitempty"`
}
