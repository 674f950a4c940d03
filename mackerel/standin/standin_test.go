package standin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	api "github.com/mackerelio/mackerel-client-go"
	"go.uber.org/goleak"

	"prober/internal/loopback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 24, 12, 0, 30, 0, time.UTC)

// fixture is an organization at noon, served on loopback, and the real client.
type fixture struct {
	*testing.T
	*Organization
	url    string
	client *api.Client
	now    time.Time
}

func newFixture(t *testing.T, opts ...Option) *fixture {
	f := &fixture{T: t, now: noon}
	f.Organization = New("test", append(opts, WithClock(func() time.Time { return f.now }))...)
	server := loopback.Serve(t, f.Organization)
	f.url = server.URL
	var err error
	if f.client, err = api.NewClientWithOptions(f.Key(), server.URL, false); err != nil {
		t.Fatal(err)
	}
	f.client.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return f
}

// ask makes a bare request and returns status and body.
func (f *fixture) ask(method, path, key, body string) (int, string) {
	f.Helper()
	r, err := http.NewRequestWithContext(f.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	resp, err := f.client.HTTPClient.Do(r)
	if err != nil {
		f.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		f.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) wantStatus(err error, want int) {
	f.Helper()
	refused, ok := errors.AsType[*api.APIError](err)
	if !ok || refused.StatusCode != want {
		f.Errorf("error %v, want status %d", err, want)
	}
}

func (f *fixture) service() {
	f.Helper()
	_, err := f.client.CreateService(&api.CreateServiceParam{Name: "external"})
	f.ok(err)
}

func (f *fixture) host(checks ...string) string {
	f.Helper()
	param := &api.CreateHostParam{Name: "h", CustomIdentifier: "prober:test"}
	for _, name := range checks {
		param.Checks = append(param.Checks, api.CheckConfig{Name: name})
	}
	id, err := f.client.CreateHost(param)
	f.ok(err)
	return id
}

func (f *fixture) report(id, name, status string, at time.Time, attempts uint) error {
	return f.client.PostCheckReports(&api.CheckReports{Reports: []*api.CheckReport{{
		Source: api.NewCheckSourceHost(id), Name: name, Status: api.CheckStatus(status), Message: name + " " + status, OccurredAt: at.Unix(), MaxCheckAttempts: attempts, NotificationInterval: 5,
	}}})
}

func TestErrorBodies(t *testing.T) {
	f := newFixture(t, WithKey("rw", ReadWrite), WithKey("ro", ReadOnly))
	for _, test := range []struct {
		method, path, key, body string
		status                  int
		want                    string
	}{
		{"GET", "/api/v0/nowhere", "", "", 404, `{"error":{"message":"Not found."}}`},
		{"PATCH", "/api/v0/services", "rw", "", 404, `{"error":{"message":"Not found."}}`},
		{"GET", "/api/v0/services", "", "", 401, `{"error":{"message":"Authentication failed. Please try with valid Api Key."}}`},
		{"GET", "/api/v0/services", "ro", "", 200, `{"services":[]}`},
		{"POST", "/api/v0/services", "ro", `{"name":"external"}`, 403, `{"error":{"message":"permission denied."}}`},
		{"POST", "/api/v0/services", "rw", `{"name":"x"}`, 400, `{"error":{"message":"the name of a service must match ^[A-Za-z0-9][A-Za-z0-9_-]{1,62}$"}}`},
		{"POST", "/api/v0/services", "rw", `{`, 400, `{"error":{"message":"invalid JSON: unexpected EOF"}}`},
		{"POST", "/api/v0/services/external/tsdb", "rw", `[]`, 404, `{"error":{"message":"service not found"}}`},
		{"GET", "/api/v0/org", "rw", "", 200, `{"displayName":null,"name":"test"}`},
	} {
		status, body := f.ask(test.method, test.path, test.key, test.body)
		if status != test.status || body != test.want {
			t.Errorf("%s %s: %d %s; want %d %s", test.method, test.path, status, body, test.status, test.want)
		}
	}
}

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

func TestReportsAreIgnoredWhenLate(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	f.ok(f.report(id, "c", "CRITICAL", noon, 1))
	f.ok(f.report(id, "c", "OK", noon.Add(-time.Second), 1))
	f.ok(f.report(id, "c", "OK", noon, 1))
	f.ok(f.report(id, "old", "CRITICAL", noon.Add(-6*time.Hour), 1))
	var ignored []string
	for _, r := range f.Reports() {
		ignored = append(ignored, r.Ignored)
	}
	if diff := cmp.Diff([]string{"", "out of order", "out of order", "too old"}, ignored); diff != "" {
		t.Error(diff)
	}
	if c := f.Checks()[0]; c.Status != "CRITICAL" || f.Reports()[0].NotificationInterval != 10 {
		t.Errorf("check %+v", c)
	}
}

func TestBadReportsFailTheWholeRequest(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	bad := func(change func(*api.CheckReport)) {
		t.Helper()
		good := api.CheckReport{Source: api.NewCheckSourceHost(id), Name: "c", Status: api.CheckStatusOK, OccurredAt: noon.Unix()}
		wrong := good
		change(&wrong)
		f.wantStatus(f.client.PostCheckReports(&api.CheckReports{Reports: []*api.CheckReport{&good, &wrong}}), 400)
	}
	bad(func(r *api.CheckReport) { r.Name = "a b" })
	bad(func(r *api.CheckReport) { r.Status = "FINE" })
	bad(func(r *api.CheckReport) { r.Message = strings.Repeat("長", 1025) })
	bad(func(r *api.CheckReport) { r.MaxCheckAttempts = 11 })
	bad(func(r *api.CheckReport) { r.Source = api.NewCheckSourceHost("nowhere") })
	f.wantStatus(f.client.PostCheckReports(&api.CheckReports{Reports: slices.Repeat([]*api.CheckReport{{}}, 101)}), 400)
	if reports := f.Reports(); len(reports) != 0 {
		t.Errorf("reports %v", reports)
	}
	long := &api.CheckReport{Source: api.NewCheckSourceHost(id), Name: "c", Status: api.CheckStatusOK, OccurredAt: noon.Unix(), Message: strings.Repeat("長", 1024)}
	f.ok(f.client.PostCheckReports(&api.CheckReports{Reports: []*api.CheckReport{long}}))
}

func TestServerCountsAttemptsAndOpensChangesAndClosesAlerts(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	step := func(status string, attempts uint, want string) {
		t.Helper()
		f.now = f.now.Add(time.Minute)
		f.ok(f.report(id, "c", status, f.now, attempts))
		open, err := f.client.FindAlerts()
		f.ok(err)
		got := ""
		for _, a := range open.Alerts {
			got += a.Status
		}
		if got != want {
			t.Errorf("after %s: open alerts %q, want %q", status, got, want)
		}
	}
	step("CRITICAL", 3, "")
	step("WARNING", 3, "")
	step("OK", 3, "")
	step("CRITICAL", 3, "")
	step("CRITICAL", 3, "")
	step("CRITICAL", 3, "CRITICAL")
	step("WARNING", 3, "WARNING")
	step("OK", 3, "")
	step("UNKNOWN", 1, "UNKNOWN")
	all, err := f.client.FindWithClosedAlerts()
	if f.ok(err); len(all.Alerts) != 2 {
		t.Fatalf("alerts %+v", all.Alerts)
	}
	logs, err := f.client.FindAlertLogs(all.Alerts[1].ID, nil)
	f.ok(err)
	var told []string
	for _, l := range logs.AlertLogs {
		told = append(told, l.Status)
	}
	if diff := cmp.Diff([]string{"OK", "WARNING", "CRITICAL"}, told); diff != "" {
		t.Error(diff)
	}
	closed, err := f.client.CloseAlert(all.Alerts[0].ID, "seen")
	if f.ok(err); closed.Status != "OK" || closed.ClosedAt == 0 || closed.Reason != "seen" {
		t.Errorf("closed %+v", closed)
	}
	f.ok(f.client.UpdateHostStatus(id, api.HostStatusMaintenance))
	f.now = f.now.Add(7 * time.Hour)
	step("CRITICAL", 1, "")
}

func TestChecksOfAHost(t *testing.T) {
	f := newFixture(t)
	id := f.host("a", "b", "c")
	f.ok(f.report(id, "b", "CRITICAL", noon, 1))
	_, err := f.client.UpdateHost(id, &api.UpdateHostParam{Name: "h", CustomIdentifier: "prober:test", Checks: []api.CheckConfig{{Name: "a"}}})
	f.ok(err)
	var left []string
	for _, c := range f.Checks() {
		left = append(left, c.Name)
	}
	if diff := cmp.Diff([]string{"a", "b"}, left); diff != "" {
		t.Errorf("b is open and stays, c goes: %s", diff)
	}
	list, err := f.client.FindCheckMonitors(nil)
	if f.ok(err); len(list.Checks) != 2 {
		t.Errorf("checks %+v", list)
	}
	one, err := f.client.FindCheckMonitor(list.Checks[0].ID)
	if f.ok(err); one.Check != *list.Checks[0] {
		t.Errorf("check %+v, want %+v", one, list.Checks[0])
	}
	statuses, err := f.client.ListMonitoredStatues(id)
	if f.ok(err); len(statuses) != 1 || statuses[0].Status != "CRITICAL" {
		t.Errorf("statuses %+v", statuses)
	}
}

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

func TestAlertsArePaged(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	for i := range 250 {
		f.ok(f.report(id, fmt.Sprintf("c%03d", i), "CRITICAL", noon, 1))
	}
	seen, next := map[string]bool{}, ""
	for range 3 {
		page, err := f.client.FindAlertsByNextID(next)
		f.ok(err)
		for _, a := range page.Alerts {
			seen[a.ID] = true
		}
		next = page.NextID
	}
	if len(seen) != 250 || next != "" {
		t.Errorf("%d alerts in three pages, then %q", len(seen), next)
	}
	if status, _ := f.ask("GET", "/api/v0/alerts?limit=101", f.Key(), ""); status != 400 {
		t.Errorf("limit=101: %d", status)
	}
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		fault Fault
		taken bool
		check func(error) bool
	}{
		{Fault{}, true, func(err error) bool { return err == nil }},
		{Fault{Mode: Status, Code: 503}, false, hasStatus(503)},
		{Fault{Mode: WrongKey}, false, hasStatus(401)},
		{Fault{Mode: HTML, Code: 502}, false, hasStatus(502)},
		{Fault{Mode: Redirect, Location: "http://127.0.0.1:1/"}, false, hasStatus(302)},
		{Fault{Mode: Slow, Delay: time.Millisecond}, true, func(err error) bool { return err == nil }},
		{Fault{Mode: Empty}, true, func(err error) bool { return errors.Is(err, io.EOF) }},
		{Fault{Mode: Reset}, false, func(err error) bool { return err != nil && !hasStatus(0)(err) }},
		{Fault{Mode: ResetAfter}, true, func(err error) bool { return err != nil }},
		{Fault{Mode: Hang}, false, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		{Fault{Mode: Status, Code: 503, Path: "/hosts"}, true, func(err error) bool { return err == nil }},
	} {
		t.Run(fmt.Sprint(test.fault.Mode, test.fault.Path), func(t *testing.T) {
			f := newFixture(t)
			f.service()
			f.SetFault(test.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			err := f.client.PostServiceMetricValuesContext(ctx, "external", []*api.MetricValue{{Name: "m", Time: noon.Unix(), Value: 1}})
			if !test.check(err) {
				t.Errorf("error %v", err)
			}
			if taken := len(f.Points("external")) == 1; taken != test.taken {
				t.Errorf("taken: %v", taken)
			}
			posts := f.Posts()
			if last := posts[len(posts)-1]; !strings.HasSuffix(last.Path, "/tsdb") {
				t.Errorf("the request is not among %+v", posts)
			}
		})
	}
}

func hasStatus(want int) func(error) bool {
	return func(err error) bool {
		refused, ok := errors.AsType[*api.APIError](err)
		return ok && (want == 0 || refused.StatusCode == want)
	}
}

func TestFaultEndsAfterSoManyRequests(t *testing.T) {
	f := newFixture(t)
	f.SetFault(Fault{Mode: Status, Code: 500, Remaining: 2})
	for _, want := range []int{500, 500, 200} {
		if status, _ := f.ask("GET", "/api/v0/org", f.Key(), ""); status != want {
			t.Errorf("status %d, want %d", status, want)
		}
	}
}

func TestControl(t *testing.T) {
	f := newFixture(t)
	f.service()
	if status, _ := f.ask("POST", "/standin/fault", "", `{"mode":"status","code":503}`); status != 200 {
		t.Errorf("setting a fault: %d", status)
	}
	if status, _ := f.ask("GET", "/api/v0/org", f.Key(), ""); status != 503 {
		t.Errorf("with a fault: %d", status)
	}
	if status, _ := f.ask("DELETE", "/standin/fault", "", ""); status != 200 {
		t.Errorf("healing: %d", status)
	}
	if status, text := f.ask("POST", "/standin/fault", "", `{"moed":"status"}`); status != 400 || !strings.Contains(text, "moed") {
		t.Errorf("a misspelt key: %d %s", status, text)
	}
	if status, text := f.ask("POST", "/standin/clock", "", `{"offset":"-2h"}`); status != 200 || !strings.Contains(text, "2026-11-24T10:00:30Z") {
		t.Errorf("moving the clock: %d %s", status, text)
	}
	var state State
	status, text := f.ask("GET", "/standin/state", "", "")
	if err := json.Unmarshal([]byte(text), &state); status != 200 || err != nil || state.Name != "test" || len(state.Services) != 1 {
		t.Errorf("state: %d %v %+v", status, err, state)
	}
}

func TestPageShowsEverythingButKeys(t *testing.T) {
	f := newFixture(t)
	f.service()
	id := f.host()
	f.ok(f.client.PostCheckReports(&api.CheckReports{Reports: []*api.CheckReport{{Source: api.NewCheckSourceHost(id), Name: "down", Status: api.CheckStatusCritical, Message: "<script>alert(1)</script> 接続拒否", OccurredAt: noon.Unix()}}}))
	var values []*api.MetricValue
	for i := range 2000 {
		values = append(values, &api.MetricValue{Name: fmt.Sprintf("m%d", i), Time: noon.Unix(), Value: i})
	}
	f.ok(f.client.PostServiceMetricValues("external", values))
	status, page := f.ask("GET", "/", "", "")
	for _, want := range []string{"m1999", "external", "down", "&lt;script&gt;", "接続拒否", "prober:test"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if status != 200 || strings.Contains(page, "<script>") || strings.Contains(page, f.Key()) {
		t.Errorf("status %d; the page has a script or a key", status)
	}
}

func fuzzPost(f *testing.F, path func(*Organization) string, seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		o := New("fuzz", WithClock(func() time.Time { return noon }))
		o.service("external")
		r := httptest.NewRequest(http.MethodPost, path(o), strings.NewReader(body))
		r.Header.Set("X-Api-Key", o.Key())
		w := httptest.NewRecorder()
		o.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	})
}

func FuzzServiceMetrics(f *testing.F) {
	fuzzPost(f, func(*Organization) string { return "/api/v0/services/external/tsdb" },
		`[{"name":"m","time":1795521600,"value":1}]`, `[{"name":"m","time":1e300,"value":1e308}]`, `null`, `[null]`, `[{"time":-1}]`)
}

func FuzzCheckReports(f *testing.F) {
	fuzzPost(f, func(*Organization) string { return "/api/v0/monitoring/checks/report" },
		`{"reports":[{"source":{"type":"host","hostId":"x"},"name":"c","status":"OK","occurredAt":1}]}`, `{"reports":null}`, `{"reports":[null]}`, `{"reports":[{"occurredAt":1e99}]}`)
}
