package standin

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	api "github.com/mackerelio/mackerel-client-go"
)

func TestSecondValueOfAMinuteOverwrites(t *testing.T) {
	f := newFixture(t)
	f.service()
	f.ok(f.client.PostServiceMetricValues("external", []*api.MetricValue{{Name: "a.b", Time: noon.Unix(), Value: 1}, {Name: "zero", Time: noon.Unix(), Value: 0}}))
	f.ok(f.client.PostServiceMetricValues("external", []*api.MetricValue{{Name: "a.b", Time: noon.Unix() - 20, Value: 2}, {Name: "a.b", Time: noon.Unix() - 60, Value: 3}}))
	minute := noon.Truncate(time.Minute).Unix()
	want := []Point{{"a.b", minute - 60, 3}, {"a.b", minute, 2}, {"zero", minute, 0}}
	if diff := cmp.Diff(want, f.Points("external")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Overwrite{{"external", "a.b", minute, 1, 2}}, f.Overwrites()); diff != "" {
		t.Error(diff)
	}
	values, err := f.client.FetchServiceMetricValues("external", "a.b", minute-600, minute)
	if f.ok(err); len(values) != 2 || values[1].Value != 2.0 {
		t.Errorf("fetched %v", values)
	}
	names, err := f.client.ListServiceMetricNames("external")
	if f.ok(err); fmt.Sprint(names) != "[a.b zero]" {
		t.Errorf("names %v", names)
	}
}

func TestPointsOfNoUseAreDroppedWithoutAWord(t *testing.T) {
	f := newFixture(t)
	f.service()
	post := func(at time.Time) {
		f.ok(f.client.PostServiceMetricValues("external", []*api.MetricValue{{Name: "m", Time: at.Unix(), Value: 1}}))
	}
	post(noon.Add(-24*time.Hour - time.Second))
	post(noon.Add(5 * time.Minute))
	if points := f.Points("external"); len(points) != 0 {
		t.Errorf("points %v", points)
	}
	post(noon.Add(-24 * time.Hour))
	if points := f.Points("external"); len(points) != 1 {
		t.Errorf("a point of exactly 24 hours was dropped")
	}
	status, _ := f.ask("POST", "/api/v0/services/external/tsdb", f.Key(), fmt.Sprintf(`[{"name":"f","time":%d.75,"value":1}]`, noon.Unix()))
	if points := f.Points("external"); status != 200 || len(points) != 2 {
		t.Errorf("a time with a fraction: %d, %v", status, points)
	}
}

func TestBadMetricsFailTheWholePost(t *testing.T) {
	f := newFixture(t)
	f.service()
	good := `{"name":"m","time":1795521600,"value":1}`
	for _, bad := range []string{
		`{"name":"a b","time":1795521600,"value":1}`, `{"name":"","time":1795521600,"value":1}`, `{"name":"m","value":1}`,
		`{"name":"m","time":1795521600}`, `{"name":"m","time":-1,"value":1}`, `{"name":"m","time":1795521600,"value":"1"}`,
	} {
		if status, _ := f.ask("POST", "/api/v0/services/external/tsdb", f.Key(), "["+good+","+bad+"]"); status != 400 {
			t.Errorf("%s: %d", bad, status)
		}
	}
	if points := f.Points("external"); len(points) != 0 {
		t.Errorf("points %v", points)
	}
}

func TestPostsOfAServiceAreLimited(t *testing.T) {
	rules := DefaultRules()
	rules.PostsPerMinute, rules.PointsPerPost, rules.BodyBytes = 3, 2, 1000
	f := newFixture(t, WithRules(rules))
	f.service()
	post := func(points int) error {
		var values []*api.MetricValue
		for i := range points {
			values = append(values, &api.MetricValue{Name: fmt.Sprint("m", i), Time: noon.Unix(), Value: 1})
		}
		return f.client.PostServiceMetricValues("external", values)
	}
	f.ok(post(2))
	f.wantStatus(post(3), 400)
	f.wantStatus(post(100), 413)
	f.ok(post(1))
	f.wantStatus(post(1), 429)
	f.now = f.now.Add(time.Minute)
	f.ok(post(1))
}

func TestServices(t *testing.T) {
	f := newFixture(t)
	f.service()
	_, err := f.client.CreateService(&api.CreateServiceParam{Name: "external"})
	f.wantStatus(err, 400)
	services, err := f.client.FindServices()
	if f.ok(err); len(services) != 1 || services[0].Name != "external" {
		t.Errorf("services %+v", services)
	}
	org, err := f.client.GetOrg()
	if f.ok(err); org.Name != "test" {
		t.Errorf("org %+v", org)
	}
	monitors, err := f.client.FindMonitors()
	if f.ok(err); len(monitors) != 0 {
		t.Errorf("monitors %v", monitors)
	}
	_, err = f.client.DeleteService("external")
	f.ok(err)
	_, err = f.client.DeleteService("external")
	f.wantStatus(err, 404)
}

func TestRoles(t *testing.T) {
	f := newFixture(t)
	f.service()
	f.role("external", "web")
	_, err := f.client.CreateRole("external", &api.CreateRoleParam{Name: "web"})
	f.wantStatus(err, 400)
	_, err = f.client.CreateRole("external", &api.CreateRoleParam{Name: "a b"})
	f.wantStatus(err, 400)
	_, err = f.client.CreateRole("nowhere", &api.CreateRoleParam{Name: "web"})
	f.wantStatus(err, 404)
	id := f.host()
	f.ok(f.client.UpdateHostRoleFullnames(id, []string{"external:web", "external: db"}))
	roles, err := f.client.FindRoles("external")
	if f.ok(err); len(roles) != 2 || roles[0].Name != "db" {
		t.Errorf("roles %v", roles)
	}
	_, err = f.client.DeleteRole("external", "web")
	f.ok(err)
	_, err = f.client.DeleteRole("external", "web")
	f.wantStatus(err, 404)
	if got := fmt.Sprint(f.Hosts()[0].Roles); got != "[external:db]" {
		t.Errorf("roles of the host %s", got)
	}
}

func TestALimitIsOverWhenTheClockIsSetBack(t *testing.T) {
	rules := DefaultRules()
	rules.PostsPerMinute = 1
	f := newFixture(t, WithRules(rules))
	f.service()
	f.ok(f.client.PostServiceMetricValues("external", nil))
	f.now = f.now.Add(-2 * time.Hour)
	f.ok(f.client.PostServiceMetricValues("external", nil))
}

func TestHostMetricNames(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	value := &api.MetricValue{Name: "custom.a.b", Time: noon.Unix(), Value: 1}
	f.ok(f.client.PostHostMetricValues([]*api.HostMetricValue{{HostID: id, MetricValue: value}}))
	names, err := f.client.ListHostMetricNames(id)
	if f.ok(err); len(names) != 1 || names[0] != "custom.a.b" {
		t.Errorf("names %v", names)
	}
	_, err = f.client.FetchHostMetricValues(id, "custom.nothing", 0, noon.Unix())
	f.wantStatus(err, 404)
	status, _ := f.ask("POST", "/api/v0/tsdb", f.Key(), `[{"hostId":"`+id+`","name":"custom.a b","time":1795521600,"value":1}]`)
	if status != 400 {
		t.Errorf("a bad custom name: %d", status)
	}
}
