package scheduler

import (
	"time"

	"github.com/jonboulle/clockwork"
)

// steady is a clock that never steps: it tells the wall time of its birth plus
// what the monotonic clock counted since. gocron drops the monotonic reading
// of its times, so that with the real clock a step of -1 h silences it for an
// hour (go-co-op/gocron#438, #626).
type steady struct {
	clockwork.Clock
	birth time.Time
}

func newSteady() steady {
	return steady{Clock: clockwork.NewRealClock(), birth: time.Now()}
}

func (s steady) Now() time.Time { return s.birth.Add(time.Since(s.birth)) }

// toWall is how far the world's clock is ahead: it may have been set since.
func (s steady) toWall() time.Duration { return time.Now().Round(0).Sub(s.Now().Round(0)) }

func (s steady) Since(t time.Time) time.Duration { return s.Now().Sub(t) }
func (s steady) Until(t time.Time) time.Duration { return t.Sub(s.Now()) }
