package mackerel

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	api "github.com/mackerelio/mackerel-client-go"
	"pgregory.net/rapid"

	"prober/probes"
	"prober/verdict"
)

var epoch = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

func minuteOf(start time.Time, series, values int) verdict.Minute {
	minute := verdict.Minute{Start: start}
	for p := range series {
		s := verdict.Series{Probe: fmt.Sprintf("p%d", p), Post: []string{"connect", "v0", "v1", "v2"}}
		for v := range values {
			s.Values = append(s.Values, verdict.Value{Name: fmt.Sprintf("v%d", v), Number: float64(start.Unix()), Unit: probes.Seconds})
		}
		minute.Series = append(minute.Series, s)
	}
	return minute
}

// Whatever the backlog: every point of the minutes taken is in exactly one
// post, points of one metric stay in one post, oldest first, and the newest
// minute's point is there to be judged.
func TestPlanKeepsMetricsTogetherAndTheNewestAside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		probeCount, values := rapid.IntRange(1, 700).Draw(t, "probes"), rapid.IntRange(1, 3).Draw(t, "values")
		var backlog []verdict.Minute
		for i := range rapid.IntRange(1, mostBacklog).Draw(t, "backlog") {
			backlog = append(backlog, minuteOf(epoch.Add(time.Duration(i)*time.Minute), probeCount, values))
		}
		newest := backlog[len(backlog)-1]
		if rapid.Bool().Draw(t, "newer") {
			newest = minuteOf(epoch.Add(24*time.Hour), probeCount, values)
		}
		m := &minutes{d: Destination{Hears: func(string) bool { return true }}}
		posts, taken := m.plan(backlog, newest)
		if taken < 1 {
			t.Fatal("no progress")
		}
		wantTimes := taken
		if newest.Start.After(backlog[taken-1].Start) && newest.Start.After(backlog[len(backlog)-1].Start) {
			wantTimes++
		}
		times := map[string][]int64{}
		for _, post := range posts {
			inPost := map[string]bool{}
			if len(post) > pointsPerPost {
				t.Fatalf("a post of %d points", len(post))
			}
			for _, p := range post {
				if _, elsewhere := times[p.Name]; elsewhere && !inPost[p.Name] {
					t.Fatalf("%s is in two posts", p.Name)
				}
				inPost[p.Name] = true
				if before := times[p.Name]; len(before) > 0 && before[len(before)-1] >= p.Time {
					t.Fatalf("%s: %d after %d", p.Name, p.Time, before[len(before)-1])
				}
				times[p.Name] = append(times[p.Name], p.Time)
			}
		}
		if len(times) != probeCount*values {
			t.Fatalf("%d metrics, want %d", len(times), probeCount*values)
		}
		for name, got := range times {
			if len(got) != wantTimes {
				t.Fatalf("%s has %d points, want %d", name, len(got), wantTimes)
			}
		}
	})
}

func TestMetricsAreNamedByUnit(t *testing.T) {
	for unit, want := range map[probes.Unit]string{
		probes.Seconds: "p.time.v", probes.Bytes: "p.bytes.v", probes.Days: "p.days.v",
		probes.Ratio: "p.ratio.v", probes.Count: "p.count.v", probes.Number: "p.value.v",
	} {
		if got := metricName("p", verdict.Value{Name: "v", Unit: unit}); got != want {
			t.Errorf("%s: %s, want %s", unit, got, want)
		}
	}
}

func TestMessageKeepsHeadAndTail(t *testing.T) {
	long := "始" + strings.Repeat("長", 5000) + "終"
	got := cut(long)
	if n := utf8.RuneCountInString(got); n != 1024 || !strings.HasPrefix(got, "始") || !strings.HasSuffix(got, "終") {
		t.Errorf("%d characters, %.10s … %s", n, got, got[len(got)-9:])
	}
	if short := strings.Repeat("長", 1024); cut(short) != short {
		t.Error("a message that fits was changed")
	}
}

func TestOldStateIsToldWithThePresentTime(t *testing.T) {
	event := verdict.Event{At: epoch, Since: epoch, Probe: "p", Status: probes.Critical, Message: "refused", Notify: time.Hour}
	fresh := report(event, "h", epoch.Add(time.Minute))
	if fresh.OccurredAt != epoch.Unix() || fresh.Message != "refused" || fresh.NotificationInterval != 60 || fresh.MaxCheckAttempts != 1 || fresh.Status != api.CheckStatusCritical {
		t.Errorf("%+v", fresh)
	}
	now := epoch.Add(7 * time.Hour)
	if old := report(event, "h", now); old.OccurredAt != now.Unix() || old.Message != "since 2026-11-24T03:00:00Z: refused" {
		t.Errorf("%+v", old)
	}
}
