package probes

import "strings"

// A Reason names why a result is what it is: "phase.cause" from a closed
// table. Reasons are never renamed: people grep, alert and write runbooks on
// them. The zero Reason belongs to a result without a fault.
type Reason string

// The reasons that the code names. [Reasons] has the table.
const (
	ResolveNXDomain Reason = "resolve.nxdomain"
	ResolveEmpty    Reason = "resolve.empty"

	ConnectRefused     Reason = "connect.refused"
	ConnectTimeout     Reason = "connect.timeout"
	ConnectUnreachable Reason = "connect.unreachable"
	ConnectReset       Reason = "connect.reset"

	RequireUnmet Reason = "require.unmet"

	SelfNetwork  Reason = "self.network"
	SelfResolver Reason = "self.resolver"
	SelfOverload Reason = "self.overload"
	SelfPanic    Reason = "self.panic"
	SelfOverrun  Reason = "self.overrun"
)

// ThresholdReason is the reason of a value that reached a limit.
func ThresholdReason(value string) Reason { return Reason("threshold." + value) }

// ReasonDoc is one row of the table.
type ReasonDoc struct {
	Reason Reason
	Status Status // unless a limit says otherwise
	Means  string
	Do     string
	// NotMeasured marks trouble of the prober's own in which nothing was
	// learned of the target: kept and shown, but it neither feeds the state
	// machine nor makes a report for the probe.
	NotMeasured bool
}

// Reasons returns the table. "threshold.<value>" is made per value and stands
// there once, under that spelling.
func Reasons() []ReasonDoc {
	return []ReasonDoc{
		{Reason: ResolveNXDomain, Status: Critical, Means: "the name does not exist", Do: "look at the zone and the registration of the name"},
		{Reason: ResolveEmpty, Status: Critical, Means: "the name exists but has no address", Do: "add the A or AAAA record"},
		{Reason: ConnectRefused, Status: Critical, Means: "the target's kernel answered RST: nothing listens there", Do: "start the service, or see why it stopped listening"},
		{Reason: ConnectTimeout, Status: Critical, Means: "no answer to SYN in time", Do: "look at firewalls, security groups and the target's load"},
		{Reason: ConnectUnreachable, Status: Critical, Means: "a router on the way says that the target cannot be reached", Do: "look at routes and at the target's network"},
		{Reason: ConnectReset, Status: Critical, Means: "the connection was reset while it was opened", Do: "look at the load balancer in front of the target"},
		{Reason: RequireUnmet, Status: Critical, Means: "fewer parts are good than required", Do: "see the parts"},
		{Reason: "threshold.<value>", Status: Critical, Means: "a value reached its limit, or is missing although it has one", Do: "see the value and its limit in the message"},
		{Reason: SelfNetwork, Status: Unknown, Means: "this machine could not send: no route, no address, no buffer, not permitted", Do: "look at the prober's own network", NotMeasured: true},
		{Reason: SelfResolver, Status: Unknown, Means: "this machine's resolver gave no usable answer", Do: "look at the prober's resolver", NotMeasured: true},
		{Reason: SelfOverload, Status: Unknown, Means: "this machine ran out of files or memory", Do: "raise the limits, or give it fewer probes", NotMeasured: true},
		{Reason: SelfPanic, Status: Unknown, Means: "the probe's code panicked", Do: "report the stack in the log to the authors"},
		{Reason: SelfOverrun, Status: Unknown, Means: "the probe did not come back at its deadline", Do: "report it to the authors: a probe must obey its deadline"},
	}
}

// Doc returns the row of r. A reason that is not in the table is UNKNOWN: we
// do not know what was seen.
func (r Reason) Doc() ReasonDoc {
	if strings.HasPrefix(string(r), "threshold.") {
		r = "threshold.<value>"
	}
	for _, doc := range Reasons() {
		if doc.Reason == r {
			return doc
		}
	}
	return ReasonDoc{Reason: r, Status: Unknown}
}
