package verdict

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"prober/probes"
)

// The corpora in testdata were made by driving the real nagios4 with sequences
// of results; each row is one step and what Nagios then held of the service.
func TestStateMachineAgreesWithNagios(t *testing.T) {
	replay(t, "testdata/nagios-states.tsv.gz", func(t *testing.T, row map[string]string, s State) {
		agree(t, row, "last_hard", fmt.Sprint(code(s.LastHard)))
	})
}

func TestFlappingAgreesWithNagios(t *testing.T) {
	replay(t, "testdata/nagios-flapping.tsv.gz", func(t *testing.T, row map[string]string, s State) {
		agree(t, row, "last_hard", fmt.Sprint(code(s.LastHard)))
		// "1/STARTED" and "0/STOPPED" mark the steps at which the flag turned.
		flag, _, _ := strings.Cut(row["flapping"], "/")
		agree(t, row, "flapping", strings.Replace(row["flapping"], flag, map[bool]string{false: "0", true: "1"}[s.Flaps.Flapping], 1))
	})
}

func replay(t *testing.T, file string, more func(*testing.T, map[string]string, State)) {
	sequences := readCorpus(t, file)
	if len(sequences) == 0 {
		t.Fatalf("%s holds no sequence", file)
	}
	steps := 0
	for name, rows := range sequences {
		var s State
		for _, row := range rows {
			s.step(input(t, row["in"]), atoi(t, row["max"]))
			agree(t, row, "state", fmt.Sprint(code(s.Status)))
			agree(t, row, "type", map[bool]string{false: "HARD", true: "SOFT"}[s.Soft])
			agree(t, row, "attempt", fmt.Sprint(s.Attempt))
			agree(t, row, "pct_change", fmt.Sprintf("%.2f", s.Flaps.Percent()))
			more(t, row, s)
			if t.Failed() {
				t.Fatalf("first difference in sequence %s, row %v, state %+v", name, row, s)
			}
			steps++
		}
	}
	t.Logf("%d sequences, %d steps", len(sequences), steps)
}

func agree(t *testing.T, row map[string]string, column, got string) {
	t.Helper()
	if want := row[column]; got != want {
		t.Errorf("%s step %s: %s is %s, Nagios has %s", row["name"], row["step"], column, got, want)
	}
}

// code is Nagios's number for a status.
func code(s probes.Status) int {
	return map[probes.Status]int{probes.Pending: 0, probes.OK: 0, probes.Warning: 1, probes.Critical: 2, probes.Unknown: 3}[s]
}

func input(t *testing.T, letter string) probes.Status {
	s, ok := map[string]probes.Status{"O": probes.OK, "W": probes.Warning, "C": probes.Critical, "U": probes.Unknown}[letter]
	if !ok {
		t.Fatalf("unknown input %q", letter)
	}
	return s
}

func atoi(t *testing.T, text string) int {
	var n int
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return n
}

// readCorpus returns the rows of each sequence by its name, in step order.
func readCorpus(t *testing.T, file string) map[string][]map[string]string {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unpacked)
	lines.Scan()
	columns := strings.Split(lines.Text(), "\t")
	sequences := map[string][]map[string]string{}
	for lines.Scan() {
		row := map[string]string{}
		for i, cell := range strings.Split(lines.Text(), "\t") {
			row[columns[i]] = cell
		}
		sequences[row["name"]] = append(sequences[row["name"]], row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for _, rows := range sequences {
		slices.SortFunc(rows, func(a, b map[string]string) int { return atoi(t, a["step"]) - atoi(t, b["step"]) })
	}
	return sequences
}

func TestNotMeasuredLeavesTheStateAlone(t *testing.T) {
	rules := &Rules{Probe: "p", MaxCheckAttempts: 1}
	s, _ := State{}.Next(rules, result(0, probes.OK, ""))
	after, events := s.Next(rules, result(60, probes.Unknown, probes.SelfNetwork))
	if after.Status != probes.OK || after.Attempt != s.Attempt || len(events) != 0 {
		t.Errorf("state %+v, events %v; want it unchanged", after, events)
	}
	noNews := result(120, probes.OK, "")
	noNews.NoNews = true
	if _, events := s.Next(rules, noNews); len(events) != 0 {
		t.Errorf("a run without news made %v", events)
	}
}

func TestPanicIsMeasuredUnknown(t *testing.T) {
	s, events := State{}.Next(&Rules{Probe: "p"}, result(0, probes.Unknown, probes.SelfPanic))
	if s.Status != probes.Unknown || len(events) != 1 || events[0].Reason != probes.SelfPanic {
		t.Errorf("state %+v, events %+v", s, events)
	}
}

func result(second int, status probes.Status, reason probes.Reason) *Result {
	return &Result{Probe: "p", At: epoch.Add(time.Duration(second) * time.Second), Status: status, Reason: reason}
}

var epoch = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
