package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"prober/verdict"
)

// steps bring state.db from each version to the next; the version is how many
// were taken. A step, once released, is never changed.
var steps = []string{`
	CREATE TABLE minutes (minute INTEGER PRIMARY KEY, body BLOB NOT NULL);
	CREATE TABLE events (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL);
	CREATE TABLE states (probe TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
	CREATE TABLE positions (consumer TEXT, stream TEXT, position INTEGER NOT NULL, PRIMARY KEY (consumer, stream)) WITHOUT ROWID;
	CREATE TABLE notes (consumer TEXT, name TEXT, body BLOB NOT NULL, PRIMARY KEY (consumer, name)) WITHOUT ROWID;
	CREATE TABLE alive (start INTEGER PRIMARY KEY, last INTEGER NOT NULL);`,
}

// sqliteStore is state.db. One connection writes; readers have their own.
type sqliteStore struct {
	writer, readers *sql.DB
	packer          packer                        // of the one that commits
	damaged         func(table string, key int64) // a row does not match its checksum
}

// openSQLite opens or makes the file and checks it. The error of a file that
// is damaged, or of a version from the future, is [errUnusable].
func openSQLite(path string, damaged func(string, int64)) (*sqliteStore, error) {
	s := &sqliteStore{damaged: damaged}
	var err error
	if s.writer, err = openDB(path, "_txlock=immediate"); err != nil {
		return nil, err
	}
	s.writer.SetMaxOpenConns(1)
	if s.readers, err = openDB(path, "_pragma=query_only(true)"); err != nil {
		return nil, errors.Join(err, s.writer.Close())
	}
	s.readers.SetMaxOpenConns(4)
	if err := errors.Join(s.check(), s.migrate()); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openDB opens a database file that only this user may read.
func openDB(path, more string) (*sql.DB, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
	return sql.Open("sqlite", name+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=journal_size_limit(67108864)&"+more)
}

// errUnusable is a file that has to be set aside.
var errUnusable = errors.New("unusable")

func (s *sqliteStore) check() error {
	var verdict string
	if err := s.writer.QueryRowContext(context.Background(), "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return unusable(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", errUnusable, verdict)
	}
	return nil
}

func (s *sqliteStore) migrate() error {
	ctx := context.Background()
	var version int
	if err := s.writer.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return unusable(err)
	}
	if version > len(steps) {
		return fmt.Errorf("%w: it was written by a newer prober (version %d, this one knows %d)", errUnusable, version, len(steps))
	}
	for ; version < len(steps); version++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT;", steps[version], version+1)
		if _, err := s.writer.ExecContext(ctx, step); err != nil {
			return unusable(fmt.Errorf("migrating to version %d: %w", version+1, err))
		}
	}
	return nil
}

// unusable marks err as the file's own fault, unless it is the disk's or that
// of another process.
func unusable(err error) error {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_SCHEMA:
		return fmt.Errorf("%w: %w", errUnusable, err)
	}
	return err
}

// errUnpackable is an entry that has no JSON: a number that is none, or a time
// in a year of five digits. No disk will ever take it.
var errUnpackable = errors.New("cannot be packed")

