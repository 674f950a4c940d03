package verdict

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"prober/probes"
)

func TestJudge(t *testing.T) {
	specs := []probes.ValueSpec{
		{Name: "connect", Unit: probes.Seconds, Worse: probes.Higher},
		{Name: "certificate", Unit: probes.Days, Worse: probes.Lower},
		{Name: "extra", Unit: probes.Number, Worse: probes.Higher, Optional: true},
	}
	limit := func(i int, text string) probes.Limit {
		l, err := probes.ParseLimit(specs[i], text)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	rules := &Rules{
		Probe: "api", Values: specs,
		Warn: map[string]probes.Limit{"connect": limit(0, "300ms"), "certificate": limit(1, "21d"), "extra": limit(2, "5")},
		Crit: map[string]probes.Limit{"connect": limit(0, "3s"), "certificate": limit(1, "7d")},
	}
	measured := func(connect, days float64) []probes.Value {
		return []probes.Value{{Name: "connect", Number: connect}, {Name: "certificate", Number: days}}
	}
	refused := &probes.Failure{Reason: probes.ConnectRefused, Detail: "10.0.0.1:443 refused"}
	good, bad := probes.Part{Name: "a"}, probes.Part{Name: "b", Failure: refused}
	for _, test := range []struct {
		name string
		run  Run
		want string // status reason message
	}{
		{"fine", Run{Observation: probes.Observation{Values: measured(0.1, 90)}}, "OK  api is fine"},
		{"a limit is reached at its value", Run{Observation: probes.Observation{Values: measured(0.3, 90)}}, "WARNING threshold.connect api connect is 300 ms (limit 300ms)"},
		{"crit outranks warn", Run{Observation: probes.Observation{Values: measured(3, 20)}}, "CRITICAL threshold.connect api connect is 3 s (limit 3s)"},
		{"lower is worse", Run{Observation: probes.Observation{Values: measured(0.1, 7)}}, "CRITICAL threshold.certificate api certificate is 7.0 days (limit 7d)"},
		{"a value with a limit is missing", Run{Observation: probes.Observation{Values: measured(0.1, 90)[:1]}}, "UNKNOWN threshold.certificate certificate was not measured, so its limit could not be checked"},
		{"not a number is not measured", Run{Observation: probes.Observation{Values: measured(math.NaN(), 90)}}, "UNKNOWN threshold.connect connect was not measured, so its limit could not be checked"},
		{"a failure explains missing values", Run{Observation: probes.Observation{Failure: refused}}, "CRITICAL connect.refused 10.0.0.1:443 refused"},
		{"all parts needed", Run{Observation: probes.Observation{Values: measured(0.1, 90), Parts: []probes.Part{good, bad}}}, "CRITICAL connect.refused 1 of 2 good, 2 needed: 10.0.0.1:443 refused"},
		{"one part needed", Run{Observation: probes.Observation{Values: measured(0.1, 90), Parts: []probes.Part{good, bad}, Need: 1}}, "OK  api is fine"},
		{"own network", Run{Err: fmt.Errorf("dial: %w", &probes.Failure{Reason: probes.SelfNetwork, Detail: "no route"})}, "UNKNOWN self.network no route"},
		{"any other error is ours", Run{Err: errors.New("boom")}, "UNKNOWN self.panic boom"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Judge(rules, test.run)
			if diff := cmp.Diff(test.want, fmt.Sprintf("%s %s %s", r.Status, r.Reason, r.Message)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
