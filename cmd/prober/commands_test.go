package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"prober/internal/loopback"
)

// command runs a command line and returns its exit status and what it wrote.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func file(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "prober.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const twoMistakes = "probes:\n  - {name: a, tcp: {adress: 'h:1'}}\n  - {name: b, tcp: {address: 'h:1'}, interval: 5}\n"

func TestValidateTellsMistakesInThreeForms(t *testing.T) {
	path := file(t, twoMistakes)
	for form, want := range map[string]string{
		"text":   "F:2:21: probes[0].tcp.adress: is not a known key; did you mean address?\nF:3:48: probes[1].interval: must be a time such as 500ms, 30s, 5m, 2h or 1d, not \"5\"\n",
		"github": "::error file=F,line=2,col=21::probes[0].tcp.adress: is not a known key; did you mean address?\n::error file=F,line=3,col=48::probes[1].interval: must be a time such as 500ms, 30s, 5m, 2h or 1d, not \"5\"\n",
		"json":   `{"problems":[{"file":"F","line":2,"column":21,"path":"probes[0].tcp.adress","problem":"is not a known key; did you mean address?"},{"file":"F","line":3,"column":48,"path":"probes[1].interval","problem":"must be a time such as 500ms, 30s, 5m, 2h or 1d, not \"5\""}],"schema_version":1,"valid":false}` + "\n",
	} {
		code, stdout, stderr := command(t, "validate", "-o", form, path)
		if diff := cmp.Diff(want, strings.ReplaceAll(stdout, path, "F")); diff != "" || code != exitFailed || stderr != "" {
			t.Errorf("%s: exit %d, stderr %q, %s", form, code, stderr, diff)
		}
	}
}

func TestValidateOfAGoodConfiguration(t *testing.T) {
	path := file(t, "name: x\nmackerel: {production: {api_key: '${UNSET_KEY}', service: external}}\nprobes: [{name: a, tcp: {address: 'h:1'}}]\n")
	code, stdout, _ := command(t, "validate", "--no-secrets", filepath.Dir(path))
	if want := filepath.Dir(path) + ": no mistake; probes: 1, destinations: 1\n"; code != exitDone || stdout != want {
		t.Errorf("exit %d, %q", code, stdout)
	}
	if code, stdout, _ := command(t, "validate", path); code != exitFailed || !strings.Contains(stdout, "UNSET_KEY") {
		t.Errorf("without its secrets: exit %d, %q", code, stdout)
	}
	if code, stdout, _ := command(t, "validate", "/nowhere.yaml"); code != exitFailed || !strings.Contains(stdout, "no such file") {
		t.Errorf("without a file: exit %d, %q", code, stdout)
	}
}

