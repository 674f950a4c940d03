package journal

import (
	"context"
	"sync"
	"time"

	"prober/verdict"
)

const (
	// A group is written when its first entry is this old, or full.
	groupFor  = 50 * time.Millisecond
	groupSize = 1000
	flushFor  = 3 * time.Second
	// longestPatience is how often a failing disk is tried.
	longestPatience = 5 * time.Second

	keepMinutes = 26 * time.Hour // Mackerel takes none older than 24
	keepEvents  = 7 * 24 * time.Hour

	minuteTick = 250 * time.Millisecond
	pruneTick  = time.Minute
)

// Run closes minutes, writes groups and marks that this process is alive,
// until ctx ends. Then it writes what is left, for at most three seconds.
// Call [Journal.Finish] before that, so that readers have a last look.
func (j *Journal) Run(ctx context.Context) error {
	stop, stopped := make(chan struct{}), make(chan struct{})
	var writers sync.WaitGroup
	writers.Go(func() { j.committing(stop) })
	writers.Go(func() { j.keeping(stop) })
	go func() {
		writers.Wait()
		close(stopped)
	}()
	j.tick(ctx)
	close(stop)
	select {
	case <-stopped:
	case <-time.After(flushFor + groupFor):
	}
	if lost := j.waiting(); lost > 0 {
		j.log.Error("the disk did not take everything in time", "lost", lost, "trouble", j.Trouble())
	}
	return nil
}

// tick does what time asks for.
func (j *Journal) tick(ctx context.Context) {
	ticks, marks, prunes := time.NewTicker(minuteTick), time.NewTicker(markEvery), time.NewTicker(pruneTick)
	defer ticks.Stop()
	defer marks.Stop()
	defer prunes.Stop()
	j.mark(time.Now())
	for {
		select {
		case <-ctx.Done():
			j.mark(time.Now())
			return
		case now := <-ticks.C:
			j.closeMinutes(now)
		case now := <-marks.C:
			j.mark(now)
		case now := <-prunes.C:
			j.prune(now)
		}
	}
}

func (j *Journal) closeMinutes(now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.finished {
		return
	}
	closed := j.fold.Close(now)
	for _, m := range closed {
		j.add(now, minuteOp(m))
	}
	if len(closed) > 0 {
		j.wake()
	}
	if j.tail.hangs(now) {
		j.changed.all()
	}
}

func (j *Journal) prune(now time.Time) {
	if j.results != nil {
		j.results.prune(now)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.add(now, pruneOp{now.Add(-keepMinutes), now.Add(-keepEvents)})
	j.wake()
}

// Finish closes the minutes that are over, for the last time, and flushes: what
// readers then see is all they will see of this process. What is still open is
// folded again by the next one.
func (j *Journal) Finish(patience time.Duration) {
	j.closeMinutes(time.Now())
	j.mu.Lock()
	j.finished = true
	j.mu.Unlock()
	j.Flush(patience)
}

// Flush waits until everything appended so far is written, but not longer than
// patience.
func (j *Journal) Flush(patience time.Duration) {
	late := time.After(patience)
	for {
		settled := j.settled.next()
		if j.waiting() == 0 {
			return
		}
		j.wake()
		poke(j.keep)
		select {
		case <-settled:
		case <-late:
			return
		}
	}
}

// waiting is how much is not written, uncommitted how much of that belongs
// into state.db.
func (j *Journal) waiting() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.tail.queue) + len(j.tail.results) + j.tail.leaving
}

func (j *Journal) uncommitted() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.tail.queue)
}

// committing writes the tail, group by group, until stop is closed and then
// until the tail is empty or it took too long.
func (j *Journal) committing(stop <-chan struct{}) {
	patience := groupFor
	var giveUp <-chan time.Time
	for {
		select {
		case <-j.work:
		case <-stop:
			if giveUp == nil {
				giveUp = time.After(flushFor)
			}
			if j.uncommitted() == 0 {
				return
			}
		}
		// A failing disk is given time, however much waits for it.
		if giveUp == nil && (patience > groupFor || j.uncommitted() < groupSize) {
			select {
			case <-time.After(patience):
			case <-stop:
			}
		}
		if j.commit() {
			patience = groupFor
			continue
		}
		patience = min(2*patience, longestPatience)
		j.wake()
		select {
		case <-giveUp:
			return
		case <-time.After(groupFor):
		}
	}
}

// commit writes one group and tells whether that worked.
func (j *Journal) commit() bool {
	group, last := j.group()
	err := j.write(group)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.troubles.say(j.log, troubleCommit, "the journal cannot be written; everything is kept in memory and tried again", "error", err)
		return false
	}
	j.troubles.over(j.log, troubleCommit, "the journal can be written again")
	j.tail.committed(last)
	if len(group) > 0 && group[0] == markOp(j.tail.lostEvent) {
		j.tail.lostEvent = 0
	}
	readable := false
	for _, o := range group {
		switch o := o.(type) {
		case minuteOp:
			minute := verdict.Minute(o)
			j.newest, readable = &minute, true
		case eventOp:
			readable = true
		}
	}
	if readable {
		j.changed.all()
	}
	if len(j.tail.queue) > 0 {
		j.wake()
	} else {
		j.troubles.over(j.log, troubleShed, "everything that is kept in memory is written")
	}
	j.settled.all()
	return true
}

// group is the front of the tail. Before it comes which events were lost, since
// a position in it may point at one.
func (j *Journal) group() (group []op, last uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.tail.lostEvent > 0 {
		group = append(group, markOp(j.tail.lostEvent))
	}
	for _, q := range j.tail.queue[:min(groupSize, len(j.tail.queue))] {
		group = append(group, q.op)
		last = q.seq
	}
	return group, last
}

// write commits a group. When one entry is at fault, the entries are written
// one by one, so that it cannot hold up the others.
func (j *Journal) write(group []op) error {
	if len(group) == 0 {
		return nil
	}
	if j.renewal != nil {
		if err := j.renew(nil); err != nil {
			return err
		}
	}
	err := j.store.commit(group)
	if isCorrupt(err) {
		if err = j.renew(err); err == nil {
			err = j.store.commit(group)
		}
	}
	if err == nil || !isOwnFault(err) {
		return err
	}
	for _, o := range group {
		if err := j.store.commit([]op{o}); isOwnFault(err) {
			j.log.Error("an entry cannot be written and is left out", "entry", o, "error", err)
			j.leftOut(o)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// leftOut keeps the ID of an event that will never be written from being given
// again: a reader may have seen it while commits hung.
func (j *Journal) leftOut(o op) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e, is := o.(eventOp); is {
		j.tail.lose(e)
	}
}
