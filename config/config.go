// Package config turns YAML into a [Config]. It reports every mistake at once,
// each with file, line, column and the key's whole path, and accepts nothing
// it does not know: a key that is ignored is a probe that does not do what its
// author believes.
//
// The kinds of probe are an argument, so that this package knows none of them.
package config

import (
	"cmp"
	"fmt"
	"os"
	"slices"

	"prober/probes"
)

// Config is a configuration without mistakes.
type Config struct {
	Name         string // of this prober
	DataDir      string
	Destinations []Destination // by name
	Environments map[string]Environment
	Probes       []Probe // in the order of the file
}

// Destination is a Mackerel organization.
type Destination struct {
	Name    string
	APIKey  Secret
	APIBase string // "" is Mackerel itself
	Service string
}

// Environment says who is told about its probes.
type Environment struct {
	ReportTo []string // names of destinations
}

// Probe is one probe and how it is run and judged.
type Probe struct {
	Name        string
	Environment string
	Kind        string
	Settings    probes.Settings
	Timing
	Warn, Crit map[string]probes.Limit
}

// Hears tells whether destination is told about the probes of environment:
// everybody is, about a probe without one.
func (c *Config) Hears(destination, environment string) bool {
	if environment == "" || len(c.Environments) == 0 {
		return true
	}
	return slices.Contains(c.Environments[environment].ReportTo, destination)
}

// Posts names the values of p that become metrics: its availability, its
// headline, and every value that has a limit.
func (p *Probe) Posts() []string {
	posts := []string{"availability"}
	for i, spec := range p.Settings.Values() {
		_, warn := p.Warn[spec.Name]
		_, crit := p.Crit[spec.Name]
		if i == 0 || warn || crit {
			posts = append(posts, spec.Name)
		}
	}
	return posts
}

// A Secret is a text that never shows itself. Reveal it only to whom it is for.
type Secret string

const masked = "[secret]"

// String implements [fmt.Stringer].
func (Secret) String() string { return masked }

// GoString implements [fmt.GoStringer].
func (Secret) GoString() string { return masked }

// MarshalText implements [encoding.TextMarshaler], for JSON and slog.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// Load reads the configuration file at path. An error of type [Problems] lists
// every mistake in it.
func Load(path string, kinds []probes.Kind) (*Config, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text, kinds, os.LookupEnv)
}

// Parse reads a configuration. name stands for the file in messages, lookup
// finds environment variables.
func Parse(name string, text []byte, kinds []probes.Kind, lookup func(string) (string, bool)) (*Config, error) {
	r := &reader{file: name, lookup: lookup}
	c := r.config(text, kinds)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, r.problems
	}
	return c, nil
}

// No configuration of a person comes near this.
const maxFile = 32 << 20

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the configuration: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("reading the configuration: %s is not a regular file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("reading the configuration: %s has %d MiB, more than the %d MiB there may be", path, info.Size()>>20, maxFile>>20)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return text, nil
}
