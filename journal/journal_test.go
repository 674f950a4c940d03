package journal

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"prober/probes"
	"prober/verdict"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running opens a journal on disk and runs it until stop, or the test's end.
func running(t *testing.T, dir string) (j *Journal, stop func()) {
	t.Helper()
	j, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j, keepRunning(t, j)
}

func keepRunning(t *testing.T, j *Journal) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := j.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		<-done
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// flush waits until everything is written.
func flush(t *testing.T, j *Journal) {
	t.Helper()
	if j.Flush(time.Minute); j.waiting() > 0 {
		t.Fatalf("not written: %d; trouble: %v", j.waiting(), j.Trouble())
	}
}

// appendEvents appends n runs of probe p, a millisecond apart, each with an
// event.
func appendEvents(j *Journal, n int) {
	for i := range n {
		at := time.Now().Add(time.Duration(i-n) * time.Millisecond)
		e := verdict.Event{At: at.UTC().Truncate(time.Second), What: verdict.Changed, Probe: "p", Status: probes.Critical, Message: fmt.Sprint("number ", j.NewestEvent()+1)}
		s := verdict.State{Probe: "p", Kind: "tcp", Status: probes.Critical, Told: e}
		r := verdict.Result{Probe: "p", Kind: "tcp", At: at, Status: probes.Critical, Message: e.Message, Values: []verdict.Value{{Name: "connect", Number: 1, Unit: probes.Seconds}}}
		j.Append(r, s, []verdict.Event{e})
	}
}

func ids(t *testing.T, j *Journal, after int64, limit int) []int64 {
	t.Helper()
	events, err := j.Events(after, limit)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, e := range events {
		if want := fmt.Sprint("number ", e.ID); e.Message != want {
			t.Errorf("event %d says %q, want %q", e.ID, e.Message, want)
		}
		got = append(got, e.ID)
	}
	return got
}

func upTo(first, last int64) []int64 {
	var all []int64
	for i := first; i <= last; i++ {
		all = append(all, i)
	}
	return all
}

