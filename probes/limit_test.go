package probes

import (
	"math"
	"testing"
)

func TestLimits(t *testing.T) {
	seconds := ValueSpec{Name: "connect", Unit: Seconds, Worse: Higher}
	days := ValueSpec{Name: "certificate", Unit: Days, Worse: Lower}
	bytes := ValueSpec{Name: "lag", Unit: Bytes, Worse: Higher}
	ratio := ValueSpec{Name: "availability", Unit: Ratio, Worse: Lower}
	number := ValueSpec{Name: "depth", Unit: Number}
	for _, test := range []struct {
		spec    ValueSpec
		text    string
		n       float64
		reached bool
	}{
		{seconds, "300ms", 0.3, true},
		{seconds, "300ms", 0.299, false},
		{seconds, "1.5h", 5400, true},
		{days, "21d", 21, true},
		{days, "36h", 1.6, false},
		{bytes, "64MiB", 64 << 20, true},
		{bytes, "64MB", 64e6 - 1, false},
		{ratio, "99%", 0.99, true},
		{ratio, "0.5", 0.51, false},
		{number, "> 5", 5, true},
		{number, "< 5", 6, false},
		{number, "10..20", 10, false},
		{number, "10..20", 9.9, true},
		{seconds, "0s", 0, true},
	} {
		l, err := ParseLimit(test.spec, test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if got := l.Reached(test.n); got != test.reached {
			t.Errorf("%q at %v: reached %v, want %v", test.text, test.n, got, test.reached)
		}
	}
}

func TestBadLimitsAreRefused(t *testing.T) {
	seconds := ValueSpec{Name: "connect", Unit: Seconds, Worse: Higher}
	number := ValueSpec{Name: "depth"}
	for spec, texts := range map[*ValueSpec][]string{
		&seconds: {"", "300", "ms", "300 pounds", "10s..5s", "5MiB", "NaNs", "1e999s", "> "},
		&number:  {"5", "5s", "..", "a..b"},
	} {
		for _, text := range texts {
			if l, err := ParseLimit(*spec, text); err == nil {
				t.Errorf("%q was taken as %+v", text, l)
			}
		}
	}
}

func FuzzParseLimit(f *testing.F) {
	for _, text := range []string{"300ms", "> 5", "10..20", "64MiB", "5%", "..", "1e309s", "-0", "٣s"} {
		f.Add(text, uint8(1), uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, unit, worse uint8) {
		spec := ValueSpec{Name: "v", Unit: Unit(unit % 6), Worse: Direction(worse % 3)}
		l, err := ParseLimit(spec, text)
		if err != nil {
			return
		}
		if math.IsNaN(l.Low) || math.IsNaN(l.High) || (math.IsInf(l.Low, -1) && math.IsInf(l.High, 1)) {
			t.Fatalf("%q: a limit without a border: %+v", text, l)
		}
	})
}
