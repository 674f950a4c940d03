package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"prober/probes"
	"prober/verdict"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder is a sink that remembers.
type recorder struct {
	mu      sync.Mutex
	results []verdict.Result
	events  []verdict.Event
	states  map[string]verdict.State
}

func (r *recorder) Append(result verdict.Result, s verdict.State, events []verdict.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.states == nil {
		r.states = map[string]verdict.State{}
	}
	r.results = append(r.results, result)
	r.events = append(r.events, events...)
	r.states[s.Probe] = s
}

func (r *recorder) of(probe string) []verdict.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.results), func(r verdict.Result) bool { return r.Probe != probe })
}

// probeFunc makes a probe of a function.
type probeFunc func(context.Context) (probes.Observation, error)

func (f probeFunc) Run(ctx context.Context) (probes.Observation, error) { return f(ctx) }

func fine(context.Context) (probes.Observation, error) { return probes.Observation{}, nil }

func refused(context.Context) (probes.Observation, error) {
	return probes.Observation{Failure: &probes.Failure{Reason: probes.ConnectRefused, Detail: "refused"}}, nil
}

func job(name string, interval time.Duration, p probeFunc) Job {
	return Job{
		Rules: verdict.Rules{Probe: name, Kind: "test", MaxCheckAttempts: 3}, Probe: p,
		Interval: interval, Timeout: min(10*time.Second, interval*8/10), RetryInterval: min(10*time.Second, interval),
	}
}

// during runs jobs for d of the bubble's time.
func during(t *testing.T, d time.Duration, o Options, jobs ...Job) (*recorder, Stats) {
	t.Helper()
	sink := &recorder{}
	o.Sink, o.Log = sink, slog.New(slog.DiscardHandler)
	s := New(jobs, o)
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return sink, s.Stats()
}

func TestThousandProbesDoNotHerd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var jobs []Job
		for i := range 1000 {
			jobs = append(jobs, job(fmt.Sprintf("nlb-%04d", i), time.Minute, fine))
		}
		release := make(chan int)
		defer close(release)
		beside := []Job{
			job("panics", time.Minute, func(context.Context) (probes.Observation, error) { panic("boom") }),
			job("hangs", time.Minute, func(context.Context) (probes.Observation, error) { <-release; return probes.Observation{}, nil }),
		}
		sink, stats := during(t, 3*time.Minute+2*tick, Options{}, append(beside, jobs...)...)
		var starts []time.Time
		ran := map[string]int{}
		for _, r := range sink.results {
			if r.Retry {
				continue
			}
			starts = append(starts, r.At)
			ran[r.Probe]++
		}
		slices.SortFunc(starts, time.Time.Compare)
		busiest := 0
		for from, to := 0, 0; to < len(starts); to++ {
			for starts[to].Sub(starts[from]) >= 100*time.Millisecond {
				from++
			}
			busiest = max(busiest, to-from+1)
		}
		if busiest > 10 {
			t.Errorf("%d starts within 100 ms, want at most 10", busiest)
		}
		for _, j := range jobs {
			if n := ran[j.Rules.Probe]; n < 3 {
				t.Errorf("%s ran %d times in three intervals", j.Rules.Probe, n)
			}
		}
		if stats.Lateness > 2*tick {
			t.Errorf("lateness %v with nothing in the way", stats.Lateness)
		}
		t.Logf("busiest 100 ms: %d starts", busiest)
	})
}

func TestSlotsDoNotDriftAndSurviveRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var phases []time.Duration
		for range 3 {
			sink, _ := during(t, 5*time.Minute, Options{}, job("p", 30*time.Second, fine))
			for _, r := range sink.results {
				phases = append(phases, time.Duration(r.Due.UnixNano())%(30*time.Second))
			}
			time.Sleep(7 * time.Second)
		}
		if len(phases) < 29 || slices.Max(phases)-slices.Min(phases) > 0 {
			t.Errorf("phases %v, want one and the same", phases)
		}
	})
}

func TestPanicIsUnknownAndDisturbsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, _ := during(t, 5*time.Minute, Options{},
			job("panics", time.Minute, func(context.Context) (probes.Observation, error) { panic("boom") }),
			job("fine", time.Minute, fine))
		r := sink.of("panics")[0]
		if r.Status != probes.Unknown || r.Reason != probes.SelfPanic || !strings.Contains(r.Message, "boom") {
			t.Errorf("result %+v", r)
		}
		if n := len(sink.of("fine")); n != 5 {
			t.Errorf("the neighbour ran %d times in five minutes", n)
		}
	})
}

func TestHangingProbeOverrunsAndDisturbsNobody(t *testing.T) {
	// The probe that never comes back outlives the bubble, hence real time.
	release := make(chan int)
	defer close(release)
	hangs := job("hangs", time.Second, func(context.Context) (probes.Observation, error) {
		<-release
		return probes.Observation{}, nil
	})
	hangs.Timeout = 100 * time.Millisecond
	sink, stats := during(t, 4500*time.Millisecond, Options{}, hangs, job("fine", time.Second, fine))
	results := sink.of("hangs")
	if len(results) < 2 || stats.Overruns != uint64(len(results)) {
		t.Fatalf("results %+v, stats %+v; want an overrun for each slot past the deadline", results, stats)
	}
	for _, r := range results {
		if r.Status != probes.Unknown || r.Reason != probes.SelfOverrun {
			t.Errorf("result %+v", r)
		}
	}
	if n := len(sink.of("fine")); n < 4 {
		t.Errorf("the neighbour ran %d times in 4.5 s", n)
	}
}

func TestRunThatWasGivenUpIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		j := job("late", time.Minute, func(ctx context.Context) (probes.Observation, error) {
			if runs++; runs == 1 {
				time.Sleep(150 * time.Second) // whatever its context says
				return refused(ctx)
			}
			return fine(ctx)
		})
		sink, stats := during(t, 6*time.Minute, Options{}, j)
		for _, r := range sink.results {
			if r.Reason == probes.ConnectRefused {
				t.Errorf("a run of %v was judged although it was given up", r.Took)
			}
		}
		if last := sink.results[len(sink.results)-1]; stats.Overruns != 2 || last.Status != probes.OK {
			t.Errorf("%d overruns, in the end %+v", stats.Overruns, last)
		}
	})
}

func TestProblemIsRetriedUntilItIsHardOrOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := 0
		flaky := func(ctx context.Context) (probes.Observation, error) {
			if fails++; fails <= 2 {
				return refused(ctx)
			}
			return fine(ctx)
		}
		sink, _ := during(t, 3*time.Minute, Options{}, job("down", time.Minute, refused), job("flaky", time.Minute, flaky))
		// due of each run in seconds after the first.
		seconds := func(probe string) (at []int) {
			results := sink.of(probe)
			for _, r := range results {
				at = append(at, int(r.At.Sub(results[0].At).Round(time.Second)/time.Second))
			}
			return at
		}
		if got, want := fmt.Sprint(seconds("down")), "[0 10 20 60 120]"; got != want {
			t.Errorf("down ran at %s, want %s", got, want)
		}
		if got, want := fmt.Sprint(seconds("flaky")), "[0 10 20 60 120]"; got != want {
			t.Errorf("flaky ran at %s, want %s", got, want)
		}
		var told []string
		for _, e := range sink.events {
			if e.What == verdict.Changed {
				told = append(told, e.Probe+" "+e.Status.String())
			}
		}
		slices.Sort(told)
		if got, want := fmt.Sprint(told), "[down CRITICAL flaky OK]"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

func TestStateGoesOnAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := job("down", time.Minute, refused)
		first, _ := during(t, 70*time.Second, Options{}, down)
		if s := first.states["down"]; !s.Soft && s.LastHard != probes.Critical {
			t.Fatalf("state %+v before the restart", s)
		}
		second, _ := during(t, 3*time.Minute, Options{States: first.states}, down)
		for _, e := range second.events {
			if e.What == verdict.Changed && first.states["down"].LastHard == probes.Critical {
				t.Errorf("told again what was told before the restart: %+v", e)
			}
		}
		down.Rules.Kind = "other"
		third, _ := during(t, 3*time.Minute, Options{States: first.states}, down)
		if len(third.events) == 0 || third.events[0].What != verdict.Changed {
			t.Errorf("a probe of another kind is another probe: %+v", third.events)
		}
	})
}

func TestSlowProbesCannotStarveQuickOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context) (probes.Observation, error) {
			<-ctx.Done()
			return refused(ctx)
		}
		var jobs []Job
		for i := range 40 {
			j := job(fmt.Sprintf("dead-%d", i), 10*time.Second, slow)
			j.Rules.MaxCheckAttempts = 1
			jobs = append(jobs, j)
		}
		for i := range 20 {
			jobs = append(jobs, job(fmt.Sprintf("live-%d", i), 10*time.Second, fine))
		}
		sink, _ := during(t, 5*time.Minute, Options{Pool: 10}, jobs...)
		// In the first interval nobody is known to be slow yet.
		settled := sink.results[0].At.Add(time.Minute)
		for _, r := range sink.results {
			if late := r.At.Sub(r.Due); strings.HasPrefix(r.Probe, "live") && r.At.After(settled) && late > 100*time.Millisecond {
				t.Errorf("%s was %v late behind dead targets", r.Probe, late)
			}
		}
	})
}

func TestStopWaitsForRunningProbesUpToTheirDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		takesLong := func(ctx context.Context) (probes.Observation, error) {
			select {
			case <-ctx.Done():
				t.Error("a stop cancelled the run")
			case <-time.After(7 * time.Second):
			}
			return probes.Observation{}, nil
		}
		j := job("p", time.Minute, takesLong)
		first := nextSlot(began, j.Interval, phase("p", j.Interval)).Sub(began)
		sink, _ := during(t, first+time.Second, Options{}, j)
		if len(sink.results) != 1 || sink.results[0].Status != probes.OK {
			t.Errorf("results %+v, want the one that was running", sink.results)
		}
		if took := time.Since(began) - first; took < 7*time.Second || took > 8*time.Second {
			t.Errorf("stopped %v after the run began, want as long as the run took", took)
		}
	})
}

func TestNextSlotIsStrictlyLaterAndOnPhase(t *testing.T) {
	at := time.Date(1960, 1, 1, 0, 0, 0, 1, time.UTC)
	for _, interval := range []time.Duration{time.Second, 7 * time.Second, time.Hour} {
		for range 1000 {
			p := phase(at.String(), interval)
			next := nextSlot(at, interval, p)
			if wait := next.Sub(at); wait <= 0 || wait > interval || (next.UnixNano()-int64(p))%int64(interval) != 0 {
				t.Fatalf("the slot after %v at %v+%v is %v", at, interval, p, next)
			}
			at = at.Add(wait(next, at) + 13*time.Hour)
		}
	}
}

func wait(next, at time.Time) time.Duration { return next.Sub(at) / 3 }
