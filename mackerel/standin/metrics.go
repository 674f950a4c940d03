package standin

import (
	"cmp"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Point is one stored value. Time is the start of its minute.
type Point struct {
	Name  string  `json:"name"`
	Time  int64   `json:"time"`
	Value float64 `json:"value"`
}

// An Overwrite is a minute of a service metric that was given another value.
type Overwrite struct {
	Service string  `json:"service"`
	Name    string  `json:"name"`
	Time    int64   `json:"time"`
	Old     float64 `json:"old"`
	New     float64 `json:"new"`
}

// Points returns the points of a service by name and time.
func (o *Organization) Points(service string) []Point {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []Point
	if s := o.services[service]; s != nil {
		for _, name := range sortedKeys(s.metrics) {
			for _, p := range s.metrics[name] {
				all = append(all, Point{name, p.minute, p.value})
			}
		}
	}
	return all
}

// Overwrites returns the minutes of service metrics whose values changed.
func (o *Organization) Overwrites() []Overwrite {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.overwrites.items)
}

var (
	metricName     = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)
	hostMetricName = regexp.MustCompile(`^custom(\.[a-zA-Z0-9_-]+)+$`)
	anyName        = regexp.MustCompile(`.`) // of a system metric: cpu.user.percentage, disk.sda1.reads.delta, …
)

// value is a point as clients send it; time may be a fraction.
type value struct {
	HostID string   `json:"hostId"`
	Name   string   `json:"name"`
	Time   *float64 `json:"time"`
	Value  *float64 `json:"value"`
}

// lastSecond is in the year 2106; what is later is no time in seconds.
const lastSecond = math.MaxUint32

// decodeValues reads the bare array of a POST. One bad point fails it all.
func (o *Organization) decodeValues(c *call, name *regexp.Regexp) ([]value, error) {
	var values []value
	if err := c.decode(&values); err != nil {
		return nil, err
	}
	c.items = len(values)
	if most := o.rules.PointsPerPost; most > 0 && len(values) > most {
		return nil, refuse(http.StatusBadRequest, "more than %d values", most)
	}
	for _, v := range values {
		switch {
		case !name.MatchString(v.Name):
			return nil, refuse(http.StatusBadRequest, "the name of a metric must match %s", name)
		case v.Time == nil || *v.Time < 0 || *v.Time > lastSecond:
			return nil, refuse(http.StatusBadRequest, "time must be in seconds since the epoch")
		case v.Value == nil:
			return nil, refuse(http.StatusBadRequest, "value must be a number")
		}
	}
	return values, nil
}

const (
	oldestPoint = 24 * time.Hour // older ones are dropped with a 200
	newestPoint = 24 * time.Hour // ahead, where the future is taken at all
)

// takes tells whether a point of this time is stored; others are dropped
// without a word.
func (o *Organization) takes(v value, now time.Time) (minute int64, ok bool) {
	ahead := time.Minute
	if o.rules.FuturePoints {
		ahead = newestPoint
	}
	at := int64(*v.Time)
	age := now.Sub(time.Unix(at, 0))
	return at - at%cmp.Or(o.rules.Granularity, 60), -ahead <= age && age <= oldestPoint
}

func (o *Organization) postServiceMetrics(c *call) (any, error) {
	s := o.services[c.PathValue("service")]
	if s == nil {
		return nil, o.rules.unknownService()
	}
	if err := o.limitPosts(s, c.now.Unix()); err != nil {
		return nil, err
	}
	values, err := o.decodeValues(c, metricName)
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		minute, ok := o.takes(v, c.now)
		if !ok {
			continue
		}
		if old, replaced := s.metrics.put(v.Name, minute, *v.Value); replaced && old != *v.Value {
			o.overwrites.add(Overwrite{s.name, v.Name, minute, old, *v.Value})
		}
	}
	return success, nil
}

func (o *Organization) limitPosts(s *service, now int64) error {
	s.posted = slices.DeleteFunc(s.posted, func(t int64) bool { return t <= now-60 || t > now }) // the clock may have been set back
	if most := o.rules.PostsPerMinute; most > 0 && len(s.posted) >= most {
		return refuse(http.StatusTooManyRequests, "Number of requests per minute exceeded. Please post at 1-minute intervals, or post several metrics in one request.")
	}
	s.posted = append(s.posted, now)
	return nil
}

func (o *Organization) getMetricNames(c *call) (any, error) {
	s, err := o.foundService(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"names": sortedKeys(s.metrics)}, nil
}

func (o *Organization) getServiceMetrics(c *call) (any, error) {
	s, err := o.foundService(c)
	if err != nil {
		return nil, err
	}
	return s.metrics.answer(c)
}

func (o *Organization) postHostMetrics(c *call) (any, error) {
	values, err := o.decodeValues(c, anyName)
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if h := o.hosts[v.HostID]; h == nil || h.Retired {
			return nil, o.rules.unknownHost(v.HostID)
		}
		if strings.HasPrefix(v.Name, "custom.") && !hostMetricName.MatchString(v.Name) {
			return nil, refuse(http.StatusBadRequest, "the name of a custom metric must match %s", hostMetricName)
		}
	}
	for _, v := range values {
		if minute, ok := o.takes(v, c.now); ok {
			o.hosts[v.HostID].metrics.put(v.Name, minute, *v.Value)
		}
	}
	return success, nil
}

func (o *Organization) getLatest(c *call) (any, error) {
	latest := map[string]map[string]any{}
	for _, id := range c.URL.Query()["hostId"] {
		latest[id] = map[string]any{}
		if o.hosts[id] == nil {
			continue
		}
		for _, name := range c.URL.Query()["name"] {
			if p, ok := o.hosts[id].metrics.newest(name); ok {
				latest[id][name] = map[string]any{"time": p.minute, "value": p.value}
			}
		}
	}
	return map[string]any{"tsdbLatest": latest}, nil
}

func (o *Organization) getHostMetrics(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	return h.metrics.answer(c)
}

func (o *Organization) getHostMetricNames(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"names": sortedKeys(h.metrics)}, nil
}
