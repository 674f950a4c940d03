package config

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// BenchmarkTenThousandProbes tells what reading costs beside a bare strict
// decode of the same text into structs, in turns.
func BenchmarkTenThousandProbes(b *testing.B) {
	var text strings.Builder
	text.WriteString("probes:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "  - name: probe-%d\n    tcp:\n      address: \"host-%d.example.com:443\"\n    interval: 30s\n    timeout: 5s\n    max_check_attempts: 2\n    warn:\n      connect: 300ms\n    crit:\n      connect: 3s\n", i, i)
	}
	whole := []byte(text.String())
	var ours, bare time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := Parse("prober.yaml", whole, options); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(began)
		began = time.Now()
		var doc struct {
			Probes []struct {
				Name             string
				TCP              struct{ Address string }
				Interval         string
				Timeout          string
				MaxCheckAttempts int `yaml:"max_check_attempts"`
				Warn, Crit       map[string]string
			}
		}
		decoder := yaml.NewDecoder(bytes.NewReader(whole))
		decoder.KnownFields(true)
		if err := decoder.Decode(&doc); err != nil {
			b.Fatal(err)
		}
		bare += time.Since(began)
	}
	b.ReportMetric(float64(ours)/float64(bare), "×bare-strict-decode")
	b.ReportMetric(float64(len(whole))/1e6, "MB")
}
