package verdict

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"prober/probes"
)

func run(second, took float64, status probes.Status, connect float64) *Result {
	return &Result{
		Probe: "p", At: epoch.Add(time.Duration(second * float64(time.Second))), Took: time.Duration(took * float64(time.Second)), Status: status,
		Values: []Value{{Name: "connect", Number: connect, Unit: probes.Seconds, Worse: probes.Higher}},
	}
}

// tell writes a minute as "hh:mm p connect=… availability=…".
func tell(minutes []Minute) []string {
	lines := []string{}
	for _, m := range minutes {
		for _, s := range m.Series {
			line := m.Start.Format("15:04 ") + s.Probe
			for _, v := range s.Values {
				line += fmt.Sprintf(" %s=%g", v.Name, v.Number)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func TestRunBelongsToTheMinuteInWhichItEnded(t *testing.T) {
	var m Minutes
	m.Add(run(5, 0.1, probes.OK, 1))
	m.Add(run(59, 2, probes.OK, 7)) // ends at 61 s
	want := []string{"03:00 p connect=1 availability=1", "03:01 p connect=7 availability=1"}
	if diff := cmp.Diff(want, tell(m.Close(epoch.Add(122*time.Second)))); diff != "" {
		t.Error(diff)
	}
}

func TestMinuteClosesTwoSecondsAfterItsEnd(t *testing.T) {
	var m Minutes
	m.Add(run(5, 0, probes.OK, 1))
	if early := m.Close(epoch.Add(62*time.Second - 1)); len(early) != 0 {
		t.Errorf("closed too early: %v", early)
	}
	if got := m.Close(epoch.Add(62 * time.Second)); len(got) != 1 {
		t.Errorf("not closed: %v", got)
	}
}

func TestAvailabilityCountsScheduledMeasuredRuns(t *testing.T) {
	var m Minutes
	m.Add(run(0, 0, probes.OK, 1))
	m.Add(run(15, 0, probes.Warning, 4))
	m.Add(run(30, 0, probes.Critical, 3))
	retry := run(35, 0, probes.Critical, 2)
	retry.Retry = true
	m.Add(retry)
	m.Add(run(45, 0, probes.Unknown, 1))
	got := tell(m.Close(epoch.Add(62 * time.Second)))
	if diff := cmp.Diff([]string{"03:00 p connect=4 availability=0.6666666666666666"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLateRunGoesIntoTheOldestOpenMinute(t *testing.T) {
	var m Minutes
	m.Close(epoch.Add(62 * time.Second)) // 03:00 is closed
	m.Add(run(10, 0, probes.OK, 5))
	if diff := cmp.Diff([]string{"03:01 p connect=5 availability=1"}, tell(m.Close(epoch.Add(122*time.Second)))); diff != "" {
		t.Error(diff)
	}
}

// Whatever comes in whatever order: no minute is closed twice, no run is lost.
func TestMinutesLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m Minutes
		now, added, folded := epoch, 0, 0.0
		seen := map[time.Time]bool{}
		take := func(minutes []Minute) {
			for _, minute := range minutes {
				if seen[minute.Start] {
					t.Fatalf("%s closed twice", minute.Start)
				}
				seen[minute.Start] = true
				folded += minute.Series[0].Values[0].Number
			}
		}
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(t, "ms")) * time.Millisecond)
			if rapid.Bool().Draw(t, "close") {
				take(m.Close(now))
				continue
			}
			ago := time.Duration(rapid.IntRange(0, 200_000).Draw(t, "ago")) * time.Millisecond
			m.Add(&Result{Probe: "p", At: now.Add(-ago), Status: probes.OK, Values: []Value{{Name: "n", Number: 1, Fold: probes.Sum}}})
			added++
		}
		take(m.Close(now.Add(time.Hour)))
		if math.Abs(folded-float64(added)) > 0.5 {
			t.Fatalf("%d runs in, %g out", added, folded)
		}
	})
}