func TestExamplesAreValid(t *testing.T) {
	examples, err := filepath.Glob("../../examples/*/prober.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	code, stdout, stderr := command(t, append([]string{"validate", "--no-secrets"}, examples...)...)
	if code != exitDone {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestInitWritesWhatValidates(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	code, stdout, stderr := command(t, "init", dir)
	if code != exitDone || !strings.Contains(stdout, "prober check --config") {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	if code, stdout, _ := command(t, "validate", dir); code != exitDone {
		t.Errorf("the starter is not valid: %s", stdout)
	}
	// What it offers in comments is valid, too.
	text, err := os.ReadFile(filepath.Join(dir, "prober.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	offered := regexp.MustCompile(`(?m)^( *)# ((?:  )*(?:mackerel|environments|production|staging|- name|environment|tcp|interval)\b.*)$`).ReplaceAll(text, []byte("$1$2"))
	if code, stdout, _ := command(t, "validate", "--no-secrets", file(t, string(offered))); code != exitDone || bytes.Equal(offered, text) {
		t.Errorf("what the starter offers is not valid: %s\n%s", stdout, offered)
	}
	if code, _, stderr := command(t, "init", dir); code != exitFailed || !strings.Contains(stderr, "left as it is") {
		t.Errorf("a second time: exit %d, %s", code, stderr)
	}
}

func TestSchemaIsPrinted(t *testing.T) {
	if code, stdout, _ := command(t, "schema"); code != exitDone || !strings.Contains(stdout, "draft-07") {
		t.Errorf("exit %d: %.100s", code, stdout)
	}
}

// What the example says that check prints is what it prints.
func TestExampleOfNLBs(t *testing.T) {
	open := loopback.Listen(t).Addr().String()
	for name, value := range map[string]string{
		"PRODUCTION_API": open, "PRODUCTION_SMTP": "127.0.0.1:1", "STAGING_API": open, "MACKEREL_PRODUCTION_API_KEY": "k", "MACKEREL_STAGING_API_KEY": "k",
	} {
		t.Setenv(name, value)
	}
	want, err := os.ReadFile("../../examples/nlb-tcp/check.txt")
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "check", "--config", "../../examples/nlb-tcp", "--all")
	got := regexp.MustCompile(`[0-9.]+ ms`).ReplaceAllString(strings.ReplaceAll(stdout, "127.0.0.1:1", "ADDRESS"), "N ms")
	if diff := cmp.Diff(string(want), got); diff != "" || code != 2 || stderr != "" {
		t.Errorf("exit %d, %s%s", code, diff, stderr)
	}
}

func TestQuickstartIsWhatInitWrites(t *testing.T) {
	text, err := os.ReadFile("../../examples/quickstart/prober.yaml")
	if err != nil || !bytes.Equal(text, starter) {
		t.Errorf("examples/quickstart/prober.yaml is not cmd/prober/starter.yaml: %v", err)
	}
}

func TestCheckEndsAsAPluginDoes(t *testing.T) {
	open := loopback.Listen(t).Addr().String()
	path := file(t, fmt.Sprintf(`probes:
  - {name: good, environment: production, tcp: {address: "%s"}}
  - {name: slow, tcp: {address: "%s"}, warn: {connect: 0s}}
  - {name: refused, tcp: {address: "127.0.0.1:1"}}
`, open, open))
	for _, test := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"good"}, 0, []string{"OK        good  good is fine · connect "}},
		{[]string{"slow"}, 1, []string{"WARNING   slow  slow connect is ", "(limit 0s) [threshold.connect]"}},
		{[]string{"refused", "good"}, 2, []string{"CRITICAL  refused  127.0.0.1:1 refused after", "[connect.refused]", "OK        good     good is fine"}},
		{[]string{"--all"}, 2, []string{"good", "slow", "refused"}},
	} {
		code, stdout, stderr := command(t, append([]string{"check", "--config", path}, test.args...)...)
		if code != test.code || stderr != "" {
			t.Errorf("%v: exit %d, want %d; %s", test.args, code, test.code, stderr)
		}
		for _, want := range test.want {
			if !strings.Contains(stdout, want) {
				t.Errorf("%v: %q lacks %q", test.args, stdout, want)
			}
		}
	}
}

func TestCheckAsJSON(t *testing.T) {
	path := file(t, "probes: [{name: refused, environment: production, tcp: {address: '127.0.0.1:1'}}]\n")
	code, stdout, _ := command(t, "check", "-c", path, "-o", "json", "refused")
	var got struct {
		SchemaVersion int `json:"schema_version"`
		Results       []map[string]any
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 2 || got.SchemaVersion != 1 || len(got.Results) != 1 {
		t.Fatalf("exit %d, error %v: %s", code, err, stdout)
	}
	r := got.Results[0]
	for key, want := range map[string]any{"probe": "refused", "kind": "tcp", "environment": "production", "status": "CRITICAL", "reason": "connect.refused"} {
		if r[key] != want {
			t.Errorf("%s is %v, want %v", key, r[key], want)
		}
	}
	for _, key := range []string{"message", "at", "took", "values", "units", "parts"} {
		if r[key] == nil {
			t.Errorf("%s is missing", key)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	good := file(t, "probes: [{name: a, tcp: {address: '127.0.0.1:1'}}]\n")
	bad := file(t, twoMistakes)
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"run"}, exitUsage, "--config"},
		{[]string{"run", "extra"}, exitUsage, "unknown command \"extra\""},
		{[]string{"nothing"}, exitUsage, "unknown command"},
		{[]string{"run", "--confg", "x"}, exitUsage, "unknown flag: --confg"},
		{[]string{"run", "--config", bad}, exitFailed, "did you mean address?"},
		{[]string{"validate", "-o", "xml", good}, exitUsage, "xml"},
		{[]string{"check", "-c", good}, exitUnknown, "--all"},
		{[]string{"check", "-c", good, "--all", "a"}, exitUnknown, "--all"},
		{[]string{"check", "-c", good, "b"}, exitUnknown, `no probe "b"`},
		{[]string{"check", "-c", bad, "--all"}, exitUnknown, "did you mean address?"},
		{[]string{"check", "--nonsense"}, exitUnknown, "unknown flag"},
	} {
		code, _, stderr := command(t, test.args...)
		if code != test.code || !strings.Contains(stderr, test.want) {
			t.Errorf("%v: exit %d, want %d; %s", test.args, code, test.code, stderr)
		}
	}
}

// A whole prober, asked through its own page.
func TestStatusAsksTheRunningProber(t *testing.T) {
	address := freeAddress(t)
	path := file(t, fmt.Sprintf("listen: %s\ndata_dir: %s\nprobes: [{name: refused, interval: 1s, max_check_attempts: 1, tcp: {address: '127.0.0.1:1'}}]\n", address, t.TempDir()))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int)
	go func() { ended <- execute(ctx, []string{"run", "--config", path}, io.Discard, io.Discard) }()
	wait(t, 20*time.Second, "the status tells of the refused port", func() bool {
		code, stdout, _ := command(t, "status", "--config", path)
		return code == exitDone && strings.Contains(stdout, "CRITICAL  refused  127.0.0.1:1 refused after")
	})
	if code, stdout, _ := command(t, "status", "--url", "http://"+address, "-o", "json"); code != exitDone || !strings.Contains(stdout, `"reason":"connect.refused"`) {
		t.Errorf("exit %d: %s", code, stdout)
	}
	resp, err := http.Get("http://" + address + "/readyz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("readyz: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("run ended with %d", code)
	}
	if code, _, stderr := command(t, "status", "--config", path); code != exitFailed || !strings.Contains(stderr, "is it running") {
		t.Errorf("without a prober: exit %d, %s", code, stderr)
	}
}

func TestTakenAddressDoesNotStopProbing(t *testing.T) {
	taken := loopback.Listen(t).Addr().String()
	path := file(t, fmt.Sprintf("listen: %s\ndata_dir: %s\nprobes: [{name: a, tcp: {address: '127.0.0.1:1'}}]\n", taken, t.TempDir()))
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	var stderr bytes.Buffer
	if code := execute(ctx, []string{"run", "--config", path}, io.Discard, &stderr); code != exitDone || ctx.Err() == nil || !strings.Contains(stderr.String(), "set listen to a free address") {
		t.Errorf("exit %d before its time: %s", code, stderr.String())
	}
}

func TestDemoEndsWithNothingMissing(t *testing.T) {
	code, stdout, stderr := command(t, "demo")
	if code != exitDone || strings.Count(stdout, "missing: 0") != 2 {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestCompletionKnowsTheProbes(t *testing.T) {
	path := file(t, "probes: [{name: api-nlb, tcp: {address: 'h:1'}}, {name: db, tcp: {address: 'h:1'}}]\n")
	_, stdout, _ := command(t, "__complete", "check", "--config", path, "")
	if !strings.Contains(stdout, "api-nlb\ndb\n") {
		t.Errorf("%q", stdout)
	}
}
