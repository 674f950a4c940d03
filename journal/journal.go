// Package journal owns what rests: closed minutes, events, states, raw results,
// and how far each consumer has read. It stands between the scheduler, which
// must never wait, and the consumers, of which each has a pace of its own.
//
// [Journal.Append] puts an entry into a tail in memory and returns; a
// committer writes the tail to SQLite in groups. A reader is given an entry
// once it is committed, so that kill -9 cannot have let one consumer see what
// another never gets; but when commits hang, for a second at most: then
// reporting goes on from memory.
package journal

import (
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"prober/verdict"
)

// Options tune a journal. The zero value is what production uses.
type Options struct {
	Log *slog.Logger
	// TailBytes is how much may wait in memory while the disk does not take
	// it; 0 is 64 MiB.
	TailBytes int
	// Minute is the length of a minute; 0 is a minute. See [verdict.Minutes].
	Minute time.Duration
}

const defaultTail = 64 << 20

// Journal is safe for concurrent use.
type Journal struct {
	log     *slog.Logger
	store   store
	results *results // nil in memory
	lock    *dirLock // nil in memory

	minute time.Duration // its length

	mu        sync.Mutex
	fold      verdict.Minutes
	tail      tail
	states    map[string]verdict.State
	positions map[place]int64
	notes     map[place][]byte
	newest    *verdict.Minute // that is committed
	lastEvent int64           // ID given last
	finished  bool            // no minute is closed any more
	spans     []span
	troubles  troubles
	renewal   *renewal // the committer's own; nil when state.db is sound

	work    chan struct{} // there is something in the tail
	keep    chan struct{} // raw results shall be written now
	changed broadcast     // there is more to read
	settled broadcast     // a group was committed
}

// place is where a consumer keeps a position or a note.
type place struct{ consumer, name string }

// eventMark is the journal's own position: IDs up to it were given, although
// their events are not on disk. No consumer has an empty name.
var eventMark = place{"", "events"}

func newJournal(o Options, s store, have contents) *Journal {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.TailBytes == 0 {
		o.TailBytes = defaultTail
	}
	if o.Minute == 0 {
		o.Minute = time.Minute
	}
	j := &Journal{
		log: o.Log, store: s, tail: tail{limit: o.TailBytes}, minute: o.Minute, fold: verdict.Minutes{Length: o.Minute},
		states: have.states, positions: have.positions, notes: have.notes,
		newest: have.newest, lastEvent: max(have.lastEvent, have.positions[eventMark]), spans: have.spans,
		work: make(chan struct{}, 1), keep: make(chan struct{}, 1),
	}
	if have.newest != nil {
		j.fold.StartAfter(have.newest.Start)
	}
	return j
}

// InMemory returns a journal that behaves as one on disk and forgets
// everything when it is dropped.
func InMemory(o Options) *Journal { return newJournal(o, &memory{}, newContents()) }

// Append takes one judged run. It never waits for anything but memory.
func (j *Journal) Append(r verdict.Result, s verdict.State, events []verdict.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	j.fold.Add(&r)
	if j.results != nil {
		j.tail.addResult(r)
		j.sayLostResults()
	}
	for _, e := range events {
		j.lastEvent++
		e.ID = j.lastEvent
		j.add(now, eventOp(e))
	}
	// The time of the last run alone is not worth a write.
	before := j.states[s.Probe]
	j.states[s.Probe] = s
	if before.LastRun = s.LastRun; before != s {
		j.add(now, stateOp(s))
	}
	if len(j.tail.queue) > 0 {
		j.wake()
	}
}

// add puts op into the tail. The lock is held.
func (j *Journal) add(now time.Time, o op) {
	if shed := j.tail.add(now, o); shed > 0 {
		j.troubles.say(j.log, troubleShed, "the disk does not take what is measured and memory is full: entries are lost", "lost", shed)
	}
	j.sayLostResults()
}

func (j *Journal) sayLostResults() {
	if lost := j.tail.lostResults; lost > 0 {
		j.tail.lostResults = 0
		j.troubles.say(j.log, troubleResults, "the disk does not take what is measured: raw results are lost; states, minutes and events are kept", "lost", lost)
	}
}

func (j *Journal) wake() { poke(j.work) }

// poke leaves a signal, if there is none.
func poke(signal chan struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}

// States returns the state of every probe, by name.
func (j *Journal) States() map[string]verdict.State {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.states)
}

// Forget drops the states that keep does not want: those of probes that are
// gone.
func (j *Journal) Forget(keep func(verdict.State) bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for probe, s := range j.states {
		if !keep(s) {
			delete(j.states, probe)
			j.add(time.Now(), forgetOp(probe))
		}
	}
	j.wake()
}

// Position tells how far consumer has read stream.
func (j *Journal) Position(consumer, stream string) (position int64, known bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	position, known = j.positions[place{consumer, stream}]
	return position, known
}

// SetPosition moves a position. It comes to rest after everything that was
// appended before, so that it never points beyond what is on disk.
func (j *Journal) SetPosition(consumer, stream string, position int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := place{consumer, stream}
	j.positions[at] = position
	j.add(time.Now(), positionOp{at, position})
	j.wake()
}

// Note returns what consumer keeps under name, or nil.
func (j *Journal) Note(consumer, name string) []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.notes[place{consumer, name}]
}

// SetNote keeps a small fact for a consumer.
func (j *Journal) SetNote(consumer, name string, body []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := place{consumer, name}
	j.notes[at] = body
	j.add(time.Now(), noteOp{at, body})
	j.wake()
}

// Minute is the length of a minute.
func (j *Journal) Minute() time.Duration { return j.minute }

// Writable says why the disk does not take what is measured, nil when it does.
func (j *Journal) Writable() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if why, failing := j.troubles[troubleCommit]; failing {
		return errors.New(why)
	}
	return nil
}

// Trouble says why the journal is not what it should be, nil when it is.
func (j *Journal) Trouble() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.troubles.err()
}