func TestWhatWasAppendedIsThereAfterRestart(t *testing.T) {
	dir := t.TempDir()
	j, stop := running(t, dir)
	appendEvents(j, 2500)
	j.SetPosition("production", "events", 2000)
	j.SetNote("production", "checks", []byte("[p]"))
	flush(t, j)
	stop()
	j, _ = running(t, dir)
	if diff := cmp.Diff(upTo(1, 2500), ids(t, j, 0, 3000)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(upTo(2001, 2100), ids(t, j, 2000, 100)); diff != "" {
		t.Error(diff)
	}
	if position, known := j.Position("production", "events"); position != 2000 || !known {
		t.Errorf("position %d, known %v", position, known)
	}
	if _, known := j.Position("staging", "events"); known {
		t.Error("a position that was never set is known")
	}
	if note := j.Note("production", "checks"); string(note) != "[p]" {
		t.Errorf("note %q", note)
	}
	if s := j.States()["p"]; s.Told.Message != "number 2500" || s.Status != probes.Critical {
		t.Errorf("state %+v", s)
	}
	appendEvents(j, 1)
	flush(t, j)
	if diff := cmp.Diff([]int64{2501}, ids(t, j, 2500, 10)); diff != "" {
		t.Errorf("IDs do not go on: %s", diff)
	}
	if runs, err := j.Results("p", time.Now().Add(-time.Hour), 10); err != nil || len(runs) != 10 {
		t.Errorf("%d runs, error %v", len(runs), err)
	}
}

func TestForgottenProbesStayForgotten(t *testing.T) {
	dir := t.TempDir()
	j, stop := running(t, dir)
	appendEvents(j, 1)
	j.Forget(func(verdict.State) bool { return false })
	stop()
	j, _ = running(t, dir)
	if states := j.States(); len(states) != 0 {
		t.Errorf("states %v", states)
	}
}

// The runs of a minute that was open when the process died are folded into it
// by the next one.
func TestUnfinishedMinuteIsPutBackTogether(t *testing.T) {
	dir := t.TempDir()
	start := time.Now().Truncate(time.Minute).Add(-2 * time.Minute)
	j, stop := running(t, dir)
	// It is an hour ago for the fold: minutes close only at the next ticks.
	run := verdict.Result{Probe: "p", At: start.Add(3 * time.Second), Status: probes.OK, Values: []verdict.Value{{Name: "n", Number: 1, Fold: probes.Sum}}}
	j.mu.Lock()
	j.tail.addResult(run)
	run.At = start.Add(4 * time.Second)
	j.tail.addResult(run)
	j.mu.Unlock()
	j.wake()
	flush(t, j)
	stop()
	j, _ = running(t, dir)
	changed := j.Changed()
	if _, ok := j.NewestMinute(); !ok {
		<-changed
	}
	minutes, err := j.Minutes(start.Add(-time.Second), 10)
	if err != nil || len(minutes) != 1 || !minutes[0].Start.Equal(start) || minutes[0].Series[0].Values[0].Number != 2 {
		t.Errorf("minutes %+v, error %v", minutes, err)
	}
}

// What is over when the prober stops is closed by Finish, so that readers can
// have a last look at it; what ends after that is left to the next start.
func TestStopClosesNoMinuteBehindTheReadersBacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := InMemory(Options{Minute: time.Second})
		run := func() { j.Append(verdict.Result{Probe: "p", At: time.Now()}, verdict.State{Probe: "p"}, nil) }
		closed := func() time.Time {
			minute, _ := j.NewestMinute()
			return minute.Start
		}
		first := time.Now()
		time.Sleep(100 * time.Millisecond) // the ticks are 100 ms behind the minutes
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- j.Run(ctx) }()
		run()
		time.Sleep(time.Second)
		run()
		time.Sleep(1950 * time.Millisecond) // the first is over since 50 ms
		if !closed().IsZero() {
			t.Error("the first minute is closed already; this proves nothing")
		}
		j.Finish(time.Second)
		if !closed().Equal(first) {
			t.Error("Finish left a minute open that is over")
		}
		time.Sleep(5 * time.Second) // the second is over, too, and there were ticks
		stop()
		if err := <-ended; err != nil || !closed().Equal(first) {
			t.Errorf("the stop closed the minute %v; error %v", closed(), err)
		}
	})
}

func TestMinutesAreReadOnceTheyAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := InMemory(Options{})
		keepRunning(t, j)
		began := time.Now().Truncate(time.Minute)
		for range 30 {
			j.Append(verdict.Result{Probe: "p", At: time.Now(), Status: probes.OK}, verdict.State{Probe: "p"}, nil)
			time.Sleep(10 * time.Second)
		}
		minutes, err := j.Minutes(began.Add(-1), 100)
		if err != nil || len(minutes) != 4 {
			t.Errorf("after five minutes: %d minutes, %v; want 4, the fifth not being closed", len(minutes), err)
		}
		if some, _ := j.Minutes(began, 2); len(some) != 2 || !some[0].Start.Equal(began.Add(time.Minute)) {
			t.Errorf("after the first, two: %v", some)
		}
		newest, ok := j.NewestMinute()
		if !ok || !newest.Start.Equal(began.Add(3*time.Minute)) {
			t.Errorf("newest %v", newest.Start)
		}
	})
}

// hanging is a store whose commits hang until it is released.
type hanging struct {
	memory
	release chan struct{}
}

func (h *hanging) commit(group []op) error {
	<-h.release
	return h.memory.commit(group)
}

func TestReportingGoesOnWhileCommitsHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{release: make(chan struct{})}
		j := newJournal(Options{}, h, newContents())
		keepRunning(t, j)
		changed := j.Changed()
		began := time.Now()
		appendEvents(j, 5000)
		if waited := time.Since(began); waited > 0 {
			t.Errorf("Append waited %v for the disk", waited)
		}
		if got := ids(t, j, 0, 10); len(got) != 0 {
			t.Errorf("events %v were given out at once, before they were safe", got)
		}
		<-changed
		if waited := time.Since(began); waited < visibleAfter || waited > 2*visibleAfter {
			t.Errorf("readers were told after %v", waited)
		}
		if diff := cmp.Diff(upTo(1, 5000), ids(t, j, 0, math.MaxInt)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(upTo(4991, 5000), ids(t, j, 4990, 10)); diff != "" {
			t.Error(diff)
		}
		time.Sleep(2 * time.Minute)
		if _, ok := j.NewestMinute(); !ok {
			t.Error("no minute while commits hang")
		}
		if blind := j.Blind(began, time.Now()); len(blind) != 1 {
			t.Errorf("blind windows %v, want the time without commits", blind)
		}
		close(h.release)
		flush(t, j)
		if diff := cmp.Diff(upTo(1, 5000), ids(t, j, 0, math.MaxInt)); diff != "" {
			t.Error(diff)
		}
	})
}

