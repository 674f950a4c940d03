package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree writes files below a new directory.
func tree(t *testing.T, files map[string]string) (dir string) {
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestIncludedFilesHaveDefaultsOfTheirOwn(t *testing.T) {
	dir := tree(t, map[string]string{
		MainFile:         "include: ['probes/*.yaml', 'none/*.yaml', extra.yaml]\ndefaults: {interval: 20s, max_check_attempts: 5}\nprobes: [{name: main, tcp: {address: 'h:1'}}]\n",
		"probes/a.yaml":  "environment: production\ndefaults: {interval: 40s}\nprobes:\n  - {name: a, tcp: {address: 'h:1'}}\n  - {name: b, interval: 50s, environment: staging, tcp: {address: 'h:1'}}\n",
		"probes/b.yaml":  "probes: []\n",
		"extra.yaml":     "probes: [{name: c, tcp: {address: 'h:1'}}]\n",
		"probes/not.txt": "not: yaml: at: all",
	})
	c, err := Load(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Probes {
		got = append(got, fmt.Sprint(p.Name, " ", p.Environment, " ", p.Interval, " ", p.MaxCheckAttempts))
	}
	if diff := cmp.Diff([]string{"main  20s 5", "a production 40s 5", "b staging 50s 5", "c  20s 5"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesInIncludedFilesNameTheFile(t *testing.T) {
	dir := tree(t, map[string]string{
		MainFile:   "include: [missing.yaml, 'p/*.yaml', '[']\nprobes: [{name: a, tcp: {address: 'h:1'}}]\n",
		"p/x.yaml": "name: no\nprobes:\n  - {name: a, tcp: {address: 'h:1'}}\n",
		"p/y.yaml": "",
	})
	_, err := Load(filepath.Join(dir, MainFile), options)
	got := strings.ReplaceAll(fmt.Sprint(err), dir+"/", "")
	want := `prober.yaml:1:11: include: there is no file missing.yaml
prober.yaml:1:37: include: "[" is not a pattern of file names: syntax error in pattern
p/x.yaml:1:1: name: is not a known key; there are defaults, environment, probes
p/x.yaml:3:12: probes[0].name: "a" is the name of another probe, at prober.yaml:2
p/y.yaml: is empty`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnchorsAndMerges(t *testing.T) {
	text := `
x-often: &often {interval: 5s, max_check_attempts: 1}
probes:
  - {<<: *often, name: a, tcp: &target {address: "h:1"}}
  - {name: b, <<: *often, interval: 7s, tcp: *target}
`
	c, err := Parse("prober.yaml", []byte(text), options)
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Probes[0], c.Probes[1]
	if a.Interval != 5*time.Second || b.Interval != 7*time.Second || a.MaxCheckAttempts+b.MaxCheckAttempts != 2 || b.Kind != "tcp" {
		t.Errorf("a %+v, b %+v", a, b)
	}
}

func TestAliasBombIsRefusedQuickly(t *testing.T) {
	var text strings.Builder
	text.WriteString("x-0: &a0 {name: a, tcp: {address: 'h:1'}}\nprobes:\n")
	for range mostAliases + 10 {
		text.WriteString("- *a0\n")
	}
	_, err := Parse("prober.yaml", []byte(text.String()), options)
	if err == nil || !strings.Contains(err.Error(), "aliases") {
		t.Error("more aliases than there may be were taken")
	}
	nested := "x-0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		nested += fmt.Sprintf("x-%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i+1, i+1, i, i, i, i, i, i, i)
	}
	if _, err := Parse("prober.yaml", []byte(nested+"probes: *a9\n"), options); err == nil {
		t.Error("a bomb was taken")
	}
	// A ring cannot be built in YAML's order, but its shape can be tried.
	if _, err := Parse("prober.yaml", []byte("probes: &p [*p]\n"), options); err == nil {
		t.Error("a ring was taken")
	}
}

func TestValidatingWithoutSecrets(t *testing.T) {
	text := "name: x\nmackerel: {production: {api_key: '${UNSET}', service: external}}\nprobes: [{name: a, tcp: {address: '${file:/nowhere}:1'}}]\n"
	if _, err := Parse("prober.yaml", []byte(text), options); err == nil {
		t.Error("secrets that are not there were not missed")
	}
	without := options
	without.NoSecrets = true
	if _, err := Parse("prober.yaml", []byte(text), without); err != nil {
		t.Error(err)
	}
}

func TestSuggestions(t *testing.T) {
	known := []string{"address", "interval", "timeout"}
	for word, want := range map[string]string{
		"intervall": "did you mean interval?", "tiemout": "did you mean timeout?", "adress": "did you mean address?",
		"colour": "there are address, interval, timeout", "x": "there are address, interval, timeout",
	} {
		if got := suggest(word, known); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}

func TestDirectoryWithoutMainFile(t *testing.T) {
	if _, err := Load(t.TempDir(), options); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
