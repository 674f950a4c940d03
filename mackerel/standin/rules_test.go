package standin

import (
	"strings"
	"testing"
	"time"

	api "github.com/mackerelio/mackerel-client-go"
)

func TestSwitches(t *testing.T) {
	rules := DefaultRules()
	rules.UnknownHost, rules.NullChecksClear, rules.EqualOccurredAt, rules.FuturePoints, rules.UnknownService404 = 404, true, true, true, false
	f := newFixture(t, WithRules(rules))
	f.wantStatus(f.report("nowhere", "c", "OK", noon, 1), 404)
	f.wantStatus(f.client.PostServiceMetricValues("external", nil), 400)
	f.service()
	f.ok(f.client.PostServiceMetricValues("external", []*api.MetricValue{{Name: "m", Time: noon.Unix() + 600, Value: 1}}))
	f.ok(f.client.PostServiceMetricValues("external", []*api.MetricValue{{Name: "m", Time: noon.Add(25 * time.Hour).Unix(), Value: 1}}))
	if points := f.Points("external"); len(points) != 1 {
		t.Errorf("points %v; one of ten minutes ahead is taken, one of 25 hours is not", points)
	}
	id := f.host("a", "b")
	f.ok(f.report(id, "b", "CRITICAL", noon, 1))
	f.ok(f.report(id, "b", "WARNING", noon, 1))
	if c := f.Checks()[1]; c.Status != "WARNING" {
		t.Errorf("a report of the same second was ignored: %+v", c)
	}
	f.ask("PUT", "/api/v0/hosts/"+id, f.Key(), `{"name":"h","checks":null}`)
	if left := f.Checks(); len(left) != 1 || left[0].Name != "b" {
		t.Errorf("checks %+v; a closed one should be gone", left)
	}
}

func TestZeroRulesLimitNothing(t *testing.T) {
	f := newFixture(t, WithRules(Rules{}))
	f.service()
	for range 100 {
		f.ok(f.client.PostServiceMetricValues("external", []*api.MetricValue{{Name: strings.Repeat("m", 1000), Time: noon.Unix(), Value: 1}}))
	}
	f.wantStatus(f.report("nowhere", "c", "OK", noon, 1), 400)
}

func TestGranularityIsAMinuteUnlessItIsSet(t *testing.T) {
	for granularity, want := range map[int64]int64{0: 30, 5: 0, 60: 30} {
		f := newFixture(t, WithRules(Rules{Granularity: granularity}))
		f.service()
		f.ok(f.client.PostServiceMetricValues("external", []*api.MetricValue{{Name: "m", Time: noon.Unix(), Value: 1}}))
		if got := noon.Unix() - f.Points("external")[0].Time; got != want {
			t.Errorf("%d: the point is moved by %d s, want %d", granularity, got, want)
		}
	}
}
