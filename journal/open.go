package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"prober/verdict"
)

const (
	stateFile  = "state.db"
	mostAside  = 3
	refoldSpan = time.Hour
)

// Open opens the journal in dir, making both when they are absent. A journal
// that cannot be used is renamed aside and a new one begun, since a prober
// that does not start is worse than one that forgot; [Journal.Trouble] says
// so. An error is something that a person has to put right.
func Open(dir string, o Options) (*Journal, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w; set data_dir to a directory that this user may write", err)
	}
	if err := checkFileSystem(dir); err != nil {
		return nil, err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	d := &disk{dir: dir, log: o.Log}
	have, err := d.open()
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	j := newJournal(o, d, have)
	j.lock, j.results = lock, openResults(dir)
	d.trouble = func(what trouble, message string, args ...any) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.troubles.say(j.log, what, message, args...)
	}
	for _, t := range d.early {
		d.trouble(t.what, t.message, t.args...)
	}
	j.refold(time.Now())
	return j, nil
}

// refold puts the runs of minutes that an earlier process did not close back
// together.
func (j *Journal) refold(now time.Time) {
	after := now.Add(-refoldSpan)
	if j.newest != nil {
		after = j.newest.Start.Add(j.minute)
	}
	runs, err := j.results.ended(after)
	if err != nil {
		j.log.Warn("the runs before the start cannot be read; their minute may lack some", "error", err)
	}
	for _, r := range runs {
		j.fold.Add(&r)
	}
}

// Close closes the files. Run must have returned.
func (j *Journal) Close() error {
	err := j.store.close()
	if j.results != nil {
		err = errors.Join(err, j.results.close(), j.lock.release())
	}
	return err
}

// disk is a store on state.db that can be renewed while it is read.
type disk struct {
	current atomic.Pointer[sqliteStore]
	dir     string
	log     *slog.Logger
	trouble func(what trouble, message string, args ...any)
	early   []earlyTrouble // before there was a journal to tell
}

func (d *disk) commit(group []op) error { return d.current.Load().commit(group) }
func (d *disk) close() error            { return d.current.Load().close() }

func (d *disk) minutes(after time.Time, limit int) ([]verdict.Minute, error) {
	return d.current.Load().minutes(after, limit)
}

func (d *disk) events(after int64, limit int) ([]verdict.Event, error) {
	return d.current.Load().events(after, limit)
}

type earlyTrouble struct {
	what    trouble
	message string
	args    []any
}

func (d *disk) tell(what trouble, message string, args ...any) {
	if d.trouble == nil {
		d.early = append(d.early, earlyTrouble{what, message, args})
		return
	}
	d.trouble(what, message, args...)
}

// open opens state.db, or a new one when it is unusable.
func (d *disk) open() (contents, error) {
	have, err := d.tryOpen()
	if !errors.Is(err, errUnusable) {
		return have, err
	}
	if err := d.setAside(err); err != nil {
		return contents{}, err
	}
	return d.tryOpen()
}

func (d *disk) tryOpen() (contents, error) {
	s, err := openSQLite(filepath.Join(d.dir, stateFile), func(table string, key int64) {
		d.tell(troubleDamaged, "a row of the journal is damaged and left out", "table", table, "key", key)
	})
	if err != nil {
		return contents{}, fmt.Errorf("opening the journal: %w", err)
	}
	have, err := s.contents()
	if err != nil {
		return contents{}, errors.Join(unusable(err), s.close())
	}
	d.current.Store(s)
	return have, nil
}

// setAside renames the file and what SQLite keeps beside it, and deletes the
// oldest of those set aside before.
func (d *disk) setAside(why error) error {
	path := filepath.Join(d.dir, stateFile)
	aside := path + ".aside-" + time.Now().UTC().Format("20060102T150405.000")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("setting the journal aside: %w", err)
		}
	}
	d.tell(troubleAside, "the journal was unusable and set aside; a new one was begun, and what was not delivered yet is lost", "why", why, "file", aside)
	return d.dropOldest(path + ".aside-")
}

// dropOldest keeps the newest journals that were set aside.
func (d *disk) dropOldest(prefix string) error {
	files, err := filepath.Glob(prefix + "*")
	if err != nil {
		return err
	}
	journals := slices.DeleteFunc(files, func(file string) bool {
		return strings.HasSuffix(file, "-wal") || strings.HasSuffix(file, "-shm")
	})
	slices.Sort(journals)
	for _, old := range journals[:max(0, len(journals)-mostAside)] {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(old + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				d.log.Warn("deleting an old journal", "error", err)
			}
		}
	}
	return nil
}

// A renewal replaces a file that a commit found corrupt. A step that fails is
// taken again at the next commit, since the disk may be full at the time, too.
type renewal struct {
	why           error
	aside, opened bool
}

// renew sets the file aside and writes what is in memory into a new one. When
// an earlier renewal is not complete, it goes on with that.
func (j *Journal) renew(why error) error {
	d, onDisk := j.store.(*disk)
	if !onDisk {
		return why
	}
	if j.renewal == nil {
		j.renewal = &renewal{why: why}
	}
	r := j.renewal
	if !r.aside {
		if err := errors.Join(d.close(), d.setAside(r.why)); err != nil {
			return err
		}
		r.aside = true
	}
	if !r.opened {
		if _, err := d.open(); err != nil {
			return err
		}
		r.opened = true
	}
	err := d.commit(j.remembered())
	switch {
	case isCorrupt(err):
		j.renewal = &renewal{why: err}
	case err == nil:
		j.renewal = nil
	}
	return err
}

// remembered is what is known without a disk. The new file has no event to
// count on from, but consumers stand where they stood.
func (j *Journal) remembered() []op {
	j.mu.Lock()
	defer j.mu.Unlock()
	group := []op{markOp(j.lastEvent)}
	for _, s := range j.states {
		group = append(group, stateOp(s))
	}
	for at, position := range j.positions {
		if at != eventMark {
			group = append(group, positionOp{at, position})
		}
	}
	for at, body := range j.notes {
		group = append(group, noteOp{at, body})
	}
	return group
}
