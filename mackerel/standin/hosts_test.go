package standin

import (
	"encoding/json"
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

func TestHostsInBulkAreAllOrNone(t *testing.T) {
	f := newFixture(t)
	var ids []string
	for i := range 31 {
		id, err := f.client.CreateHost(&api.CreateHostParam{Name: fmt.Sprint("h", i)})
		f.ok(err)
		ids = append(ids, id)
	}
	f.wantStatus(f.client.BulkUpdateHostStatuses(ids, api.HostStatusStandby), 400)
	f.wantStatus(f.client.BulkUpdateHostStatuses([]string{ids[0], "nowhere"}, api.HostStatusStandby), 404)
	f.wantStatus(f.client.BulkRetireHosts([]string{ids[0], "nowhere"}), 404)
	if h := f.Hosts()[0]; h.Status != "working" || h.Retired {
		t.Errorf("host %+v; nothing should have happened", h)
	}
	f.ok(f.client.BulkUpdateHostStatuses(ids[:30], api.HostStatusStandby))
	f.ok(f.client.BulkRetireHosts(ids[:2]))
	for i, h := range f.Hosts() {
		if (h.Status == "standby") != (i < 30) || h.Retired != (i < 2) || h.Name != fmt.Sprint("h", i) {
			t.Errorf("host %d: %+v", i, h)
		}
	}
}

func TestARetiredHostTakesNothing(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	f.ok(f.client.RetireHost(id))
	f.wantStatus(f.client.PostHostMetricValuesByHostID(id, []*api.MetricValue{{Name: "custom.a.b", Time: noon.Unix(), Value: 1}}), 400)
	f.host() // its custom identifier is free again
}

func TestNullsOfRealClients(t *testing.T) {
	f := newFixture(t)
	var made struct{ ID string }
	for _, body := range []string{
		`{"name":"a","meta":{},"interfaces":null,"roleFullnames":["svc:role"],"checks":null}`,
		`{"name":"b","memo":"m","meta":{},"interfaces":null,"roleFullnames":[],"checks":null,"customIdentifier":"c"}`,
		`{"name":"c","customIdentifier":null,"meta":null}`,
	} {
		status, text := f.ask("POST", "/api/v0/hosts", f.Key(), body)
		if err := json.Unmarshal([]byte(text), &made); status != 200 || err != nil || made.ID == "" {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	for _, call := range [][2]string{{"/api/v0/hosts/" + made.ID + "/retire", "null"}, {"/api/v0/services/svc/tsdb", "null"}, {"/api/v0/monitoring/checks/report", `{"reports":null}`}} {
		if status, text := f.ask("POST", call[0], f.Key(), call[1]); status != 200 || text != `{"success":true}` {
			t.Errorf("%s %s: %d %s", call[0], call[1], status, text)
		}
	}
}

func TestACustomIdentifierMayHoldSlashes(t *testing.T) {
	f := newFixture(t)
	if status, _ := f.ask("POST", "/api/v0/hosts", f.Key(), `{"name":"h","customIdentifier":"a//b c"}`); status != 200 {
		t.Fatal(status)
	}
	if status, text := f.ask("GET", "/api/v0/hosts-by-custom-identifier/a%2F%2Fb%20c", f.Key(), ""); status != 200 {
		t.Errorf("%d %s", status, text)
	}
}
