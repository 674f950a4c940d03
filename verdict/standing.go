package verdict

import "time"

// A Standing is how a probe stands at present: what is known of it, what its
// newest run measured, and when it runs next.
type Standing struct {
	State
	Values  []Value
	Next    time.Time
	Overdue bool // it should have run, or come back, by now
}
