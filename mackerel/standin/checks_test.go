package standin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	api "github.com/mackerelio/mackerel-client-go"
)

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

func TestAReportThatIsTooOldMakesNoCheck(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	f.ok(f.report(id, "c", "CRITICAL", noon.Add(-7*time.Hour), 1))
	if checks := f.Checks(); len(checks) != 0 {
		t.Errorf("checks %+v", checks)
	}
}

func TestAttemptsFarApartAreNotConsecutive(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	for _, test := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {6 * time.Hour, 2}, {6*time.Hour + time.Second, 1}, {time.Minute, 2}} {
		f.now = f.now.Add(test.after)
		f.ok(f.report(id, "c", "CRITICAL", f.now, 10))
		if got := f.Checks()[0].Attempts; got != test.want {
			t.Errorf("%v later: %d attempts, want %d", test.after, got, test.want)
		}
	}
}

func TestNotificationIntervalIsAtLeastTen(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	for i, interval := range []string{``, `,"notificationInterval":null`, `,"notificationInterval":0`, `,"notificationInterval":5`, `,"notificationInterval":60`} {
		body := fmt.Sprintf(`{"reports":[{"source":{"type":"host","hostId":%q},"name":"c","status":"OK","occurredAt":%d%s}]}`, id, noon.Unix()+int64(i), interval)
		if status, text := f.ask("POST", "/api/v0/monitoring/checks/report", f.Key(), body); status != 200 {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	var got []int
	for _, r := range f.Reports() {
		got = append(got, r.NotificationInterval)
	}
	if diff := cmp.Diff([]int{0, 0, 10, 10, 60}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnAlertStaysOpenInMaintenanceAndEndsWithItsHost(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	f.ok(f.report(id, "c", "CRITICAL", noon, 1))
	f.ok(f.client.UpdateHostStatus(id, api.HostStatusMaintenance))
	f.ok(f.report(id, "c", "WARNING", noon.Add(time.Second), 1))
	if a := f.Alerts()[0]; a.Status != "WARNING" || !a.ClosedAt.IsZero() {
		t.Errorf("alert %+v", a)
	}
	f.ok(f.client.RetireHost(id))
	logs, err := f.client.FindAlertLogs(f.Alerts()[0].ID, nil)
	if f.ok(err); logs.AlertLogs[0].Trigger != "hostRetire" || f.Alerts()[0].ClosedAt.IsZero() {
		t.Errorf("alert %+v, log %+v", f.Alerts()[0], logs.AlertLogs[0])
	}
}

func TestClosedAlertsAreForgottenWhenThereAreMany(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	f.ok(f.report(id, "open", "CRITICAL", noon, 1))
	for i := range mostAlerts + 10 {
		at := noon.Add(time.Duration(i) * time.Second)
		for j, status := range []string{"CRITICAL", "OK"} {
			f.take(&Report{HostID: id, Name: "c", Status: status, OccurredAt: at.Unix()*2 + int64(j), MaxCheckAttempts: 1, Arrived: at})
		}
	}
	alerts := f.Alerts()
	if n := len(alerts); n > mostAlerts || n < mostAlerts/2 || alerts[n-1].Check != "open" {
		t.Errorf("%d alerts, the oldest %+v", n, alerts[n-1])
	}
}

func TestAnAlertHasAMemo(t *testing.T) {
	f := newFixture(t)
	f.ok(f.report(f.host(), "c", "CRITICAL", noon, 1))
	id := f.Alerts()[0].ID
	_, err := f.client.UpdateAlert(id, api.UpdateAlertParam{Memo: "seen"})
	f.ok(err)
	a, err := f.client.GetAlert(id)
	if f.ok(err); a.Memo != "seen" || a.MonitorID != f.Checks()[0].ID {
		t.Errorf("alert %+v", a)
	}
	_, err = f.client.UpdateAlert(id, api.UpdateAlertParam{Memo: strings.Repeat("m", 80<<10+1)})
	f.wantStatus(err, 413)
	if status, _ := f.ask("POST", "/api/v0/alerts/"+id+"/close", f.Key(), `{}`); status != 400 {
		t.Errorf("closed without a reason: %d", status)
	}
}
