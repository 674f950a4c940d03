package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"prober/config"
	"prober/internal/loopback"
	"prober/journal"
	"prober/mackerel/standin"
	"prober/probes/kinds"
	"prober/verdict"
)

// TestNothingIsLost is the whole program on real input: processes, sockets, a
// disk, and the minutes of the real clock. Staging's organization stops
// answering; meanwhile a target goes down and the prober is killed and started
// again. Afterwards both organizations have every closed minute and every
// hard change of what they hear of, each with its own time and value.
//
// PROBER_E2E_OUTAGE makes the outage longer than the two minutes it takes in
// the gate.
func TestNothingIsLost(t *testing.T) {
	outage := 100 * time.Second
	if text := os.Getenv("PROBER_E2E_OUTAGE"); text != "" {
		var err error
		if outage, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	bin := build(t)
	production, staging := startStandin(t, bin, "production"), startStandin(t, bin, "staging")
	target := listenOnAndOff(t)
	file := writeConfig(t, freeAddress(t), production.url, staging.url, target.address)

	prober := startProber(t, bin, file)
	began := time.Now()
	wait(t, 2*time.Minute, "both organizations have a first minute", func() bool {
		return len(production.state(t).Services["external"]) > 0 && len(staging.state(t).Services["external"]) > 0
	})
	t.Logf("first minute in both after %v", time.Since(began).Round(time.Second))

	staging.signal(t, syscall.SIGSTOP)
	stopped := time.Now()
	target.off()
	wait(t, 30*time.Second, "production hears that the target is down", func() bool { return checkStatus(production.state(t), "web") == "CRITICAL" })
	t.Logf("production heard after %v", time.Since(stopped).Round(time.Millisecond))
	if err := prober.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = prober.Wait()
	prober = startProber(t, bin, file)
	time.Sleep(outage / 2)
	target.on(t)
	wait(t, 30*time.Second, "production hears of the recovery", func() bool { return checkStatus(production.state(t), "web") == "OK" })
	time.Sleep(time.Until(stopped.Add(outage)))
	staging.signal(t, syscall.SIGCONT)

	caughtUp := func() bool { return checkStatus(staging.state(t), "web") == "OK" }
	wait(t, 2*time.Minute, "staging catches up", caughtUp)
	time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute + 10*time.Second)))
	if err := prober.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := prober.Wait(); err != nil {
		t.Errorf("prober ended with %v", err)
	}
	compare(t, file, map[string]standin.State{"production": production.state(t), "staging": staging.state(t)})
}

// compare holds what the organizations have against the journal.
func compare(t *testing.T, file string, have map[string]standin.State) {
	c, err := config.Load(file, config.Options{Kinds: kinds.All()})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := journal.Open(c.DataDir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	minutes, err := kept.Minutes(time.Unix(0, 0), math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	events, err := kept.Events(0, math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	if len(minutes) < 3 || len(events) < 12 {
		t.Fatalf("%d minutes and %d events in the journal: too little to prove anything", len(minutes), len(events))
	}
	for name, state := range have {
		hears := func(environment string) bool { return c.Hears(name, environment) }
		points, changes := expected(minutes, hears), hardChanges(events, hears)
		if diff := gocmp.Diff(points, state.Services["external"]); diff != "" {
			t.Errorf("%s: points (-journal +organization): %s", name, diff)
		}
		if diff := gocmp.Diff(changes, reported(state.Reports)); diff != "" {
			t.Errorf("%s: hard changes (-journal +organization): %s", name, diff)
		}
		if len(state.Changed) > 0 {
			t.Errorf("%s: minutes changed their values: %v", name, state.Changed)
		}
		t.Logf("%s: %d minutes with %d points, %d hard changes, nothing missing", name, len(minutes), len(points), len(changes))
	}
}

func expected(minutes []verdict.Minute, hears func(string) bool) []standin.Point {
	var points []standin.Point
	for _, m := range minutes {
		for _, s := range m.Series {
			for _, v := range s.Values {
				if group := map[string]string{"seconds": "time", "ratio": "ratio"}[v.Unit.String()]; hears(s.Environment) && slices.Contains(s.Post, v.Name) {
					points = append(points, standin.Point{Name: s.Probe + "." + group + "." + v.Name, Time: m.Start.Unix(), Value: v.Number})
				}
			}
		}
	}
	slices.SortFunc(points, func(a, b standin.Point) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Time, b.Time)) })
	return points
}

