package journal

import (
	"slices"
	"sync"
	"time"

	"prober/verdict"
)

// memory is a store without a disk. States, positions and notes rest in the
// Journal itself.
type memory struct {
	mu         sync.Mutex
	minuteList []verdict.Minute
	eventList  []verdict.Event
}

func (m *memory) commit(group []op) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range group {
		switch o := o.(type) {
		case minuteOp:
			m.minuteList = append(m.minuteList, verdict.Minute(o))
		case eventOp:
			m.eventList = append(m.eventList, verdict.Event(o))
		case pruneOp:
			m.minuteList = slices.DeleteFunc(m.minuteList, func(x verdict.Minute) bool { return x.Start.Before(o.minutesBefore) })
			m.eventList = slices.DeleteFunc(m.eventList, func(x verdict.Event) bool { return x.At.Before(o.eventsBefore) })
		}
	}
	return nil
}

func (m *memory) minutes(after time.Time, limit int) ([]verdict.Minute, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, _ := slices.BinarySearchFunc(m.minuteList, after, func(x verdict.Minute, after time.Time) int { return x.Start.Compare(after.Add(1)) })
	return slices.Clone(m.minuteList[i:][:min(limit, len(m.minuteList)-i)]), nil
}

func (m *memory) events(after int64, limit int) ([]verdict.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, _ := slices.BinarySearchFunc(m.eventList, after+1, func(x verdict.Event, id int64) int { return int(x.ID - id) })
	return slices.Clone(m.eventList[i:][:min(limit, len(m.eventList)-i)]), nil
}

func (m *memory) close() error { return nil }
