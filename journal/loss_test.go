package journal

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"prober/probes"
	"prober/verdict"
)

// After a renewal the new file has no event to count on from; consumers still
// stand where they stood in the old one.
func TestIDsGoOnWhenARenewedJournalIsOpenedAgain(t *testing.T) {
	dir := t.TempDir()
	j, stop := running(t, dir)
	appendEvents(j, 500)
	j.SetPosition("production", "events", 500)
	flush(t, j)
	if err := j.renew(errors.New("database disk image is malformed")); err != nil {
		t.Fatal(err)
	}
	stop()
	j, _ = running(t, dir)
	if last := j.NewestEvent(); last != 500 {
		t.Errorf("IDs go on from %d, although a consumer has read up to 500", last)
	}
}

// Consumers may have read what was shed, while commits hung.
func TestShedEventsKeepTheirIDs(t *testing.T) {
	dir := t.TempDir()
	j, stop := running(t, dir)
	appendEvents(j, 5)
	flush(t, j)
	j.mu.Lock()
	j.lastEvent = 9
	j.add(time.Now(), eventOp{ID: 9, At: time.Now(), Message: "number 9"})
	j.tail.bytes += j.tail.limit // memory is full
	j.add(time.Now(), spanOp{})
	j.tail.bytes = 0
	for _, q := range j.tail.queue {
		j.tail.bytes += q.size
		if _, is := q.op.(eventOp); is {
			t.Error("the event was not shed; this proves nothing")
		}
	}
	j.mu.Unlock()
	j.SetPosition("production", "events", 9)
	flush(t, j)
	stop()
	j, _ = running(t, dir)
	if last := j.NewestEvent(); last != 9 {
		t.Errorf("IDs go on from %d, although a consumer has read up to 9", last)
	}
}

func TestTailStaysWithinItsLimitWhateverFillsIt(t *testing.T) {
	j := newJournal(Options{TailBytes: 1 << 20}, &hanging{release: make(chan struct{})}, newContents())
	for i := range 20_000 {
		s := verdict.State{Probe: fmt.Sprint("p", i%100), Attempt: i}
		e := verdict.Event{What: verdict.Changed, Probe: s.Probe}
		j.Append(verdict.Result{Probe: s.Probe, At: time.Now()}, s, []verdict.Event{e})
		j.SetPosition("production", "events", int64(i))
	}
	if j.tail.bytes > j.tail.limit {
		t.Errorf("%d bytes wait with a limit of %d", j.tail.bytes, j.tail.limit)
	}
	events := 0
	for _, q := range j.tail.queue {
		if _, is := q.op.(eventOp); is {
			events++
		}
	}
	if events < 1000 {
		t.Errorf("only %d events are kept: other entries took their room", events)
	}
}

func TestEntryThatCannotBePackedIsLeftOut(t *testing.T) {
	j, _ := running(t, t.TempDir())
	j.mu.Lock()
	j.add(time.Now(), minuteOp{Start: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}) // JSON knows no such year
	j.mu.Unlock()
	appendEvents(j, 5)
	j.Flush(3 * time.Second)
	if diff := cmp.Diff(upTo(1, 5), ids(t, j, 0, 100)); diff != "" || j.waiting() > 0 {
		t.Errorf("%d wait; %v; %s", j.waiting(), j.Trouble(), diff)
	}
}

func TestRenewalThatFailedIsTriedAgain(t *testing.T) {
	j, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	d := j.store.(*disk)
	good := d.dir
	d.dir = filepath.Join(good, "gone")
	if err := j.renew(errors.New("database disk image is malformed")); err == nil {
		t.Fatal("renewed in a directory that does not exist; this proves nothing")
	}
	d.dir = good
	appendEvents(j, 3)
	for range 5 {
		j.commit()
	}
	if diff := cmp.Diff(upTo(1, 3), ids(t, j, 0, 10)); diff != "" || j.waiting() > 3 {
		t.Errorf("trouble %v; %s", j.Trouble(), diff)
	}
}

func TestMemoryReadsToTheEnd(t *testing.T) {
	j := InMemory(Options{})
	keepRunning(t, j)
	appendEvents(j, 10)
	flush(t, j)
	if diff := cmp.Diff(upTo(6, 10), ids(t, j, 5, math.MaxInt)); diff != "" {
		t.Error(diff)
	}
}

func TestOneBadResultDoesNotTakeOthersAlong(t *testing.T) {
	j, _ := running(t, t.TempDir())
	now := time.Now()
	for i, n := range []float64{1, math.NaN(), 2} {
		j.Append(verdict.Result{Probe: "p", At: now.Add(time.Duration(i) * time.Millisecond), Status: probes.OK, Values: []verdict.Value{{Name: "n", Number: n}}}, verdict.State{Probe: "p"}, nil)
	}
	flush(t, j)
	if runs, err := j.Results("p", now.Add(-time.Minute), 10); err != nil || len(runs) != 2 {
		t.Errorf("%d runs are kept, want the 2 good ones; %v", len(runs), err)
	}
}

func TestShedResultsAreSaid(t *testing.T) {
	j, err := Open(t.TempDir(), Options{TailBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	for range 5000 { // nobody writes
		j.Append(verdict.Result{Probe: "p", At: time.Now()}, verdict.State{}, nil)
	}
	if j.Trouble() == nil {
		t.Error("raw results were lost and nothing is said")
	}
}

func TestFailingDiskIsTriedLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int64
		var works atomic.Bool
		f := &failing{err: func([]op) error {
			if works.Load() {
				return nil
			}
			tries.Add(1)
			return errors.New("disk full")
		}}
		j := newJournal(Options{}, f, newContents())
		keepRunning(t, j)
		appendEvents(j, 5000)
		time.Sleep(time.Minute)
		if n := tries.Load(); n > 30 {
			t.Errorf("%d tries in a minute", n)
		}
		works.Store(true)
	})
}

func TestRuinedResultsAreBegunAnew(t *testing.T) {
	dir := t.TempDir()
	j, stop := running(t, dir)
	appendEvents(j, 5)
	flush(t, j)
	stop()
	path := j.results.path(day(time.Now()))
	if err := os.WriteFile(path, []byte(strings.Repeat("garbage", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	j, _ = running(t, dir)
	for range 3 {
		appendEvents(j, 5)
		flush(t, j)
	}
	if runs, err := j.Results("p", time.Now().Add(-time.Hour), 100); err != nil || len(runs) == 0 {
		t.Errorf("%d runs, %v, trouble %v", len(runs), err, j.Trouble())
	}
}

func TestThreeJournalsAreKeptAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, stateFile)
	for range 6 {
		if err := os.WriteFile(path, []byte(strings.Repeat("garbage", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	aside, _ := filepath.Glob(path + ".aside-*")
	kept := map[string]bool{}
	for _, file := range aside {
		kept[strings.TrimSuffix(strings.TrimSuffix(file, "-wal"), "-shm")] = true
	}
	if len(kept) != mostAside {
		t.Errorf("%d are kept, want %d: %v", len(kept), mostAside, aside)
	}
}