func hardChanges(events []verdict.Event, hears func(string) bool) []string {
	var changes []string
	for _, e := range events {
		if e.What == verdict.Changed && hears(e.Environment) {
			changes = append(changes, fmt.Sprintf("%s %d %s", e.Probe, e.At.Unix(), e.Status))
		}
	}
	slices.Sort(changes)
	return changes
}

// reported are the changes among the reports that were taken.
func reported(reports []standin.Report) []string {
	var changes []string
	last := map[string]string{}
	for _, r := range reports {
		if r.Ignored == "" && last[r.Name] != r.Status {
			changes = append(changes, fmt.Sprintf("%s %d %s", r.Name, r.OccurredAt, r.Status))
			last[r.Name] = r.Status
		}
	}
	slices.Sort(changes)
	return changes
}

func build(t *testing.T) (dir string) {
	dir = t.TempDir()
	if out, err := exec.Command("go", "build", "-o", dir, "../...").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	return dir
}

// freeAddress is one for a child to listen on.
func freeAddress(t *testing.T) string {
	return loopback.Address(loopback.Bind(t, func(port int) error {
		l, err := net.Listen("tcp", loopback.Address(port))
		if err != nil {
			return err
		}
		return l.Close()
	}))
}

// process is a stand-in in a process of its own.
type process struct {
	url   string
	child *os.Process
}

func startStandin(t *testing.T, bin, name string) *process {
	cmd := exec.Command(filepath.Join(bin, "mackerel-standin"), "--listen", freeAddress(t), "--name", name)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the stand-in does not start: %v", err)
	}
	return &process{strings.TrimSpace(line), cmd.Process}
}

func (o *process) signal(t *testing.T, s syscall.Signal) {
	if err := o.child.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func (o *process) state(t *testing.T) standin.State {
	resp, err := http.Get(o.url + "/standin/state")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var state standin.State
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

func checkStatus(s standin.State, check string) string {
	i := slices.IndexFunc(s.Checks, func(c standin.Check) bool { return c.Name == check })
	if i < 0 {
		return ""
	}
	return s.Checks[i].Status
}

// target is a port that can be closed and opened again.
type target struct {
	address  string
	listener net.Listener
}

func listenOnAndOff(t *testing.T) *target {
	l := loopback.Listen(t)
	o := &target{address: l.Addr().String(), listener: l}
	t.Cleanup(o.off)
	return o
}

func (o *target) off() { _ = o.listener.Close() }

func (o *target) on(t *testing.T) {
	var err error
	if o.listener, err = net.Listen("tcp", o.address); err != nil {
		t.Fatal(err)
	}
}

// writeConfig configures ten probes of two environments.
func writeConfig(t *testing.T, listen, production, staging, target string) (file string) {
	dir := t.TempDir()
	text := fmt.Sprintf(`name: e2e-1
listen: %s
data_dir: %s/data
mackerel:
  production: {api_key: key-production, api_base: "%s", service: external}
  staging: {api_key: key-staging, api_base: "%s", service: external}
environments:
  production: {report_to: [production, staging]}
  staging: {report_to: [production]}
defaults: {interval: 5s, timeout: 2s, retry_interval: 1s, max_check_attempts: 2}
probes:
  - {name: web, environment: production, tcp: {address: "%s"}, crit: {connect: 1s}}
  - {name: refused, environment: production, tcp: {address: "127.0.0.1:1"}}
`, listen, dir, production, staging, target)
	for i := range 4 {
		text += fmt.Sprintf("  - {name: p%d, environment: production, tcp: {address: \"%s\"}}\n", i, strings.TrimPrefix(production, "http://"))
		text += fmt.Sprintf("  - {name: s%d, environment: staging, tcp: {address: \"%s\"}}\n", i, strings.TrimPrefix(production, "http://"))
	}
	file = filepath.Join(dir, "prober.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func startProber(t *testing.T, bin, file string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin, "prober"), "run", "--config", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// wait polls other processes, which cannot be waited for otherwise.
func wait(t *testing.T, patience time.Duration, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
