package standin

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	api "github.com/mackerelio/mackerel-client-go"
	"pgregory.net/rapid"
)

// A series behaves as a map by minute would, whatever the order of the posts.
func TestSeriesIsAMapByMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, model := series{}, map[int64]float64{}
		for range rapid.IntRange(0, 50).Draw(t, "puts") {
			minute, value := rapid.Int64Range(0, 20).Draw(t, "minute"), rapid.Float64Range(0, 9).Draw(t, "value")
			old, replaced := s.put("m", minute, value)
			if before, had := model[minute]; had != replaced || before != old {
				t.Fatalf("put replaced %v %v, want %v %v", old, replaced, before, had)
			}
			model[minute] = value
		}
		before := rapid.Int64Range(0, 21).Draw(t, "before")
		s.forget(before)
		var want []sample
		for _, minute := range sortedKeys(model) {
			if minute >= before {
				want = append(want, sample{minute, model[minute]})
			}
		}
		if diff := cmp.Diff(want, s["m"], cmp.AllowUnexported(sample{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestPointsAreForgottenAfterTwoDays(t *testing.T) {
	f := newFixture(t)
	f.service()
	post := func(name string) {
		f.ok(f.client.PostServiceMetricValues("external", []*api.MetricValue{{Name: name, Time: f.now.Unix(), Value: 1}}))
	}
	post("once")
	for range 100 {
		post("hourly")
		f.now = f.now.Add(time.Hour)
	}
	post("hourly")
	names, err := f.client.ListServiceMetricNames("external")
	if f.ok(err); fmt.Sprint(names) != "[hourly]" {
		t.Errorf("names %v", names)
	}
	if points := f.Points("external"); len(points) != 48 || points[0].Time < f.now.Add(-keepPoints-time.Minute).Unix() {
		t.Errorf("%d points from %v", len(points), time.Unix(points[0].Time, 0))
	}
}

func TestRingKeepsTheNewest(t *testing.T) {
	r := ring[int]{most: 10}
	for i := range 1000 {
		r.add(i)
	}
	if len(r.items) > 10 || len(r.items) < 5 || r.items[len(r.items)-1] != 999 {
		t.Errorf("ring %v", r.items)
	}
}
