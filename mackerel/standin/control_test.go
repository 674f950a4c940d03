package standin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	api "github.com/mackerelio/mackerel-client-go"
)

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
	for bad, want := range map[string]string{
		`{"mode":"sttus"}`: "unknown mode", `{"mode":"redirect"}`: "location", `{"mode":"status","code":42}`: "code 42", `{"mode":"slow","delay":-1}`: "negative",
	} {
		if status, text := f.ask("POST", "/standin/fault", "", bad); status != 400 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", bad, status, text)
		}
	}
	if status, text := f.ask("GET", "/standin/fault", "", ""); status != 200 || strings.TrimSpace(text) != `{"mode":"healthy"}` {
		t.Errorf("after refused faults: %d %s", status, text)
	}
	if status, text := f.ask("POST", "/standin/clock", "", `{"offset":"soon"}`); status != 400 || !strings.Contains(text, "-2h") {
		t.Errorf("an offset that is none: %d %s", status, text)
	}
	if status, text := f.ask("POST", "/standin/clock", "", `{"offset":"-2h"}`); status != 200 || !strings.Contains(text, "2026-11-24T10:00:30Z") {
		t.Errorf("moving the clock: %d %s", status, text)
	}
	var state State
	status, text := f.ask("GET", "/standin/state", "", "")
	if err := json.Unmarshal([]byte(text), &state); status != 200 || err != nil || state.Name != "test" || len(state.Services) != 1 || len(state.Posts) != len(f.Posts()) {
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
	f.SetFault(Fault{Mode: Slow, Delay: 2 * time.Second, Path: "/tsdb"})
	status, page := f.ask("GET", "/", "", "")
	for _, want := range []string{"m1999", "external", "down", "&lt;script&gt;", "接続拒否", "prober:test", "2000 metrics", "11-24 12:00", "misbehaves: slow 2s on paths with /tsdb"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if status != 200 || strings.Contains(page, "<script>") || strings.Contains(page, f.Key()) {
		t.Errorf("status %d; the page has a script or a key", status)
	}
}

func TestPageShowsOpenAlertsFirst(t *testing.T) {
	f := newFixture(t)
	id := f.host()
	f.ok(f.report(id, "open", "CRITICAL", noon, 1))
	f.ok(f.report(id, "over", "CRITICAL", noon, 1))
	f.ok(f.report(id, "over", "OK", noon.Add(time.Second), 1))
	var shown []string
	for _, a := range f.view().Alerts {
		shown = append(shown, a.Check)
	}
	if diff := cmp.Diff([]string{"open", "over"}, shown); diff != "" {
		t.Error(diff)
	}
}
