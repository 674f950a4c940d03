package journal

import (
	"slices"
	"time"

	"prober/verdict"
)

// visibleAfter is how long a commit may hang before readers are given what it
// holds.
const visibleAfter = time.Second

// tail is what was appended and is not committed yet, in order.
type tail struct {
	limit   int // bytes
	bytes   int
	seq     uint64
	queue   []queued
	results []verdict.Result
	inFile  int // bytes of results
	leaving int // results that are being written
	// lostResults were shed and not said yet; lostEvent is the highest ID that
	// was shed. A reader may have seen it while commits hung.
	lostResults int
	lostEvent   int64
}

type queued struct {
	op
	seq  uint64
	at   time.Time
	size int
}

// add appends o and tells how many entries had to be shed for it.
func (t *tail) add(now time.Time, o op) (shed int) {
	t.seq++
	size := o.size()
	t.queue = append(t.queue, queued{o, t.seq, now, size})
	t.bytes += size
	if t.bytes+t.inFile > t.limit {
		shed = t.shed()
	}
	return shed
}

func (t *tail) addResult(r verdict.Result) {
	t.results = append(t.results, r)
	t.inFile += resultSize(&r)
	if t.inFile > t.limit/2 {
		t.shedResults()
	}
}

// shed makes room: raw results first, since they are for people only, then
// what a later entry replaces, which is no loss, then reminders, which repeat
// what was told, then the oldest. It makes more room than is needed now, since
// each time it looks at everything.
func (t *tail) shed() (lost int) {
	t.shedResults()
	if t.bytes <= t.limit {
		return 0
	}
	enough := t.limit * 9 / 10
	t.dropReplaced()
	before := len(t.queue)
	if t.bytes > enough {
		t.drop(func(q queued) bool { e, is := q.op.(eventOp); return is && e.What == verdict.Reminder && t.lose(e) })
	}
	if t.bytes > enough {
		t.drop(func(q queued) bool {
			switch o := q.op.(type) {
			case eventOp:
				return t.bytes > enough && t.lose(o)
			case minuteOp:
				return t.bytes > enough
			}
			return false
		})
	}
	return before - len(t.queue)
}

func (t *tail) shedResults() {
	t.lostResults += len(t.results)
	t.results, t.inFile = nil, 0
}

// lose notes that e will never be written.
func (t *tail) lose(e eventOp) bool {
	t.lostEvent = max(t.lostEvent, e.ID)
	return true
}

// dropReplaced leaves of each state, position and note only what was said last.
// Without it those alone fill the memory while the disk hangs for hours.
func (t *tail) dropReplaced() {
	last := map[any]uint64{}
	for _, q := range t.queue {
		if key := q.replaces(); key != nil {
			last[key] = q.seq
		}
	}
	t.drop(func(q queued) bool { return q.seq < last[q.replaces()] })
}

func (t *tail) drop(unwanted func(queued) bool) {
	t.queue = slices.DeleteFunc(t.queue, func(q queued) bool {
		if !unwanted(q) {
			return false
		}
		t.bytes -= q.size
		return true
	})
}

// committed takes away what was written.
func (t *tail) committed(upTo uint64) {
	t.drop(func(q queued) bool { return q.seq <= upTo })
}

// visible calls yield for what has waited too long to be withheld.
func (t *tail) visible(now time.Time, yield func(op)) {
	for _, q := range t.queue {
		if now.Sub(q.at) <= visibleAfter {
			return
		}
		yield(q.op)
	}
}

func (t *tail) hangs(now time.Time) bool {
	return len(t.queue) > 0 && now.Sub(t.queue[0].at) > visibleAfter
}
