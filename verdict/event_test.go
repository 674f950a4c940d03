package verdict

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"prober/probes"
)

// feed runs a sequence of "second:status" through a fresh state and tells the
// events as "second what status".
func feed(rules *Rules, runs string) []string {
	var s State
	told := []string{}
	for run := range strings.FieldsSeq(runs) {
		var second int
		var letter string
		fmt.Sscanf(strings.Replace(run, ":", " ", 1), "%d %s", &second, &letter)
		status := map[string]probes.Status{"O": probes.OK, "W": probes.Warning, "C": probes.Critical, "U": probes.Unknown}[letter]
		var events []Event
		s, events = s.Next(rules, result(second, status, ""))
		for _, e := range events {
			told = append(told, fmt.Sprintf("%d %s %s", int(e.At.Sub(epoch)/time.Second), e.What, e.Status))
		}
	}
	return told
}

func TestEventsAreHardChangesAndReminders(t *testing.T) {
	for _, test := range []struct {
		name     string
		attempts int
		runs     string
		want     []string
	}{
		{"the first OK is told", 3, "0:O 60:O", []string{"0 changed OK"}},
		{"a soft problem is not told", 3, "0:O 60:C 70:C 80:O", []string{"0 changed OK"}},
		{"a problem is told when it is hard", 3, "0:O 60:C 70:C 80:C", []string{"0 changed OK", "80 changed CRITICAL"}},
		{"a first problem waits until it is hard", 2, "0:C 10:C", []string{"10 changed CRITICAL"}},
		{"a first soft problem that recovers is a first OK", 3, "0:C 10:O", []string{"10 changed OK"}},
		{"one attempt is hard at once", 1, "0:O 60:C 120:O", []string{"0 changed OK", "60 changed CRITICAL", "120 changed OK"}},
		{"a hard problem changes its kind at once", 2, "0:W 1:W 60:C", []string{"1 changed WARNING", "60 changed CRITICAL"}},
		{"a problem is repeated once a minute at most", 1, "0:C 30:C 60:C 90:C 130:C", []string{"0 changed CRITICAL", "60 reminder CRITICAL", "130 reminder CRITICAL"}},
		{"an OK is repeated hourly", 1, "0:O 60:O 3599:O 3600:O 3660:O", []string{"0 changed OK", "3600 reminder OK"}},
		{"two changes within a second get a second each", 1, "0:O 1:C 1:O 1:C", []string{"0 changed OK", "1 changed CRITICAL", "2 changed OK", "3 changed CRITICAL"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := feed(&Rules{Probe: "p", MaxCheckAttempts: test.attempts}, test.runs)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEventTimesStrictlyIncrease(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := &Rules{Probe: "p", MaxCheckAttempts: rapid.IntRange(1, 4).Draw(t, "attempts")}
		var s State
		var told []Event
		now := epoch
		for range rapid.IntRange(1, 60).Draw(t, "runs") {
			// The clock may step back: a restart on a machine whose time was wrong.
			now = now.Add(time.Duration(rapid.IntRange(-600_000, 600_000).Draw(t, "ms")) * time.Millisecond)
			status := rapid.SampledFrom([]probes.Status{probes.OK, probes.Warning, probes.Unknown, probes.Critical}).Draw(t, "status")
			var events []Event
			s, events = s.Next(rules, &Result{Probe: "p", At: now, Status: status})
			told = append(told, events...)
		}
		if !slices.IsSortedFunc(told, func(a, b Event) int {
			if a.At.Before(b.At) {
				return -1
			}
			return 1
		}) {
			t.Fatalf("times do not strictly increase: %v", told)
		}
		if len(told) > 0 && !s.Soft && told[len(told)-1].Status != s.LastHard {
			t.Fatalf("the newest event says %s, the hard state is %s", told[len(told)-1].Status, s.LastHard)
		}
	})
}
