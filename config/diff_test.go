package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	parse := func(text string) *Config {
		t.Helper()
		c, err := Parse("prober.yaml", []byte(text), options)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	replace := func(pairs ...string) *Config { t.Helper(); return parse(strings.NewReplacer(pairs...).Replace(whole)) }
	before := parse(whole)
	for _, test := range []struct {
		name  string
		after *Config
		want  Changes
	}{
		{"nothing", parse(whole), Changes{}},
		{"a comment and a default that is written out", replace("probes:", "# said\nprobes:", "interval: 1d", "interval: 24h\n    max_check_attempts: 2"), Changes{}},
		{"a limit", replace("{connect: 3s}", "{connect: 2s}"), Changes{ChangedProbes: []string{"api-nlb"}}},
		{"a default", replace("max_check_attempts: 2", "max_check_attempts: 3"), Changes{ChangedProbes: []string{"api-nlb", "db"}}},
		{"an address", replace("10.0.0.1", "10.0.0.2"), Changes{ChangedProbes: []string{"db"}}},
		{"a new name", replace("name: db", "name: database"), Changes{AddedProbes: []string{"database"}, RemovedProbes: []string{"db"}}},
		{"a key", replace("${STAGING_KEY}", "other"), Changes{ChangedDestinations: []string{"staging"}}},
		{"a route", replace("staging: {report_to: [production]}", "staging: {report_to: [production, staging]}"), Changes{Routes: true}},
		{"what needs a restart", replace("name: sakura-1", "name: sakura-2\nlisten: none", "/var/lib/prober", "/tmp/prober"), Changes{Restart: []string{"name", "listen", "data_dir"}}},
		{"a destination less", replace("production, staging", "production", "  staging: {api_key: \"${STAGING_KEY}\", api_base: \"http://127.0.0.1:8081\", service: external}\n", ""), Changes{RemovedDestinations: []string{"staging"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Diff(before, test.after)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if got.None() != cmp.Equal(test.want, Changes{}) {
				t.Errorf("None is %v", got.None())
			}
		})
	}
}
