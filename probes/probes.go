// Package probes owns the nouns of the house and the contract between a kind
// of probe and everybody else. It does no I/O.
//
// A kind measures, and only measures: it never compares a value with a limit
// and never decides how bad something is. It says what it saw as an
// [Observation], or, when it could not look at all, returns an error. Package
// verdict turns that into a status; the scheduler decides when to look.
//
// Kinds live in sub-packages (probes/tcp, …) and are listed by probes/kinds.
package probes

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// A Probe measures one thing once.
//
// An error means "could not measure" and becomes UNKNOWN; what is wrong with
// the target is told in the Observation. An error that wraps a [*Failure]
// keeps its reason; any other is taken for a fault of the probe's own code,
// [SelfPanic].
//
// Run obeys the deadline of ctx. The scheduler never calls Run twice at once.
//
// A Probe may also be an [io.Closer], closed when it leaves the configuration,
// and [Timed].
type Probe interface {
	Run(ctx context.Context) (Observation, error)
}

// Timed is a Probe that knows itself when it wants to run next, such as a
// heartbeat with a deadline. Next is asked after each run.
type Timed interface {
	Next(now time.Time) time.Time
}

// A Kind is one sort of probe: its name is the YAML key of its block.
type Kind struct {
	Name string
	Doc  string // one sentence
	// Settings returns a pointer to the kind's YAML struct, filled with the
	// defaults. The decoder overlays the block on it.
	Settings func() Settings
}

// Settings is the decoded block of one probe.
type Settings interface {
	// Check reports every mistake. path is the key inside the block
	// ("address"); the configuration turns it into file, line and column.
	Check(bad func(path, problem string))
	// Values lists what this instance measures; the first is the headline.
	Values() []ValueSpec
	// Build makes the probe. It is called once Check found nothing.
	Build(Env) (Probe, error)
}

// Env is what a probe may use of the outside world.
type Env struct {
	Name    string        // of the probe
	Timeout time.Duration // of one run; ctx carries the deadline, too
	Dialer  Dialer
	Now     func() time.Time
	Log     *slog.Logger
}

// Dialer opens connections and looks names up. Package dial has the real one.
type Dialer interface {
	// Resolve returns every address of host, best first, never none without
	// an error. A literal address is its own answer.
	Resolve(ctx context.Context, host string) ([]netip.Addr, error)
	// Connect opens a TCP connection to one address.
	Connect(ctx context.Context, addr netip.AddrPort) (net.Conn, error)
}

// Observation is what one run saw.
type Observation struct {
	Values  []Value
	Failure *Failure // nil: the target answered as it should
	Parts   []Part   // addresses, servers, standbys or steps, in a stable order
	Need    int      // how many Parts must be good; 0: all of them
	NoNews  bool     // the run says nothing about the target's state
	// Evidence is what a person wants to see of a failure, at most 4 KiB.
	Evidence []byte
}

// A Part is one address, server, standby or step of an observation.
type Part struct {
	Kind    string // "address", "server", "standby", "step"
	Name    string
	Addr    netip.AddrPort
	Values  []Value
	Failure *Failure
}

// A Failure says what is wrong and where.
type Failure struct {
	Reason Reason
	Detail string // "203.0.113.7:443 refused after 0.4 ms"
}

// Error makes a Failure returnable from Run, for reasons of the prober's own.
func (f *Failure) Error() string { return string(f.Reason) + ": " + f.Detail }
