package journal

import (
	"time"
)

const (
	markEvery = 10 * time.Second
	// A gap longer than this between two marks is a blind window.
	blindAfter = 25 * time.Second
)

// span is a time in which marks were made without a gap.
type span struct{ start, last time.Time }

// A Window is a time in which nobody here could have seen anything: the
// process was not running or was stopped, the clock stepped, or the disk took
// nothing. What was missed in one must not be held against anybody.
type Window struct{ From, To time.Time }

// mark notes that this process is alive and its disk takes what is written.
func (j *Journal) mark(now time.Time) {
	now = now.Round(0) // wall time: a clock step is a gap, too
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.tail.hangs(now) {
		return
	}
	if n := len(j.spans); n > 0 && now.Sub(j.spans[n-1].last).Abs() <= blindAfter {
		j.spans[n-1].last = now
	} else {
		j.spans = append(j.spans, span{now, now})
	}
	j.add(now, spanOp(j.spans[len(j.spans)-1]))
	j.wake()
}

// Blind returns the blind windows that overlap the time between from and to. A
// journal is not blind to the time before it began.
func (j *Journal) Blind(from, to time.Time) []Window {
	j.mu.Lock()
	defer j.mu.Unlock()
	var blind []Window
	for i := range j.spans {
		w := Window{From: j.spans[i].last, To: to}
		if i+1 < len(j.spans) {
			w.To = j.spans[i+1].start
		}
		w.From, w.To = later(w.From, from), earlier(w.To, to)
		gap := i+1 < len(j.spans) || to.Sub(j.spans[i].last) > blindAfter
		if gap && w.From.Before(w.To) {
			blind = append(blind, w)
		}
	}
	return blind
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
