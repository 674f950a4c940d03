package config

import (
	"errors"
	"io/fs"
	"maps"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// notYet are keys of the design whose room is not built; they are refused, not
// ignored.
var notYet = map[string]bool{
	"heartbeats": true, "notify": true, "report": true, "depends_on": true, "maintenance": true,
	"group": true, "labels": true, "runbook": true, "public": true, "disabled": true, "metric_prefix": true,
}

var (
	proberName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	probeName   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{1,62}$`)
)

// readConfig reads the main file and what it includes.
func readConfig(r *reader, text []byte) *Config {
	root := r.document(text)
	if root == nil {
		return nil
	}
	c := &Config{Listen: defaultListen, DataDir: "./data"}
	if !isMapping(root) {
		r.bad(root, "", "must be a mapping of keys, such as \"probes: […]\"")
		return c
	}
	main := mainFile{probeFile: probeFile{defaults: builtIn()}}
	r.mapping(root, "", r.mainKeys(c, &main))
	if len(c.Destinations) > 0 && c.Name == "" {
		r.bad(root, "name", "is missing; it names this prober in Mackerel")
	}
	main.routes.check(r, c)

	names := map[string]Problem{} // where each probe's name stands
	before := len(*r.problems)
	r.probes(c, &main.probeFile, names)
	for _, n := range main.includes {
		r.include(c, n, main.defaults, names)
	}
	if len(c.Probes) == 0 && len(*r.problems) == before {
		r.bad(root, "probes", "is missing; without a probe there is nothing to watch")
	}
	return c
}

// mainFile is what only the main file has.
type mainFile struct {
	probeFile
	includes []*node
	routes   routes
}

func (r *reader) mainKeys(c *Config, f *mainFile) keys {
	known := r.probeFile(&f.probeFile)
	maps.Copy(known, keys{
		"name": {"This prober, `[a-z0-9][a-z0-9-]{0,31}`; names its host in Mackerel. Required with `mackerel`.", aText(proberName),
			func(n *node, path string) { c.Name = r.name(n, path, proberName) }},
		"listen": {"Address of the page, the API and the metrics; `none` for nowhere. Default `" + defaultListen + "`.", aText(nil),
			func(n *node, path string) { c.Listen = r.listen(n, path) }},
		"data_dir": {"Where the journal is kept; a local disk. Default `./data`.", aText(nil),
			func(n *node, path string) { c.DataDir = r.text(n, path) }},
		"mackerel": {"Organizations by name. Default: none, and results stay local.", entriesOf(mappingOf(func() keys { return r.destinationKeys(&Destination{}, nil) })),
			func(n *node, path string) { c.Destinations = r.destinations(n, path, &f.routes) }},
		"environments": {"Environments by name. Default: none, and everyone is told everything.", entriesOf(mappingOf(func() keys { return r.environmentKeys(&Environment{}, nil) })),
			func(n *node, path string) { c.Environments = r.environments(n, path, &f.routes) }},
		"include": {"Names and patterns of files, relative to this one. Such a file holds `environment`, `defaults` (over those here) and `probes`.", listOf(aText(nil)),
			func(n *node, path string) {
				r.items(n, path, func(n *node, _ string) { f.includes = append(f.includes, n) })
			}},
	})
	return known
}

const defaultListen = "127.0.0.1:8090"

func (r *reader) listen(n *node, path string) string {
	address := r.text(n, path)
	if address == "none" {
		return ""
	}
	host, port, err := net.SplitHostPort(address)
	number, numberErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numberErr != nil || number == 0 || host == "" {
		r.bad(n, path, "must be an address and a port such as %s, or none, not %q", defaultListen, n.Value)
	}
	return address
}

// probeFile is what main and included files have in common.
type probeFile struct {
	environment string
	defaults    Timing
	probes      *node
}

func (r *reader) probeFile(f *probeFile) keys {
	return keys{
		"environment": {"Of the probes in this file that name none. Default: none, and everyone is told.", aText(nil),
			func(n *node, path string) { f.environment = r.text(n, path) }},
		"defaults": {"The timing keys of a probe, for every probe.", mappingOf(func() keys { return r.timing(&Timing{}) }),
			func(n *node, path string) { r.mapping(n, path, r.timing(&f.defaults)) }},
		"probes": {"The list of probes, here or in included files. At least one is required.", listOf(r.probeSchema),
			func(n *node, _ string) { f.probes = n }},
	}
}

// probes reads the probes of a file.
func (r *reader) probes(c *Config, f *probeFile, names map[string]Problem) {
	if f.probes == nil {
		return
	}
	var block probeBlock
	known := r.probeKeys(&block) // one table for all: it costs more than to read
	r.places = map[string]*node{}
	r.items(f.probes, "probes", func(n *node, path string) {
		if !isMapping(n) {
			r.bad(n, path, "must be a mapping, such as {name: api, tcp: {address: \"api.example.com:443\"}}")
			return
		}
		block = probeBlock{Probe: Probe{Environment: f.environment, Timing: f.defaults}}
		clear(r.places)
		r.mapping(n, path, known)
		r.finish(n, path, &block)
		p := block.Probe
		here := Problem{File: r.file, Line: n.Line, Column: n.Column}
		if other, taken := names[p.Name]; taken && p.Name != "" {
			r.badAt(n, path+".name", "%q is the name of another probe, at %s:%d", p.Name, other.File, other.Line)
		}
		names[p.Name] = here
		if _, known := c.Environments[p.Environment]; p.Environment != "" && c.Environments != nil && !known {
			r.badAt(n, path+".environment", "%q is not among environments; %s", p.Environment, suggest(p.Environment, slices.Sorted(maps.Keys(c.Environments))))
		}
		c.Probes = append(c.Probes, p)
	})
}

// include reads the files of one pattern, relative to the main file. A pattern
// may match nothing; a file that is named may not be missing.
func (r *reader) include(c *Config, n *node, defaults Timing, names map[string]Problem) {
	pattern := r.text(n, "include")
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(r.file), pattern)
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		r.bad(n, "include", "%q is not a pattern of file names: %v", pattern, err)
		return
	}
	if len(files) == 0 && !strings.ContainsAny(pattern, `*?[\`) {
		files = []string{pattern}
	}
	for _, file := range files {
		text, err := readFile(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			r.bad(n, "include", "there is no file %s", file)
			continue
		case err != nil:
			r.bad(n, "include", "cannot be read: %v", err)
			continue
		}
		r.of(file).included(c, text, defaults, names)
	}
}

func (r *reader) included(c *Config, text []byte, defaults Timing, names map[string]Problem) {
	root := r.document(text)
	if root == nil {
		return
	}
	f := probeFile{defaults: defaults}
	r.mapping(root, "", r.probeFile(&f))
	r.probes(c, &f, names)
}

// of is a reader of another file.
func (r *reader) of(file string) *reader {
	return &reader{Options: r.Options, file: file, problems: r.problems}
}

func (r *reader) name(n *node, path string, rule *regexp.Regexp) string {
	name := r.text(n, path)
	if name != "" && !rule.MatchString(name) {
		r.bad(n, path, "%q must match %s", n.Value, rule)
	}
	return name
}
