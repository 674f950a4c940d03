// Package scheduler owns time: when each probe runs, how many run at once, and
// what happens to one that panics or does not come back. It keeps the state of
// every probe in memory, calls verdict inline after each run, and hands what
// came of it to a [Sink] that never waits. So nothing on the far side of the
// sink, neither disk nor Mackerel, can hold back a probe.
//
// One gocron job ticks every 10 ms and starts what is due in a heap of our
// own; a job per probe would cost 24 allocations a run and collapse at 10,000
// starts a second (gocron v2.21, measured).
package scheduler

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"

	"prober/probes"
	"prober/verdict"
)

const (
	tick = 10 * time.Millisecond
	// A clock that did not tick for so long has stopped.
	ticksAtLeast = 10 * time.Second
	// A run may come back this long after its deadline before it is called
	// an overrun.
	overrunGrace = time.Second
	// A probe whose last run took longer than this is slow: see [pool].
	slowRun = time.Second
)

// A Job is one probe, how it is judged and when it runs.
type Job struct {
	Rules         verdict.Rules
	Probe         probes.Probe
	Interval      time.Duration // between slots; at least a second
	Timeout       time.Duration // of one run; at most the interval
	RetryInterval time.Duration // between looks at a problem that is not hard yet
}

// A Sink takes every result, the state after it and the events it made. Append
// is called in order and must not wait.
type Sink interface {
	Append(verdict.Result, verdict.State, []verdict.Event)
}

// Options are what a Scheduler needs besides its jobs.
type Options struct {
	Sink Sink
	// States are what an earlier process knew, by probe name. One of another
	// kind is another probe, and forgotten.
	States map[string]verdict.State
	// Pool is how many runs there may be at once; 0: as many as [PoolSize].
	Pool int
	Log  *slog.Logger
}

// Scheduler runs probes.
type Scheduler struct {
	sink  Sink
	log   *slog.Logger
	clock steady

	mu      sync.Mutex
	queue   queue
	pool    pool
	stopped bool
	runs    sync.WaitGroup
	stats   Stats
	ticked  time.Time // when tick was called last
}

// Stats count since the start.
type Stats struct {
	Runs     uint64
	Skipped  uint64        // slots that passed while the probe was still running or waiting
	Overruns uint64        // slots that found a run past its deadline
	Lateness time.Duration // the worst so far: start − due
}

// New prepares a scheduler; nothing runs before [Scheduler.Run].
func New(jobs []Job, o Options) *Scheduler {
	if o.Pool == 0 {
		o.Pool = PoolSize()
	}
	s := &Scheduler{sink: o.Sink, log: o.Log, clock: newSteady(), pool: pool{size: o.Pool}}
	now := s.clock.Now()
	for _, job := range jobs {
		e := &entry{Job: job, phase: phase(job.Rules.Probe, job.Interval)}
		if state := o.States[job.Rules.Probe]; state.Kind == job.Rules.Kind {
			e.state = state
		}
		e.due = nextSlot(now, job.Interval, e.phase)
		e.retryAfter(now)
		heap.Push(&s.queue, e)
	}
	return s
}

// Run runs the probes until ctx ends. Then it starts no new run and returns
// when the running ones are over or their deadlines have passed.
func (s *Scheduler) Run(ctx context.Context) error {
	clockwork, err := gocron.NewScheduler(gocron.WithClock(s.clock))
	if err != nil {
		return fmt.Errorf("starting the scheduler: %w", err)
	}
	if _, err := clockwork.NewJob(gocron.DurationJob(tick), gocron.NewTask(s.tick)); err != nil {
		return fmt.Errorf("starting the scheduler: %w", err)
	}
	clockwork.Start()
	<-ctx.Done()
	deadline := s.stop()
	if err := clockwork.Shutdown(); err != nil {
		s.log.Warn("the clock did not stop", "error", err)
	}
	s.drain(deadline)
	return nil
}

// Stats returns the counts so far.
func (s *Scheduler) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Standings returns how every probe stands, by name.
func (s *Scheduler) Standings() []verdict.Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	all := make([]verdict.Standing, len(s.queue))
	for i, e := range s.queue {
		all[i] = e.standing(now, s.clock.toWall())
	}
	slices.SortFunc(all, func(a, b verdict.Standing) int { return strings.Compare(a.Probe, b.Probe) })
	return all
}

// Ticking tells whether the clock that starts the probes goes on.
func (s *Scheduler) Ticking() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.stopped && s.clock.Since(s.ticked) < ticksAtLeast
}

// tick starts what is due.
func (s *Scheduler) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	now := s.clock.Now()
	s.ticked = now
	for len(s.queue) > 0 && !s.queue[0].due.After(now) {
		e := s.queue[0]
		if e.idle() {
			s.pool.wait(e)
		} else {
			s.missed(e, now)
		}
		e.next(now)
		heap.Fix(&s.queue, 0)
	}
	for e := s.pool.admit(); e != nil; e = s.pool.admit() {
		s.start(e, now)
	}
}

// stop lets no run start any more and tells when the running ones must be over.
func (s *Scheduler) stop() (deadline time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	for _, e := range s.queue {
		if end := e.started.Add(e.Timeout + overrunGrace); e.running && end.After(deadline) {
			deadline = end
		}
	}
	return deadline
}

func (s *Scheduler) drain(deadline time.Time) {
	over := make(chan struct{})
	go func() {
		s.runs.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(max(s.clock.Until(deadline), overrunGrace)):
		s.log.Warn("probes did not come back at their deadline and are left behind")
	}
}