// A results file that hangs, here on its lock, must not hold up events.
func TestResultsDoNotHoldUpEvents(t *testing.T) {
	j, _ := running(t, t.TempDir())
	j.results.mu.Lock()
	appendEvents(j, 10)
	changed := j.Changed()
	for len(ids(t, j, 0, 100)) < 10 {
		<-changed
		changed = j.Changed()
	}
	j.results.mu.Unlock()
}

// failing is a store that fails as told.
type failing struct {
	memory
	err func(group []op) error
}

func (f *failing) commit(group []op) error {
	if err := f.err(group); err != nil {
		return err
	}
	return f.memory.commit(group)
}

func TestFailingDiskLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var full atomic.Bool
		full.Store(true)
		f := &failing{err: func([]op) error {
			if full.Load() {
				return fmt.Errorf("database or disk is full")
			}
			return nil
		}}
		j := newJournal(Options{}, f, newContents())
		keepRunning(t, j)
		appendEvents(j, 1500)
		time.Sleep(30 * time.Second)
		if j.Trouble() == nil {
			t.Error("nothing is said of the full disk")
		}
		full.Store(false)
		time.Sleep(longestPatience + time.Second)
		if err := j.Trouble(); err != nil {
			t.Errorf("still in trouble: %v", err)
		}
		if diff := cmp.Diff(upTo(1, 1500), ids(t, j, 0, math.MaxInt)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTailShedsRemindersThenTheOldest(t *testing.T) {
	var tl tail
	tl.limit = 100 * eventOp{}.size()
	reminder, change := verdict.Event{What: verdict.Reminder}, verdict.Event{What: verdict.Changed}
	shed := 0
	for i := range 300 {
		e := change
		if i%2 == 0 {
			e = reminder
		}
		e.ID = int64(i + 1)
		tl.addResult(verdict.Result{})
		shed += tl.add(time.Now(), eventOp(e))
	}
	if tl.bytes > tl.limit || tl.inFile > tl.limit || shed != 300-len(tl.queue) {
		t.Errorf("%d bytes and %d of results with a limit of %d; shed %d, kept %d", tl.bytes, tl.inFile, tl.limit, shed, len(tl.queue))
	}
	newest := slices.ContainsFunc(tl.queue, func(q queued) bool { return q.op.(eventOp).ID == 300 })
	if !newest {
		t.Error("the newest change was shed")
	}
}

func TestBlindWindowsAreTheGapsBetweenMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := InMemory(Options{})
		began := time.Now()
		if blind := j.Blind(began.Add(-time.Hour), began); len(blind) != 0 {
			t.Errorf("an empty journal is blind: %v", blind)
		}
		run := func(d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			if err := j.Run(ctx); err != nil {
				t.Error(err)
			}
		}
		run(5 * time.Minute)
		time.Sleep(20 * time.Second) // shorter than what counts
		run(time.Minute)
		gap := time.Now()
		time.Sleep(time.Hour)
		run(time.Minute)
		blind := j.Blind(began, time.Now())
		if len(blind) != 1 || blind[0].From.Sub(gap).Abs() > markEvery || blind[0].To.Sub(gap.Add(time.Hour)).Abs() > time.Second {
			t.Errorf("blind %v, want the hour after %v", blind, gap)
		}
		if inside := j.Blind(gap.Add(10*time.Minute), gap.Add(20*time.Minute)); len(inside) != 1 || inside[0].To.Sub(inside[0].From) != 10*time.Minute {
			t.Errorf("within it: %v", inside)
		}
	})
}
