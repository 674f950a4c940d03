package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"prober/verdict"
)

const (
	// keepResultsFor is how long raw results are kept.
	keepResultsFor = 48 * time.Hour
	// keepEvery is how often they are written: what a crash takes away of a
	// minute that was open is at most so much.
	keepEvery = time.Second
)

const resultsSchema = `CREATE TABLE IF NOT EXISTS results (
	ended INTEGER, probe TEXT, at INTEGER, took INTEGER, retry INTEGER,
	status TEXT, reason TEXT, message TEXT, body TEXT, PRIMARY KEY (ended, probe)) WITHOUT ROWID;`

// results are the raw runs, for people and for putting an unfinished minute
// back together: one file a day, keyed time first (probe first writes 47 times
// as much), deleted whole. They are a best effort and never hurt state.db.
type results struct {
	dir string
	mu  sync.Mutex
	day string // of db
	db  *sql.DB
}

func openResults(dir string) *results { return &results{dir: dir} }

func (f *results) path(day string) string { return filepath.Join(f.dir, "results-"+day+".db") }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// write appends runs to the files of their days.
func (f *results) write(runs []verdict.Result) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(runs) > 0 {
		today, n := day(runs[0].Ended()), 1
		for n < len(runs) && day(runs[n].Ended()) == today {
			n++
		}
		if err := f.open(today); err != nil {
			return err
		}
		if err := insert(f.db, runs[:n]); err != nil {
			return err
		}
		runs = runs[n:]
	}
	return nil
}

func (f *results) open(today string) error {
	if f.day == today {
		return nil
	}
	if err := f.closeDay(); err != nil {
		return err
	}
	path := f.path(today)
	db, err := openDB(path, "_txlock=immediate")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	// What is lost with the power is no loss here.
	if _, err := db.ExecContext(context.Background(), "PRAGMA synchronous = NORMAL;"+resultsSchema); err != nil {
		err = errors.Join(err, db.Close())
		if isCorrupt(err) {
			err = errors.Join(err, os.Remove(path))
		}
		return fmt.Errorf("opening %s: %w", path, err)
	}
	f.day, f.db = today, db
	return nil
}

// insert writes what it can; a run that has no JSON does not take the others
// along.
func insert(db *sql.DB, runs []verdict.Result) error {
	ctx := context.Background()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	var bad error
	prepared := statements{tx: tx}
	for _, r := range runs {
		body, err := json.Marshal(r)
		if err != nil {
			bad = fmt.Errorf("a run of %s: %w", r.Probe, err)
			continue
		}
		if err := prepared.exec(ctx, "INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			r.Ended().UnixMilli(), r.Probe, r.At.UnixMilli(), r.Took.Microseconds(), r.Retry, r.Status.String(), string(r.Reason), r.Message, string(body)); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return errors.Join(tx.Commit(), bad)
}

// ended reads the runs that ended at or after t, oldest first.
func (f *results) ended(t time.Time) ([]verdict.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []verdict.Result
	for at := t; day(at) <= day(time.Now()); at = at.Add(24 * time.Hour) {
		runs, err := f.query(day(at), "SELECT body FROM results WHERE ended >= ? ORDER BY ended", t.UnixMilli())
		if err != nil {
			return found, err
		}
		found = append(found, runs...)
	}
	return found, nil
}

// query reads from one day's file.
func (f *results) query(of, text string, args ...any) (found []verdict.Result, err error) {
	if _, err := os.Stat(f.path(of)); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err := f.open(of); err != nil {
		return nil, err
	}
	rows, err := f.db.QueryContext(context.Background(), text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var body []byte
		var r verdict.Result
		if err := rows.Scan(&body); err != nil {
			return found, err
		}
		if json.Unmarshal(body, &r) == nil {
			found = append(found, r)
		}
	}
	return found, rows.Err()
}

// prune deletes the files of days that are over for long enough.
func (f *results) prune(now time.Time) {
	files, _ := filepath.Glob(f.path("*"))
	oldest := day(now.Add(-keepResultsFor))
	for _, file := range files {
		of := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "results-"), ".db")
		if of < oldest {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(file + suffix) // tried again in a minute
			}
		}
	}
}

func (f *results) closeDay() error {
	if f.db == nil {
		return nil
	}
	err := f.db.Close()
	f.db, f.day = nil, ""
	return err
}

func (f *results) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closeDay()
}

// Results returns the newest runs of a probe since a time, newest first, at
// most limit. A journal in memory keeps none.
func (j *Journal) Results(probe string, since time.Time, limit int) ([]verdict.Result, error) {
	if j.results == nil {
		return nil, nil
	}
	f := j.results
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []verdict.Result
	for at := time.Now(); day(at) >= day(since) && len(found) < limit; at = at.Add(-24 * time.Hour) {
		runs, err := f.query(day(at), "SELECT body FROM results WHERE probe = ? AND ended >= ? ORDER BY ended DESC LIMIT ?", probe, since.UnixMilli(), limit-len(found))
		if err != nil {
			return found, err
		}
		found = append(found, runs...)
	}
	return found, nil
}

// keeping writes raw results once in a while, apart from state.db: what befalls
// their file must not hold that up.
func (j *Journal) keeping(stop <-chan struct{}) {
	for stopped := false; !stopped; {
		select {
		case <-time.After(keepEvery):
		case <-j.keep:
		case <-stop:
			stopped = true
		}
		j.keepResults()
	}
}

// keepResults writes the raw results there are. Those that cannot be kept are
// dropped, and that is said.
func (j *Journal) keepResults() {
	j.mu.Lock()
	runs := j.tail.results
	j.tail.results, j.tail.inFile, j.tail.leaving = nil, 0, len(runs)
	j.mu.Unlock()
	if len(runs) == 0 {
		return
	}
	err := j.results.write(runs)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tail.leaving = 0
	if err != nil {
		j.troubles.say(j.log, troubleResults, "raw results cannot be kept; states, minutes and events are", "error", err)
	} else {
		j.troubles.over(j.log, troubleResults, "raw results are kept again")
	}
	j.settled.all()
}
