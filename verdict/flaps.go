package verdict

import "prober/probes"

// Flap detection is on from flapHigh % of weighted changes, off at flapLow %
// (the defaults in Nagios's code).
const (
	flapHigh    = 30
	flapLow     = 20
	flapHistory = 21
)

// Flaps remembers the newest 21 confirmed states and tells whether they change
// too often to be worth a notification each. The zero value remembers 21 OKs.
type Flaps struct {
	History  [flapHistory]probes.Status `json:"history"` // oldest first; PENDING counts as OK
	Flapping bool                       `json:"flapping"`
}

// Record adds a confirmed state: a hard one, or a recovery from a soft one.
func (f *Flaps) Record(status probes.Status) {
	copy(f.History[:], f.History[1:])
	f.History[flapHistory-1] = status
	switch percent := f.Percent(); {
	case percent >= flapHigh:
		f.Flapping = true
	case percent <= flapLow:
		f.Flapping = false
	}
}

// Percent is the share of the 20 transitions that were changes, the newest
// weighing 1.25 and the oldest 0.75.
func (f *Flaps) Percent() float64 {
	const transitions = flapHistory - 1
	sum := 0.0
	for x := 1; x <= transitions; x++ {
		if max(f.History[x-1], probes.OK) != max(f.History[x], probes.OK) {
			sum += 0.75 + 0.5*float64(x-1)/(transitions-1)
		}
	}
	return sum * 100 / transitions
}
