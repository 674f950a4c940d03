package verdict

import (
	"slices"
	"strings"
	"time"

	"prober/probes"
)

// Availability is the value that every probe has: the share of the minute's
// scheduled, measured runs that were not CRITICAL (no retries, no UNKNOWN).
const Availability = "availability"

// A minute closes this long after its end, so that a run which ended in its
// last moment is still handed over in time.
const closesAfter = 2 * time.Second

// A Minute is everything measured in one minute of the clock. Once closed it
// never changes, so that every destination gets the same numbers, however
// late.
type Minute struct {
	Start  time.Time `json:"start"`
	Series []Series  `json:"series"` // by probe name
}

// A Series is one probe's part of a minute.
type Series struct {
	Probe       string   `json:"probe"`
	Environment string   `json:"environment,omitempty"`
	Values      []Value  `json:"values"`
	Post        []string `json:"post,omitempty"` // the values that become metrics
}

// Minutes folds results into minutes. The zero value is ready for use; it is
// not safe for concurrent use.
type Minutes struct {
	// Length of a minute, in whole seconds; 0 is a minute. Shorter ones are
	// for showing in seconds what takes minutes.
	Length time.Duration
	open   map[int64]map[string]*folded // by start, by probe
	closed int64                        // start of the newest closed minute
}

func (m *Minutes) length() time.Duration {
	if m.Length == 0 {
		return time.Minute
	}
	return m.Length
}

type folded struct {
	Series
	runs, up int
}

// StartAfter tells that the minutes up to start were closed before, by an
// earlier process.
func (m *Minutes) StartAfter(start time.Time) { m.closed = start.Unix() }

// Add puts r into the minute in which it ended. When that minute is closed
// already, it goes into the oldest one that is not: a number may be drawn a
// minute late, but a minute never changes and no run is lost.
func (m *Minutes) Add(r *Result) {
	start := max(r.Ended().Truncate(m.length()).Unix(), m.closed+int64(m.length().Seconds()))
	if m.open == nil {
		m.open = map[int64]map[string]*folded{}
	}
	if m.open[start] == nil {
		m.open[start] = map[string]*folded{}
	}
	f := m.open[start][r.Probe]
	if f == nil {
		f = &folded{}
		m.open[start][r.Probe] = f
	}
	f.add(r)
}

func (f *folded) add(r *Result) {
	f.Probe, f.Environment, f.Post = r.Probe, r.Environment, r.Post
	for _, v := range r.Values {
		i := slices.IndexFunc(f.Values, func(have Value) bool { return have.Name == v.Name })
		if i < 0 {
			f.Values = append(f.Values, v)
			continue
		}
		spec := probes.ValueSpec{Worse: v.Worse, Fold: v.Fold}
		v.Number = spec.Join(f.Values[i].Number, v.Number)
		f.Values[i] = v
	}
	if !r.Retry && r.Measured() && r.Status != probes.Unknown {
		f.runs++
		if r.Status != probes.Critical {
			f.up++
		}
	}
}

// Close returns the minutes that are over at now, oldest first, and forgets
// them. A minute in which nothing was measured is not among them.
func (m *Minutes) Close(now time.Time) []Minute {
	var over []Minute
	for start, series := range m.open {
		if t := time.Unix(start, 0); !now.Before(t.Add(m.length() + closesAfter)) {
			over = append(over, closeMinute(t, series))
			delete(m.open, start)
		}
	}
	slices.SortFunc(over, func(a, b Minute) int { return a.Start.Compare(b.Start) })
	m.closed = max(m.closed, now.Add(-closesAfter).Truncate(m.length()).Add(-m.length()).Unix())
	return over
}

func closeMinute(start time.Time, series map[string]*folded) Minute {
	minute := Minute{Start: start.UTC()}
	for _, f := range series {
		if f.runs > 0 {
			f.Values = append(f.Values, Value{Name: Availability, Number: float64(f.up) / float64(f.runs), Unit: probes.Ratio, Worse: probes.Lower})
		}
		minute.Series = append(minute.Series, f.Series)
	}
	slices.SortFunc(minute.Series, func(a, b Series) int { return strings.Compare(a.Probe, b.Probe) })
	return minute
}
