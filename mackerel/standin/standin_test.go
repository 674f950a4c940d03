package standin

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

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

func (f *fixture) role(service, name string) {
	f.Helper()
	_, err := f.client.CreateRole(service, &api.CreateRoleParam{Name: name})
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
		{"POST", "/api/v0//services", "rw", `{"name":"external"}`, 404, `{"error":{"message":"Not found."}}`},
		{"GET", "/nowhere", "", "", 404, `{"error":{"message":"Not found."}}`},
		{"DELETE", "/standin/posts", "", "", 404, `{"error":{"message":"Not found."}}`},
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

func TestAnIDOfOneOrganizationIsUnknownInAnother(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"production", "staging"} {
		o := New(name)
		for range 10_000 {
			id := o.newID()
			if seen[id] || len(id) != 11 {
				t.Fatalf("%s made %q, which is not new or too short", name, id)
			}
			seen[id] = true
		}
	}
	if first := New("production").newID(); !seen[first] {
		t.Error("ids differ from run to run")
	}
}
