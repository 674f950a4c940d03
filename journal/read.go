package journal

import (
	"time"

	"prober/verdict"
)

// Changed is closed when there is more to read than before the call.
func (j *Journal) Changed() <-chan struct{} { return j.changed.next() }

// NewestEvent is the ID of the newest event, readable yet or not.
func (j *Journal) NewestEvent() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lastEvent
}

// NewestMinute returns the newest closed minute; it never waits for the disk.
func (j *Journal) NewestMinute() (verdict.Minute, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	newest := j.newest
	j.tail.visible(time.Now(), func(o op) {
		if m, is := o.(minuteOp); is {
			minute := verdict.Minute(m)
			newest = &minute
		}
	})
	if newest == nil {
		return verdict.Minute{}, false
	}
	return *newest, true
}

// Minutes returns at most limit closed minutes that start after a time, oldest
// first.
func (j *Journal) Minutes(after time.Time, limit int) ([]verdict.Minute, error) {
	return read(j, limit,
		func(o op) (verdict.Minute, bool) { m, is := o.(minuteOp); return verdict.Minute(m), is },
		func(m verdict.Minute) int64 { return m.Start.Unix() }, after.Unix(), int64(j.minute.Seconds()),
		func(limit int) ([]verdict.Minute, error) { return j.store.minutes(after, limit) })
}

// Events returns at most limit events with an ID above after, in order.
func (j *Journal) Events(after int64, limit int) ([]verdict.Event, error) {
	if after >= j.NewestEvent() {
		return nil, nil
	}
	return read(j, limit,
		func(o op) (verdict.Event, bool) { e, is := o.(eventOp); return verdict.Event(e), is },
		func(e verdict.Event) int64 { return e.ID }, after, 1,
		func(limit int) ([]verdict.Event, error) { return j.store.events(after, limit) })
}

// read joins what is on disk with what hangs in the tail. The tail is looked
// at first: what is committed in between is then on disk. When it holds all
// that is asked for, the disk, which may hang, is left alone.
func read[T any](j *Journal, limit int, pick func(op) (T, bool), key func(T) int64, after, step int64, stored func(int) ([]T, error)) ([]T, error) {
	var waiting []T
	j.mu.Lock()
	j.tail.visible(time.Now(), func(o op) {
		if x, is := pick(o); is && key(x) > after {
			waiting = append(waiting, x)
		}
	})
	j.mu.Unlock()
	var found []T
	if len(waiting) == 0 || key(waiting[0]) > after+step {
		var err error
		if found, err = stored(limit); err != nil {
			return nil, err
		}
		if len(found) > 0 {
			after = key(found[len(found)-1])
		}
	}
	for _, x := range waiting {
		if len(found) < limit && key(x) > after {
			found = append(found, x)
		}
	}
	return found, nil
}
