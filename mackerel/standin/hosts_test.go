package standin

import (
	"fmt"
	"testing"

	api "github.com/mackerelio/mackerel-client-go"
)

func TestHosts(t *testing.T) {
	f := newFixture(t)
	id, err := f.client.CreateHost(&api.CreateHostParam{Name: "h", CustomIdentifier: "prober:test", RoleFullnames: []string{"svc:web"}})
	f.ok(err)
	if services := fmt.Sprint(f.Services()); services != "[svc]" {
		t.Errorf("services %s; one that a role names is made", services)
	}
	_, err = f.client.CreateHost(&api.CreateHostParam{Name: "other", CustomIdentifier: "prober:test"})
	f.wantStatus(err, 400)
	found, err := f.client.FindHostByCustomIdentifier("prober:test", &api.FindHostByCustomIdentifierParam{})
	if f.ok(err); found.ID != id || found.Status != "working" || found.CreatedAt != int32(noon.Unix()) {
		t.Errorf("found %+v", found)
	}
	_, err = f.client.FindHostByCustomIdentifier("PROBER:test", &api.FindHostByCustomIdentifierParam{})
	f.wantStatus(err, 404)
	_, err = f.client.FindHostByCustomIdentifier("PROBER:test", &api.FindHostByCustomIdentifierParam{CaseInsensitive: true})
	f.ok(err)
	// What mkr update sends: nulls, and no custom identifier, which clears it.
	status, _ := f.ask("PUT", "/api/v0/hosts/"+id, f.Key(), `{"name":"h2","meta":{},"interfaces":null,"roleFullnames":null,"checks":null}`)
	if h := f.Hosts()[0]; status != 200 || h.Name != "h2" || h.CustomIdentifier != "" || fmt.Sprint(h.Roles) != "[svc:web]" {
		t.Errorf("%d, host %+v", status, h)
	}
	f.ok(f.client.UpdateHostRoleFullnames(id, []string{"svc:db"}))
	f.ok(f.client.UpdateHostStatus(id, api.HostStatusPoweroff))
	working, err := f.client.FindHosts(&api.FindHostsParam{})
	f.ok(err)
	off, err := f.client.FindHosts(&api.FindHostsParam{Service: "svc", Roles: []string{"db"}, Statuses: []string{"poweroff"}})
	if f.ok(err); len(working) != 0 || len(off) != 1 {
		t.Errorf("working %v, off %v", working, off)
	}
	f.ok(f.client.PostHostMetricValuesByHostID(id, []*api.MetricValue{{Name: "custom.a.b", Time: noon.Unix(), Value: 4}, {Name: "cpu.user.percentage", Time: noon.Unix(), Value: 1}}))
	latest, err := f.client.FetchLatestMetricValues([]string{id}, []string{"custom.a.b"})
	if f.ok(err); latest[id]["custom.a.b"].Value != 4.0 {
		t.Errorf("latest %v", latest)
	}
	values, err := f.client.FetchHostMetricValues(id, "custom.a.b", noon.Unix()-60, noon.Unix())
	if f.ok(err); len(values) != 1 {
		t.Errorf("values %v", values)
	}
	f.ok(f.client.RetireHost(id)) // its body is null
	if h := f.Hosts()[0]; !h.Retired {
		t.Errorf("host %+v", h)
	}
	f.wantStatus(f.report(id, "c", "OK", noon, 1), 400)
}
