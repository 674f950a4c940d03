package web

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"prober/internal/loopback"
	"prober/probes"
	"prober/verdict"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixed is a source that never changes.
type fixed struct {
	standings    []verdict.Standing
	destinations []Destination
	trouble      error
}

func (fixed) Prober() string                  { return "sakura-1" }
func (f fixed) Standings() []verdict.Standing { return f.standings }
func (f fixed) Destinations() []Destination   { return f.destinations }
func (f fixed) Ready() error                  { return f.trouble }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func some() fixed {
	fine := verdict.Standing{
		State:  verdict.State{Probe: "api", Kind: "tcp", Environment: "production", Status: probes.OK, Attempt: 1, LastHard: probes.OK, Since: noon, Message: "api is fine", LastRun: noon},
		Values: []verdict.Value{{Name: "connect", Number: 0.012, Unit: probes.Seconds}}, Next: noon.Add(30 * time.Second),
	}
	down := verdict.Standing{
		State: verdict.State{Probe: "db", Kind: "tcp", Status: probes.Critical, Soft: true, Attempt: 2, Reason: probes.ConnectRefused, Message: "<b>refused</b> 接続拒否", LastRun: noon},
		Next:  noon,
	}
	pending := verdict.Standing{State: verdict.State{Probe: "new", Kind: "tcp"}, Next: noon}
	return fixed{
		standings:    []verdict.Standing{fine, down, pending},
		destinations: []Destination{{Name: "production", Accepted: noon}, {Name: "staging", FailingSince: noon, LastError: "events: connection refused", WaitingMinutes: 3, WaitingEvents: 2, Oldest: noon}},
	}
}

func get(t *testing.T, s Source, path string) (int, http.Header, string) {
	t.Helper()
	server := loopback.Serve(t, Handler(s))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

func TestProbesAsJSON(t *testing.T) {
	status, _, body := get(t, some(), "/api/v1/probes")
	want := `{"schema_version":1,"prober":"sakura-1","probes":[` +
		`{"name":"api","kind":"tcp","environment":"production","group":"","status":"OK","state":"hard","attempt":1,"reason":"","message":"api is fine","since":"2026-11-24T12:00:00Z","last_run":"2026-11-24T12:00:00Z","next_run":"2026-11-24T12:00:30Z","overdue":false,"muted":null,"flapping":false,"values":{"connect":0.012},"units":{"connect":"seconds"}},` +
		`{"name":"db","kind":"tcp","environment":"","group":"","status":"CRITICAL","state":"soft","attempt":2,"reason":"connect.refused","message":"\u003cb\u003erefused\u003c/b\u003e 接続拒否","since":null,"last_run":"2026-11-24T12:00:00Z","next_run":"2026-11-24T12:00:00Z","overdue":false,"muted":null,"flapping":false,"values":{},"units":{}},` +
		`{"name":"new","kind":"tcp","environment":"","group":"","status":"PENDING","state":"hard","attempt":0,"reason":"","message":"","since":null,"last_run":null,"next_run":"2026-11-24T12:00:00Z","overdue":false,"muted":null,"flapping":false,"values":{},"units":{}}]}` + "\n"
	if diff := cmp.Diff(want, body); diff != "" || status != http.StatusOK {
		t.Errorf("%d %s", status, diff)
	}
	if err := json.Unmarshal([]byte(body), &Document{}); err != nil {
		t.Error(err)
	}
}

func TestPageShowsProblemsFirst(t *testing.T) {
	status, header, body := get(t, some(), "/")
	if status != http.StatusOK || !strings.Contains(header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v", status, header)
	}
	for _, want := range []string{"1 of 3 probes have a problem", "&lt;b&gt;refused&lt;/b&gt; 接続拒否", "not confirmed, attempt 2", "connect 12 ms", "3 minutes, 2 events", "connection refused", "takes what it is sent"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Index(body, "<strong>db</strong>") > strings.Index(body, "<strong>api</strong>") {
		t.Error("a problem stands below what is fine")
	}
	if strings.Contains(body, "style=") || strings.Contains(body, "<script") || strings.Contains(body, "<b>") {
		t.Error("the page has what its policy forbids")
	}
	if status, header, _ := get(t, some(), "/style.css"); status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d %v", status, header)
	}
}

func TestPageWhenAllIsFine(t *testing.T) {
	s := some()
	s.standings, s.destinations = s.standings[:1], nil
	if _, _, body := get(t, s, "/"); !strings.Contains(body, "All 1 probes are fine") || !strings.Contains(body, "none is configured") {
		t.Error(body)
	}
}

func TestHealthIsNotReadiness(t *testing.T) {
	s := some()
	if status, _, body := get(t, s, "/readyz"); status != http.StatusOK || body != "ready\n" {
		t.Errorf("readyz: %d %q", status, body)
	}
	s.trouble = errors.New("the journal cannot be written")
	if status, _, body := get(t, s, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "journal") {
		t.Errorf("readyz in trouble: %d %q", status, body)
	}
	if status, _, _ := get(t, s, "/healthz"); status != http.StatusOK {
		t.Errorf("healthz in trouble: %d", status)
	}
	if status, _, _ := get(t, s, "/nowhere"); status != http.StatusNotFound {
		t.Errorf("nowhere: %d", status)
	}
}

func TestMetrics(t *testing.T) {
	c := newCollector(some())
	if problems, err := testutil.CollectAndLint(c); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	status, _, body := get(t, some(), "/metrics")
	for _, want := range []string{
		`prober_probe_state{environment="production",kind="tcp",probe="api",status="OK"} 1`,
		`prober_probe_state{environment="",kind="tcp",probe="db",status="CRITICAL"} 1`,
		`prober_probe_value{probe="api",unit="seconds",value="connect"} 0.012`,
		`prober_mackerel_failing{destination="staging"} 1`, `prober_mackerel_backlog_seconds{destination="staging"} 180`, `prober_ready 1`,
	} {
		if status != http.StatusOK || !strings.Contains(body, want+"\n") {
			t.Errorf("%d: the metrics lack %s", status, want)
		}
	}
}

func TestSpansAreForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Second: "0 s", 59 * time.Second: "59 s", 90 * time.Second: "1 min", 25 * time.Hour: "25 h", 72 * time.Hour: "3 d"} {
		if got := span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
