package scheduler

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"prober/probes"
	"prober/verdict"
)

// start begins a run of e. The lock is held.
func (s *Scheduler) start(e *entry, now time.Time) {
	e.waiting, e.running, e.started, e.overran = false, true, now, false
	s.stats.Runs++
	s.stats.Lateness = max(s.stats.Lateness, now.Sub(e.turn))
	run := verdict.Run{At: time.Now(), Retry: e.turnRetry}
	run.Due = run.At.Add(e.turn.Sub(now))
	s.runs.Go(func() {
		// Not the context of [Scheduler.Run]: a stop must not look like a
		// failure of the target.
		run.Observation, run.Err = observe(context.Background(), &e.Job, s.log)
		run.Took = s.clock.Since(e.started)
		s.finish(e, run)
	})
}

// Once makes one run of a job, now.
func Once(ctx context.Context, job *Job, log *slog.Logger) verdict.Result {
	began := time.Now()
	run := verdict.Run{Due: began, At: began}
	run.Observation, run.Err = observe(ctx, job, log)
	run.Took = time.Since(began)
	return verdict.Judge(&job.Rules, run)
}

// observe makes one run within its deadline. A panic is the probe's answer:
// the others go on, and the person who looks at this probe sees what happened.
func observe(ctx context.Context, job *Job, log *slog.Logger) (o probes.Observation, err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("probe panicked", "probe", job.Rules.Probe, "panic", p, "stack", string(debug.Stack()))
			o, err = probes.Observation{}, &probes.Failure{Reason: probes.SelfPanic, Detail: fmt.Sprintf("%s panicked: %v", job.Rules.Probe, p)}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, job.Timeout)
	defer cancel()
	return job.Probe.Run(ctx)
}

func (s *Scheduler) finish(e *entry, run verdict.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.running = false
	s.pool.leave(e)
	e.slow = run.Took > slowRun
	if e.overran {
		s.log.Warn("probe came back after it was given up", "probe", e.Rules.Probe, "took", run.Took)
		return
	}
	s.judge(e, run)
	e.retryAfter(s.clock.Now())
	heap.Fix(&s.queue, e.place)
}

// missed is called at a slot that finds the run before still going on, or
// waiting for its turn.
func (s *Scheduler) missed(e *entry, now time.Time) {
	s.stats.Skipped++
	age := now.Sub(e.started)
	if !e.running || age < e.Timeout+overrunGrace {
		return
	}
	s.stats.Overruns++
	e.overran = true
	s.judge(e, verdict.Run{Due: time.Now(), At: time.Now(), Err: &probes.Failure{
		Reason: probes.SelfOverrun,
		Detail: fmt.Sprintf("%s has not come back for %s (timeout %s)", e.Rules.Probe, age.Round(time.Second), e.Timeout),
	}})
}

func (s *Scheduler) judge(e *entry, run verdict.Run) {
	result := verdict.Judge(&e.Rules, run)
	var events []verdict.Event
	e.state, events = e.state.Next(&e.Rules, &result)
	e.values = result.Values
	s.sink.Append(result, e.state, events)
}
