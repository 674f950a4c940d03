package mackerel

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"time"

	api "github.com/mackerelio/mackerel-client-go"

	"prober/probes"
	"prober/verdict"
)

const (
	// Points older than this are dropped by Mackerel without a word.
	oldestPoint = 24 * time.Hour
	// pointsPerPost has no published limit; clients in production use 50–100
	// up to "everything of two minutes".
	pointsPerPost = 500
	postsPerPlan  = 10
	mostBacklog   = 30 // minutes a plan
)

// minutes feeds closed minutes to a service's metrics.
type minutes struct {
	d       Destination
	journal Journal
	service *service
	log     *slog.Logger
	behind  bool // more than a day, which was said
}

// next plans the oldest minutes that were not accepted yet, with the newest
// minute beside them: Mackerel judges only the newest point of a metric, and
// only if that came with or after the older ones.
func (m *minutes) next(now time.Time) ([]request, func(), time.Duration, error) {
	newest, any := m.journal.NewestMinute()
	if !any {
		return nil, nil, 0, nil
	}
	position := m.position(now)
	backlog, err := m.journal.Minutes(position, mostBacklog)
	if err != nil || len(backlog) == 0 {
		return nil, nil, 0, err
	}
	posts, taken := m.plan(backlog, newest)
	accepted := func() { m.journal.SetPosition(m.d.Name, Minutes, backlog[taken-1].Start.Unix()) }
	if len(posts) == 0 { // nothing in them is for this destination
		accepted()
		return m.next(now)
	}
	requests := make([]request, len(posts))
	for i, points := range posts {
		requests[i] = func(ctx context.Context) error { return m.service.post(ctx, points) }
	}
	return requests, accepted, 0, nil
}

// position is the start of the newest minute that was accepted. A destination
// that is seen for the first time starts at the present.
func (m *minutes) position(now time.Time) time.Time {
	seconds, known := m.journal.Position(m.d.Name, Minutes)
	if !known {
		seconds = now.Add(-2 * time.Minute).Unix()
		m.journal.SetPosition(m.d.Name, Minutes, seconds)
	}
	position, oldest := time.Unix(seconds, 0), now.Add(-oldestPoint)
	wasBehind := m.behind
	if m.behind = position.Before(oldest); !m.behind {
		return position
	}
	if !wasBehind {
		m.log.Warn("minutes older than 24 hours are dropped, as Mackerel would", "from", position)
	}
	return oldest
}

// plan puts as much of the backlog into posts as a plan may hold, at least a
// minute, and tells how many minutes that is.
func (m *minutes) plan(backlog []verdict.Minute, newest verdict.Minute) (posts [][]*api.MetricValue, taken int) {
	points := m.points(newest)
	if !newest.Start.After(backlog[len(backlog)-1].Start) {
		points = nil // it is part of the backlog
	}
	for taken < len(backlog) {
		more := m.points(backlog[taken])
		if taken > 0 && len(points)+len(more) > postsPerPlan*pointsPerPost {
			break
		}
		points = append(points, more...)
		taken++
	}
	return split(points), taken
}

// split cuts points into posts by metric, so that all points of a metric stay
// together and are sent oldest first.
func split(points []*api.MetricValue) [][]*api.MetricValue {
	slices.SortStableFunc(points, func(a, b *api.MetricValue) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Time, b.Time))
	})
	var posts [][]*api.MetricValue
	var post []*api.MetricValue
	for i, p := range points {
		begins := i == 0 || points[i-1].Name != p.Name
		if begins && len(post) >= pointsPerPost-mostBacklog {
			posts, post = append(posts, post), nil
		}
		post = append(post, p)
	}
	if len(post) > 0 {
		posts = append(posts, post)
	}
	return posts
}

// points are the metrics of a minute that this destination hears of.
func (m *minutes) points(minute verdict.Minute) []*api.MetricValue {
	var points []*api.MetricValue
	for _, s := range minute.Series {
		if !m.d.Hears(s.Environment) {
			continue
		}
		for _, v := range s.Values {
			// One NaN or infinity would fail the whole post.
			if math.IsNaN(v.Number) || math.IsInf(v.Number, 0) || !slices.Contains(s.Post, v.Name) {
				continue
			}
			points = append(points, &api.MetricValue{Name: metricName(s.Probe, v), Time: minute.Start.Unix(), Value: v.Number})
		}
	}
	return points
}

// metricName puts values of one unit into one graph: Mackerel draws a graph
// per prefix, and service graphs have no unit of their own.
func metricName(probe string, v verdict.Value) string {
	group := map[probes.Unit]string{
		probes.Number: "value", probes.Seconds: "time", probes.Bytes: "bytes",
		probes.Days: "days", probes.Ratio: "ratio", probes.Count: "count",
	}[v.Unit]
	return probe + "." + group + "." + v.Name
}

// service is the service whose metrics are posted; it is made when absent.
type service struct {
	name  string
	api   *api.Client
	known bool
}

func (s *service) post(ctx context.Context, points []*api.MetricValue) error {
	if !s.known {
		if err := s.ensure(ctx); err != nil {
			return err
		}
	}
	err := s.api.PostServiceMetricValuesContext(ctx, s.name, points)
	if statusOf(err) == http.StatusNotFound {
		s.known = false
	}
	return err
}

func (s *service) ensure(ctx context.Context) error {
	services, err := s.api.FindServicesContext(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(services, func(have *api.Service) bool { return have.Name == s.name }) {
		if _, err := s.api.CreateServiceContext(ctx, &api.CreateServiceParam{Name: s.name, Memo: "made by prober"}); err != nil {
			return err
		}
	}
	s.known = true
	return nil
}
