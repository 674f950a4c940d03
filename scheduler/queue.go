package scheduler

import (
	"time"

	"prober/probes"
	"prober/verdict"
)

// An entry is one probe in the queue. It stays there all the time: due is its
// next slot or retry, whether or not a run is going on.
type entry struct {
	Job
	phase time.Duration
	state verdict.State
	// values are what the newest run measured.
	values []verdict.Value

	due   time.Time
	retry bool // due is an extra look, not a slot
	place int  // in the queue's heap

	waiting, running bool
	slow             bool      // its last run was
	turn             time.Time // what the waiting or running run was due at
	turnRetry        bool
	started          time.Time
	overran          bool // its run was given up; what it still says is not news
}

func (e *entry) idle() bool { return !e.waiting && !e.running }

// next moves due to the first slot after now.
func (e *entry) next(now time.Time) {
	e.due, e.retry = nextSlot(now, e.Interval, e.phase), false
	if timed, ok := e.Probe.(probes.Timed); ok {
		e.due = timed.Next(now)
	}
}

// retryAfter brings due forward when a problem waits to be confirmed.
func (e *entry) retryAfter(now time.Time) {
	if at := now.Add(e.RetryInterval); e.state.Soft && at.Before(e.due) {
		e.due, e.retry = at, true
	}
}

// lateAfter is how late a start may be before it is worth telling.
const lateAfter = time.Second

// standing is how e stands at now; toWall is what leads from the scheduler's
// clock to that of the world.
func (e *entry) standing(now time.Time, toWall time.Duration) verdict.Standing {
	s := verdict.Standing{State: e.state, Values: e.values, Next: e.due.Add(toWall)}
	s.Probe, s.Kind, s.Environment = e.Rules.Probe, e.Rules.Kind, e.Rules.Environment
	s.Overdue = (e.running && now.Sub(e.started) > e.Timeout+overrunGrace) || (e.waiting && now.Sub(e.turn) > lateAfter)
	return s
}

// queue is a heap of entries by due.
type queue []*entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	e := x.(*entry)
	e.place = len(*q)
	*q = append(*q, e)
}

// Pop implements heap.Interface. Entries never leave; it is here for the
// interface's sake.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
