package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"prober/verdict"
)

// contents reads what a journal keeps in memory.
func (s *sqliteStore) contents() (contents, error) {
	have := newContents()
	var u unpacker
	var body []byte
	var p place
	var n, m int64
	err := errors.Join(
		s.each("SELECT body FROM states", func() {
			var state verdict.State
			if u.unpack(body, &state) != nil {
				s.damaged("states", 0)
				return
			}
			have.states[state.Probe] = state
		}, &body),
		s.each("SELECT consumer, stream, position FROM positions", func() { have.positions[p] = n }, &p.consumer, &p.name, &n),
		s.each("SELECT consumer, name, body FROM notes", func() {
			var note []byte
			if u.unpack(body, &note) != nil {
				s.damaged("notes", 0)
				return
			}
			have.notes[p] = note
		}, &p.consumer, &p.name, &body),
		s.each("SELECT start, last FROM alive ORDER BY start", func() {
			have.spans = append(have.spans, span{time.UnixMilli(n), time.UnixMilli(m)})
		}, &n, &m),
		s.each("SELECT coalesce(max(id), 0) FROM events", func() { have.lastEvent = n }, &n),
		s.each("SELECT minute, body FROM minutes ORDER BY minute DESC LIMIT 1", func() {
			have.newest = &verdict.Minute{Start: time.Unix(n, 0).UTC()}
			if u.unpack(body, have.newest) != nil {
				s.damaged("minutes", n)
			}
		}, &n, &body),
	)
	return have, err
}

// each scans every row of a query into places and calls take.
func (s *sqliteStore) each(text string, take func(), places ...any) (err error) {
	rows, err := s.readers.QueryContext(context.Background(), text)
	if err != nil {
		return fmt.Errorf("reading the journal: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return fmt.Errorf("reading the journal: %w", err)
		}
		take()
	}
	return rows.Err()
}
