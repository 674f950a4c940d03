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
		t.results, t.inFile = nil, 0
	}
}

// shed makes room: raw results first, since they are for people only, then
// reminders, which repeat what was told, then the oldest.
func (t *tail) shed() int {
	t.results, t.inFile = nil, 0
	before := len(t.queue)
	if t.bytes > t.limit {
		t.drop(func(q queued) bool { e, is := q.op.(eventOp); return is && e.What == verdict.Reminder })
	}
	if t.bytes > t.limit {
		t.drop(func(q queued) bool {
			switch q.op.(type) {
			case eventOp, minuteOp:
				return t.bytes > t.limit*9/10
			}
			return false
		})
	}
	return before - len(t.queue)
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
