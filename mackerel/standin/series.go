package standin

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// series are points by metric name, each metric's by time.
type series map[string][]sample

type sample struct {
	minute int64 // when it starts, in seconds
	value  float64
}

// put stores a value and tells what it replaced: a second value of the same
// minute.
func (s series) put(name string, minute int64, value float64) (old float64, replaced bool) {
	samples := s[name]
	i, replaced := slices.BinarySearchFunc(samples, minute, func(p sample, m int64) int { return cmp.Compare(p.minute, m) })
	if replaced {
		old, samples[i].value = samples[i].value, value
		return old, true
	}
	s[name] = slices.Insert(samples, i, sample{minute, value})
	return 0, false
}

// newest is the newest sample of a metric.
func (s series) newest(name string) (sample, bool) {
	if samples := s[name]; len(samples) > 0 {
		return samples[len(samples)-1], true
	}
	return sample{}, false
}

// forget drops samples before a time, and metrics that have no others.
func (s series) forget(before int64) {
	for name, samples := range s {
		i, _ := slices.BinarySearchFunc(samples, before, func(p sample, t int64) int { return cmp.Compare(p.minute, t) })
		if i == len(samples) {
			delete(s, name)
		} else if i > 0 {
			s[name] = slices.Delete(samples, 0, i)
		}
	}
}

// answer is that of the GET of a metric.
func (s series) answer(c *call) (any, error) {
	query := c.URL.Query()
	from, err1 := strconv.ParseInt(query.Get("from"), 10, 64)
	to, err2 := strconv.ParseInt(query.Get("to"), 10, 64)
	name := query.Get("name")
	switch {
	case err1 != nil || err2 != nil:
		return nil, refuse(http.StatusBadRequest, "from and to must be seconds since the epoch")
	case s[name] == nil:
		return nil, refuse(http.StatusNotFound, "metric not found")
	}
	list := []map[string]any{}
	for _, p := range s[name] {
		if from <= p.minute && p.minute <= to {
			list = append(list, map[string]any{"time": p.minute, "value": p.value})
		}
	}
	return map[string]any{"metrics": list}, nil
}

const (
	keepPoints = 48 * time.Hour
	sweepEvery = 10 * time.Minute
)

// sweep forgets old points now and then; the clock may have been set back.
func (o *Organization) sweep(now time.Time) {
	if now.Sub(o.swept).Abs() < sweepEvery {
		return
	}
	o.swept = now
	before := now.Add(-keepPoints).Unix()
	for _, s := range o.services {
		s.metrics.forget(before)
	}
	for _, h := range o.hosts {
		h.metrics.forget(before)
	}
}
