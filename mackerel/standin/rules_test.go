package standin

import (
	"testing"

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
	if points := f.Points("external"); len(points) != 1 {
		t.Errorf("a point of the future was dropped")
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
