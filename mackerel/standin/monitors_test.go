package standin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	api "github.com/mackerelio/mackerel-client-go"
)

func TestMonitorsComeBackAsTheyWereSent(t *testing.T) {
	f := newFixture(t)
	f.service()
	f.role("external", "web")
	sent := []api.Monitor{
		&api.MonitorConnectivity{Type: "connectivity", Name: "connectivity", Memo: "managed by prober:web", AlertStatusOnGone: "WARNING", Scopes: []string{"external: web"}, ExcludeScopes: []string{}},
		&api.MonitorExternalHTTP{Type: "external", Name: "site", URL: "https://example.com/", Method: "GET", Headers: []api.HeaderField{{Name: "A", Value: "b"}}},
		&api.MonitorHostMetric{Type: "host", Name: "cpu", Metric: "cpu%", Operator: ">", Warning: new(80.0), Duration: 3, Scopes: []string{"external"}, ExcludeScopes: []string{}},
		&api.MonitorServiceMetric{Type: "service", Name: "silent", Service: "external", Metric: "a.b", Operator: ">", Duration: 1, MissingDurationCritical: 10, NotificationInterval: 60},
	}
	for i, m := range sent {
		made, err := f.client.CreateMonitor(m)
		f.ok(err)
		back, err := f.client.GetMonitor(made.MonitorID())
		f.ok(err)
		if diff := cmp.Diff(made, back); diff != "" || back.MonitorName() != m.MonitorName() {
			t.Errorf("%s came back otherwise: %s", m.MonitorName(), diff)
		}
		sent[i] = back
	}
	list, err := f.client.FindMonitors() // by type, as they were made
	f.ok(err)
	if diff := cmp.Diff(sent, list); diff != "" {
		t.Error(diff)
	}
	_, err = f.client.DeleteService("external")
	f.ok(err)
	if list, err = f.client.FindMonitors(); err != nil || len(list) != 3 {
		t.Errorf("%v, monitors %v; that of the service should be gone", err, list)
	}
}

func TestAMonitorIsReplacedButForWhatIsKept(t *testing.T) {
	f := newFixture(t)
	made, err := f.client.CreateMonitor(&api.MonitorConnectivity{Type: "connectivity", AlertStatusOnGone: "WARNING", Memo: "old", IsMute: true})
	f.ok(err)
	_, body := f.ask("PUT", "/api/v0/monitors/"+made.MonitorID(), f.Key(), `{"type":"connectivity","scopes":null}`)
	want := fmt.Sprintf(`{"alertStatusOnGone":"WARNING","id":%q,"isMute":false,"name":"connectivity","type":"connectivity"}`, made.MonitorID())
	if body != want {
		t.Errorf("got %s, want %s", body, want)
	}
	_, err = f.client.UpdateMonitor(made.MonitorID(), &api.MonitorQuery{Type: "query", Name: "q", Query: "up", Operator: ">"})
	f.wantStatus(err, 400)
	_, err = f.client.DeleteMonitor(made.MonitorID())
	f.ok(err)
	_, err = f.client.GetMonitor(made.MonitorID())
	f.wantStatus(err, 404)
}

func TestACheckIsNoMonitor(t *testing.T) {
	f := newFixture(t)
	f.host("web")
	status, body := f.ask("GET", "/api/v0/monitors/"+f.Checks()[0].ID, f.Key(), "")
	if want := `{"error":{"message":"Cannot get a check monitor"}}`; status != 400 || body != want {
		t.Errorf("%d %s, want 400 %s", status, body, want)
	}
}

func TestMonitorsThatMakeNoSenseAreRefused(t *testing.T) {
	f := newFixture(t)
	f.service()
	service := func(more string) string {
		return `{"type":"service","name":"n","service":"external","metric":"m","operator":">","duration":1` + more + `}`
	}
	if status, body := f.ask("POST", "/api/v0/monitors", f.Key(), service(`,"missingDurationWarning":10080,"critical":null`)); status != 200 || strings.Contains(body, "null") {
		t.Fatalf("a good one: %d %s", status, body)
	}
	for _, bad := range []string{
		`null`, `[]`, `{"type":"nonsense","name":"n"}`,
		service(`,"missingDurationWarning":15`), service(`,"missingDurationCritical":10090`), service(`,"missingDurationCritical":0`),
		service(`,"notificationInterval":5`), service(`,"maxCheckAttempts":11`), service(`,"scopes":["nowhere"]`), service(`,"duration":11`),
		service(`,"name":""`), service(`,"service":"nowhere"`), service(`,"operator":"="`), service(`,"metric":""`),
		service(`,"memo":"` + strings.Repeat("長", 2049) + `"`),
		`{"type":"host","name":"n","metric":"cpu%","operator":">","duration":1,"critical":101}`,
		`{"type":"host","name":"n","metric":"cpu%","operator":">"}`,
		`{"type":"host","name":"n","metric":"m","operator":">","duration":1,"excludeScopes":["external: nothing"]}`,
		`{"type":"connectivity","alertStatusOnGone":"OK"}`,
		`{"type":"external","name":"n","url":"ftp://example.com/"}`,
		`{"type":"external","name":"n","url":"http://example.com/","method":"PATCH"}`,
		`{"type":"expression","name":"n","expression":"1","operator":">","evaluateBackwardMinutes":1}`,
		`{"type":"query","name":"n","query":"","operator":">"}`,
		`{"type":"anomalyDetection","name":"n","scopes":[]}`,
		`{"type":"anomalyDetection","name":"n","warningSensitivity":"mild"}`,
		`{"type":"anomalyDetection","name":"n","warningSensitivity":"normal","trainingPeriodFrom":9999999999}`,
	} {
		if status, body := f.ask("POST", "/api/v0/monitors", f.Key(), bad); status != 400 {
			t.Errorf("%s: %d %s", bad, status, body)
		}
	}
}
