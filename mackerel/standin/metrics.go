package standin

import (
	"cmp"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	oldestPoint = 24 * time.Hour // older ones are dropped with a 200
	keepPoints  = 48 * time.Hour
)

// series are points by metric name and by minute: a second value in the same
// minute replaces the first.
type series map[string]map[int64]float64

// A Point is one stored value. Time is the start of its minute.
type Point struct {
	Name  string
	Time  int64
	Value float64
}

// An Overwrite is a minute of a service metric that was given another value.
type Overwrite struct {
	Service, Name string
	Time          int64
	Old, New      float64
}

// Points returns the points of a service by name and time.
func (o *Organization) Points(service string) []Point {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []Point
	if s := o.services[service]; s != nil {
		for name, points := range s.metrics {
			for minute, value := range points {
				all = append(all, Point{name, minute, value})
			}
		}
	}
	slices.SortFunc(all, func(a, b Point) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Time, b.Time)) })
	return all
}

// Overwrites returns the minutes of service metrics whose values changed.
func (o *Organization) Overwrites() []Overwrite {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.overwrites.items)
}

// put stores a value and tells what it replaced.
func (s series) put(name string, minute int64, value float64, now time.Time) (old float64, replaced bool) {
	points := s[name]
	if points == nil {
		points = map[int64]float64{}
		s[name] = points
	}
	old, replaced = points[minute]
	points[minute] = value
	if oldest := now.Add(-keepPoints).Unix(); len(points) > int(keepPoints/time.Minute) {
		maps.DeleteFunc(points, func(t int64, _ float64) bool { return t < oldest })
	}
	return old, replaced
}

// between lists the points of a metric as the API does.
func (s series) between(name string, from, to int64) []map[string]any {
	list := []map[string]any{}
	for _, t := range sortedKeys(s[name]) {
		if from <= t && t <= to {
			list = append(list, map[string]any{"time": t, "value": s[name][t]})
		}
	}
	return list
}

var (
	metricName     = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)
	hostMetricName = regexp.MustCompile(`^custom(\.[a-zA-Z0-9_-]+)+$`)
)

// value is a point as clients send it; time may be a fraction.
type value struct {
	HostID string   `json:"hostId"`
	Name   string   `json:"name"`
	Time   *float64 `json:"time"`
	Value  *float64 `json:"value"`
}

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
		case v.Time == nil || *v.Time < 0 || *v.Time > math.MaxInt32*2.0:
			return nil, refuse(http.StatusBadRequest, "time must be in seconds since the epoch")
		case v.Value == nil:
			return nil, refuse(http.StatusBadRequest, "value must be a number")
		}
	}
	return values, nil
}

// takes tells whether a point of this time is stored; others are dropped
// without a word.
func (o *Organization) takes(v value, now time.Time) (minute int64, ok bool) {
	at := int64(*v.Time)
	age := now.Sub(time.Unix(at, 0))
	return at - at%cmp.Or(o.rules.Granularity, 60), age <= oldestPoint && (age >= -time.Minute || o.rules.FuturePoints)
}

func (o *Organization) postServiceMetrics(c *call) (any, error) {
	s := o.services[c.PathValue("service")]
	if s == nil {
		status := http.StatusBadRequest
		if o.rules.UnknownService404 {
			status = http.StatusNotFound
		}
		return nil, refuse(status, "service not found")
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
		if old, replaced := s.metrics.put(v.Name, minute, *v.Value, c.now); replaced && old != *v.Value {
			o.overwrites.add(Overwrite{s.name, v.Name, minute, old, *v.Value})
		}
	}
	return success, nil
}

func (o *Organization) limitPosts(s *service, now int64) error {
	s.posted = slices.DeleteFunc(s.posted, func(t int64) bool { return t <= now-60 })
	if most := o.rules.PostsPerMinute; most > 0 && len(s.posted) >= most {
		return refuse(http.StatusTooManyRequests, "Number of requests per minute exceeded. Please post at 1-minute intervals, or post several metrics in one request.")
	}
	s.posted = append(s.posted, now)
	return nil
}

func (o *Organization) getMetricNames(c *call) (any, error) {
	s := o.services[c.PathValue("service")]
	if s == nil {
		return nil, refuse(http.StatusNotFound, "service not found")
	}
	return map[string]any{"names": sortedKeys(s.metrics)}, nil
}

func (o *Organization) getServiceMetrics(c *call) (any, error) {
	s := o.services[c.PathValue("service")]
	if s == nil {
		return nil, refuse(http.StatusNotFound, "service not found")
	}
	return s.metrics.answer(c)
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
	return map[string]any{"metrics": s.between(name, from, to)}, nil
}

func (o *Organization) postHostMetrics(c *call) (any, error) {
	values, err := o.decodeValues(c, regexp.MustCompile(`.`))
	if err != nil {
		return nil, err
	}
	for _, v := range values {
		if o.hosts[v.HostID] == nil {
			return nil, refuse(o.rules.UnknownHost, "host %q not found", v.HostID)
		}
		if strings.HasPrefix(v.Name, "custom.") && !hostMetricName.MatchString(v.Name) {
			return nil, refuse(http.StatusBadRequest, "the name of a custom metric must match %s", hostMetricName)
		}
	}
	for _, v := range values {
		if minute, ok := o.takes(v, c.now); ok {
			o.hosts[v.HostID].metrics.put(v.Name, minute, *v.Value, c.now)
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
			if points := o.hosts[id].metrics[name]; len(points) > 0 {
				newest := slices.Max(sortedKeys(points))
				latest[id][name] = map[string]any{"time": newest, "value": points[newest]}
			}
		}
	}
	return map[string]any{"tsdbLatest": latest}, nil
}
