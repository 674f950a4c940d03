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

	"prober/probes/kinds"
)

const whole = `
name: sakura-1
data_dir: /var/lib/prober
mackerel:
  staging: {api_key: "${STAGING_KEY}", api_base: "http://127.0.0.1:8081", service: external}
  production: {api_key: "$$key${env:NOTHING:-!}", service: external}
environments:
  production: {report_to: [production, staging]}
  staging: {report_to: [production]}
environment: production
defaults: {interval: 30s, max_check_attempts: 2}
probes:
  - name: api-nlb
    tcp: {address: "api.example.com:443"}
    warn: {connect: 300ms}
    crit: {connect: 3s}
  - name: db
    environment: staging
    tcp: {address: "10.0.0.1:5432"}
    interval: 1d
    timeout: 5s
    notification_interval: 0s
`

func TestWholeConfiguration(t *testing.T) {
	c, err := Parse("prober.yaml", []byte(whole), options)
	if err != nil {
		t.Fatal(err)
	}
	production, staging := c.Destinations[0], c.Destinations[1]
	if production.APIKey.Reveal() != "$key!" || staging.APIKey.Reveal() != "s3cret" || staging.APIBase != "http://127.0.0.1:8081" {
		t.Errorf("keys %q and %q, base %q", production.APIKey.Reveal(), staging.APIKey.Reveal(), staging.APIBase)
	}
	api, db := c.Probes[0], c.Probes[1]
	if diff := cmp.Diff(Timing{30 * time.Second, 10 * time.Second, 10 * time.Second, 2, time.Hour}, api.Timing); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Timing{24 * time.Hour, 5 * time.Second, 10 * time.Second, 2, 0}, db.Timing); diff != "" {
		t.Error(diff)
	}
	if got := fmt.Sprint(api.Kind, api.Environment, db.Environment, api.Posts(), db.Posts()); got != "tcpproductionstaging[availability connect] [availability connect]" {
		t.Error(got)
	}
	hears := fmt.Sprint(c.Hears("production", "staging"), c.Hears("staging", "staging"), c.Hears("staging", "production"), c.Hears("staging", ""))
	if hears != "true false true true" {
		t.Errorf("who hears of whom: %s", hears)
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	c, err := Parse("prober.yaml", []byte(whole), options)
	if err != nil {
		t.Fatal(err)
	}
	if shown := fmt.Sprintf("%v %+v %#v %s", c.Destinations, c.Destinations, c.Destinations, c.Destinations[1].APIKey); strings.Contains(shown, "s3cret") {
		t.Error(shown)
	}
}

// A message may quote what the file says, never what a variable held.
func TestSecretsAreNotInMessages(t *testing.T) {
	lookup := func(string) (string, bool) { return "Hunter 2", true }
	text := `
name: ${SECRET}
listen: ${SECRET}
mackerel: {production: {api_key: k, service: "${SECRET}", api_base: "https://user:pass@${SECRET}"}}
defaults: {interval: "${SECRET}", max_check_attempts: "${SECRET}"}
probes:
  - {name: "${SECRET}", tcp: {address: "${SECRET}"}, warn: {connect: "${SECRET}"}}
  - {name: a, environment: "${SECRET}", tcp: {address: "${SECRET}:0"}}
`
	_, err := Parse("prober.yaml", []byte(text), Options{Kinds: kinds.All(), Lookup: lookup})
	problems, _ := errors.AsType[Problems](err)
	if len(problems) < 8 || strings.Contains(err.Error(), "Hunter") || strings.Contains(err.Error(), "pass@") {
		t.Errorf("%d problems:\n%v", len(problems), err)
	}
}

// Every mistake is told, all at once, each with its place.
func TestMistakesAreToldWithTheirPlace(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("prober.yaml", text, options)
			problems, ok := errors.AsType[Problems](err)
			if !ok {
				t.Fatalf("error %v, want problems", err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			want, err := os.ReadFile(golden)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				err = os.WriteFile(golden, []byte(problems.Error()+"\n"), 0o644)
			} else if diff := cmp.Diff(string(want), problems.Error()+"\n"); diff != "" {
				t.Error(diff)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestFileSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &reader{Options: options}
	if got, err := r.expand("<${file:" + path + "}>"); err != nil || got != "<from file>" {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("prober.yaml", []byte(text), options)
		if (c == nil) == (err == nil) {
			t.Fatalf("configuration %v, error %v", c, err)
		}
		if err == nil && len(c.Probes) == 0 {
			t.Fatal("accepted without a probe")
		}
	})
}

var options = Options{Kinds: kinds.All(), Lookup: env}

func env(name string) (string, bool) {
	value, ok := map[string]string{"STAGING_KEY": "s3cret"}[name]
	return value, ok
}
