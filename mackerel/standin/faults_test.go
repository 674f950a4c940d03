package standin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	api "github.com/mackerelio/mackerel-client-go"
)

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		fault  Fault
		taken  bool
		logged int
		check  func(error) bool
	}{
		{Fault{}, true, 200, func(err error) bool { return err == nil }},
		{Fault{Mode: Status, Code: 503}, false, 503, hasStatus(503)},
		{Fault{Mode: Status}, false, 500, hasStatus(500)},
		{Fault{Mode: WrongKey}, false, 401, hasStatus(401)},
		{Fault{Mode: HTML}, false, 502, hasStatus(502)},
		{Fault{Mode: Redirect, Location: "http://127.0.0.1:1/"}, false, 302, hasStatus(302)},
		{Fault{Mode: Slow, Delay: time.Millisecond}, true, 200, func(err error) bool { return err == nil }},
		{Fault{Mode: Empty}, true, 200, func(err error) bool { return errors.Is(err, io.EOF) }},
		{Fault{Mode: Reset}, false, 0, func(err error) bool { return err != nil && !hasStatus(0)(err) }},
		{Fault{Mode: ResetAfter}, true, 0, func(err error) bool { return err != nil && !hasStatus(0)(err) }},
		{Fault{Mode: Hang}, false, 0, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		{Fault{Mode: Status, Code: 503, Path: "/hosts"}, true, 200, func(err error) bool { return err == nil }},
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
			last := posts[len(posts)-1]
			want := Post{At: noon, Method: "POST", Path: "/api/v0/services/external/tsdb", Status: test.logged, Items: 1, Fault: last.Fault}
			if diff := cmp.Diff(want, last); diff != "" {
				t.Error(diff)
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

func TestLiftingAFaultLetsHangingRequestsGo(t *testing.T) {
	f := newFixture(t)
	f.SetFault(Fault{Mode: Hang, Remaining: 1})
	ended := make(chan error)
	go func() {
		_, err := f.client.GetOrg()
		ended <- err
	}()
	for len(f.Posts()) == 0 {
		runtime.Gosched()
	}
	f.SetFault(Fault{})
	if err := <-ended; err == nil || hasStatus(0)(err) {
		t.Errorf("error %v, want a closed connection", err)
	}
}

func TestResetNeedsNoConnection(t *testing.T) {
	o := New("test")
	o.SetFault(Fault{Mode: Reset})
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("panic %v, want %v", p, http.ErrAbortHandler)
		}
	}()
	o.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/v0/org", http.NoBody))
}

func TestRetryAfter(t *testing.T) {
	o := New("test")
	o.SetFault(Fault{Mode: Status, Code: 429, RetryAfter: "60"})
	w := httptest.NewRecorder()
	o.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v0/org", http.NoBody))
	if got := w.Header().Get("Retry-After"); w.Code != 429 || got != "60" || w.Body.String() != `{"error":{"message":"Too Many Requests"}}` {
		t.Errorf("%d, Retry-After %q, %s", w.Code, got, w.Body)
	}
}

func TestFaultModesAreTexts(t *testing.T) {
	for _, mode := range append(faultModes(), "") {
		text, err := json.Marshal(Fault{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		var back Fault
		if err := json.Unmarshal(text, &back); err != nil || (back.Mode != mode && mode != "") || back.Mode == "" {
			t.Errorf("%q became %s and then %q: %v", mode, text, back.Mode, err)
		}
	}
}
