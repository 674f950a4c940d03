// Package config turns YAML into a [Config]. It reports every mistake at once,
// each with file, line, column and the key's whole path, and accepts nothing
// it does not know: a key that is ignored is a probe that does not do what its
// author believes.
//
// The kinds of probe are an argument, so that this package knows none of them.
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"prober/probes"
)

// Config is a configuration without mistakes.
type Config struct {
	Name         string // of this prober
	Listen       string // address of the page and the API; "" for none
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

// Options say what a configuration may hold and where its secrets are.
type Options struct {
	Kinds []probes.Kind
	// Lookup finds environment variables; nil is [os.LookupEnv].
	Lookup func(string) (string, bool)
	// NoSecrets takes variables that are not set and files that are not there
	// for something, to validate where there are no secrets.
	NoSecrets bool
}

// MainFile is the name of the configuration in a directory.
const MainFile = "prober.yaml"

// Load reads the configuration file at path, or [MainFile] in that directory,
// and what it includes. An error of type [Problems] lists every mistake.
func Load(path string, o Options) (*Config, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, MainFile)
	}
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	return Parse(path, text, o)
}

// Parse reads a configuration whose main file has the given name and text.
func Parse(name string, text []byte, o Options) (*Config, error) {
	if o.Lookup == nil {
		o.Lookup = os.LookupEnv
	}
	var problems Problems
	c := readConfig(&reader{Options: o, file: name, problems: &problems}, text)
	if len(problems) > 0 {
		problems.sort()
		return nil, problems
	}
	return c, nil
}

// No configuration of a person comes near this.
const maxFile = 32 << 20

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s has %d MiB, more than the %d MiB there may be", path, info.Size()>>20, maxFile>>20)
	}
	return os.ReadFile(path)
}