func isCorrupt(err error) bool {
	code := sqliteCode(err)
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// isOwnFault tells that one entry, and not the disk, is why a commit failed.
func isOwnFault(err error) bool {
	if errors.Is(err, errUnpackable) {
		return true
	}
	switch sqliteCode(err) {
	case sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE:
		return true
	}
	return false
}

// sqliteCode is the primary result code of an error, 0 of any other's.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

func (s *sqliteStore) close() error { return errors.Join(s.readers.Close(), s.writer.Close()) }

func (s *sqliteStore) commit(group []op) error {
	ctx := context.Background()
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	prepared := statements{tx: tx}
	for _, o := range group {
		if err := s.write(ctx, &prepared, o); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// statements prepares each statement of a transaction once.
type statements struct {
	tx     *sql.Tx
	byText map[string]*sql.Stmt
}

func (p *statements) exec(ctx context.Context, query string, args ...any) error {
	stmt := p.byText[query]
	if stmt == nil {
		var err error
		if stmt, err = p.tx.PrepareContext(ctx, query); err != nil {
			return err
		}
		if p.byText == nil {
			p.byText = map[string]*sql.Stmt{}
		}
		p.byText[query] = stmt
	}
	_, err := stmt.ExecContext(ctx, args...)
	return err
}

// write is idempotent: after a commit whose outcome is not known the same
// group is written again.
func (s *sqliteStore) write(ctx context.Context, prepared *statements, o op) error {
	exec := func(query string, args ...any) error { return prepared.exec(ctx, query, args...) }
	put := func(body any, query string, args ...any) error {
		packed, err := s.packer.pack(body)
		if err != nil {
			return fmt.Errorf("%w: %w", errUnpackable, err)
		}
		return exec(query, append(args, packed)...)
	}
	switch o := o.(type) {
	case minuteOp:
		return put(verdict.Minute(o), "INSERT OR IGNORE INTO minutes VALUES (?, ?)", o.Start.Unix())
	case eventOp:
		return put(verdict.Event(o), "INSERT OR IGNORE INTO events VALUES (?, ?, ?)", o.ID, o.At.Unix())
	case stateOp:
		return put(verdict.State(o), "INSERT OR REPLACE INTO states VALUES (?, ?)", o.Probe)
	case forgetOp:
		return exec("DELETE FROM states WHERE probe = ?", string(o))
	case positionOp:
		return exec("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", o.at.consumer, o.at.name, o.position)
	case noteOp:
		return put(o.body, "INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", o.at.consumer, o.at.name)
	case spanOp:
		return exec("INSERT OR REPLACE INTO alive VALUES (?, ?)", o.start.UnixMilli(), o.last.UnixMilli())
	case pruneOp:
		return prune(exec, o)
	}
	return fmt.Errorf("unknown entry %T", o)
}

// prune deletes little at a time. The newest event stays, so that IDs go on
// from it.
func prune(exec func(string, ...any) error, o pruneOp) error {
	minutes, events := o.minutesBefore.Unix(), o.eventsBefore.Unix()
	return errors.Join(
		exec("DELETE FROM minutes WHERE minute IN (SELECT minute FROM minutes WHERE minute < ? ORDER BY minute LIMIT 100)", minutes),
		exec("DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < ? AND id < (SELECT max(id) FROM events) ORDER BY id LIMIT 5000)", events),
		exec("DELETE FROM alive WHERE last < ?", o.eventsBefore.UnixMilli()),
	)
}

func (s *sqliteStore) minutes(after time.Time, limit int) ([]verdict.Minute, error) {
	return query(s, func(m *verdict.Minute, _ int64) {}, "minutes",
		"SELECT minute, body FROM minutes WHERE minute > ? ORDER BY minute LIMIT ?", after.Unix(), limit)
}

func (s *sqliteStore) events(after int64, limit int) ([]verdict.Event, error) {
	return query(s, func(e *verdict.Event, id int64) { e.ID = id }, "events",
		"SELECT id, body FROM events WHERE id > ? ORDER BY id LIMIT ?", after, limit)
}

// query reads rows of a key and a packed body. A damaged row is told and left
// out.
func query[T any](s *sqliteStore, finish func(*T, int64), table, text string, args ...any) (found []T, err error) {
	rows, err := s.readers.QueryContext(context.Background(), text, args...)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var u unpacker
	for rows.Next() {
		var key int64
		var body []byte
		if err := rows.Scan(&key, &body); err != nil {
			return nil, fmt.Errorf("reading %s: %w", table, err)
		}
		var x T
		if err := u.unpack(body, &x); err != nil {
			s.damaged(table, key)
			continue
		}
		finish(&x, key)
		found = append(found, x)
	}
	return found, rows.Err()
}
