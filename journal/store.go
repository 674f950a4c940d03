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
type op interface{ size() int }

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
