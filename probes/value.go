package probes

// A Value is one measured number, in the unit of its [ValueSpec].
type Value struct {
	Name   string
	Number float64
}

// ValueSpec describes a value of one probe.
type ValueSpec struct {
	Name     string
	Unit     Unit
	Worse    Direction
	Fold     Fold
	Optional bool // may be absent from a successful run
	Doc      string
}

// Direction says which side of a value is the bad one.
type Direction uint8

// The directions. Neither: a limit has to say its side itself.
const (
	Neither Direction = iota
	Higher
	Lower
)

// Fold says how the runs of one minute become one number.
type Fold uint8

// The folds. Worst follows the [Direction]; a value without one keeps its last.
const (
	Worst Fold = iota
	Sum
	Last
)

// Join folds the next number of a minute into what the minute has so far.
func (s ValueSpec) Join(soFar, next float64) float64 {
	switch {
	case s.Fold == Sum:
		return soFar + next
	case s.Fold == Worst && s.Worse == Higher:
		return max(soFar, next)
	case s.Fold == Worst && s.Worse == Lower:
		return min(soFar, next)
	}
	return next
}
