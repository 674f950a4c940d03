package journal

import (
	"time"

	"prober/verdict"
)

// store is where the tail comes to rest.
type store interface {
	// commit writes all of group, or nothing.
	commit(group []op) error
	// minutes and events read in order, after a start or an ID.
	minutes(after time.Time, limit int) ([]verdict.Minute, error)
	events(after int64, limit int) ([]verdict.Event, error)
	close() error
}

// An op is one write.
type op interface {
	size() int
	// replaces is the same for ops of which the later makes the earlier
	// needless; nil: nothing ever does.
	replaces() any
}

type (
	minuteOp   verdict.Minute
	eventOp    verdict.Event
	stateOp    verdict.State
	forgetOp   string // a probe
	positionOp struct {
		at       place
		position int64
	}
	noteOp struct {
		at   place
		body []byte
	}
	spanOp  span
	pruneOp struct{ minutesBefore, eventsBefore time.Time }
)

// markOp keeps IDs from being given again.
func markOp(lastEvent int64) op { return positionOp{eventMark, lastEvent} }

// The sizes are estimates of what an entry takes in memory.
const opSize = 200

func (o minuteOp) size() int {
	size := opSize
	for _, s := range o.Series {
		size += opSize + 64*len(s.Values)
	}
	return size
}
func (o eventOp) size() int  { return 2*opSize + len(o.Message) }
func (o stateOp) size() int  { return 4*opSize + len(o.Message) + len(o.Told.Message) }
func (forgetOp) size() int   { return opSize }
func (positionOp) size() int { return opSize }
func (o noteOp) size() int   { return opSize + len(o.body) }
func (spanOp) size() int     { return opSize }
func (pruneOp) size() int    { return opSize }

func (minuteOp) replaces() any     { return nil }
func (eventOp) replaces() any      { return nil }
func (o stateOp) replaces() any    { return forgetOp(o.Probe) }
func (o forgetOp) replaces() any   { return o }
func (o positionOp) replaces() any { return positionOp{at: o.at} }
func (o noteOp) replaces() any     { return o.at }
func (o spanOp) replaces() any     { return o.start }
func (pruneOp) replaces() any      { return pruneOp{} }

func resultSize(r *verdict.Result) int {
	return 2*opSize + len(r.Message) + 64*len(r.Values) + opSize*len(r.Parts)
}

// contents is what a store holds when it is opened.
type contents struct {
	states    map[string]verdict.State
	positions map[place]int64
	notes     map[place][]byte
	newest    *verdict.Minute
	lastEvent int64
	spans     []span
}

func newContents() contents {
	return contents{states: map[string]verdict.State{}, positions: map[place]int64{}, notes: map[place][]byte{}}
}
