package standin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	api "github.com/mackerelio/mackerel-client-go"
)

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
