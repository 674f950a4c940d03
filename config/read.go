package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"prober/probes"
)

// notYet are keys of the design whose room is not built; they are refused, not
// ignored.
var notYet = map[string]bool{
	"listen": true, "include": true, "heartbeats": true, "notify": true, "report": true, "depends_on": true,
	"maintenance": true, "group": true, "labels": true, "runbook": true, "public": true, "disabled": true, "metric_prefix": true,
}

var (
	proberName  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	probeName   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{1,62}$`)
)

func (r *reader) config(text []byte, kinds []probes.Kind) *Config {
	root := r.document(text)
	if root == nil {
		return nil
	}
	c := &Config{DataDir: "./data"}
	var environment string
	var probesNode *node
	defaults := builtIn()
	r.mapping(root, "", keys{
		"name":     func(n *node, path string) { c.Name = r.name(n, path, proberName) },
		"data_dir": func(n *node, path string) { c.DataDir = r.text(n, path) },
		"mackerel": func(n *node, path string) {
			r.entries(n, path, func(key, value *node, path string) {
				c.Destinations = append(c.Destinations, r.destination(key, value, path))
			})
		},
		"environments": func(n *node, path string) { c.Environments = r.environments(n, path) },
		"environment":  func(n *node, path string) { environment = r.text(n, path) },
		"defaults":     func(n *node, path string) { r.mapping(n, path, r.timing(&defaults)) },
		"probes":       func(n *node, _ string) { probesNode = n },
	})
	slices.SortFunc(c.Destinations, func(a, b Destination) int { return strings.Compare(a.Name, b.Name) })
	if len(c.Destinations) > 0 && c.Name == "" {
		r.bad(root, "name", "is missing; it names this prober in Mackerel")
	}
	r.routes(root, c)
	if probesNode == nil || len(probesNode.Content) == 0 {
		r.bad(root, "probes", "is missing; without a probe there is nothing to watch")
		return c
	}
	r.items(probesNode, "probes", func(n *node, path string) {
		p := Probe{Environment: environment, Timing: defaults}
		r.probe(n, path, &p, kinds)
		if i := slices.IndexFunc(c.Probes, func(other Probe) bool { return other.Name == p.Name }); i >= 0 && p.Name != "" {
			r.bad(n, path+".name", "%q is the name of probes[%d] already", p.Name, i)
		}
		if _, known := c.Environments[p.Environment]; p.Environment != "" && c.Environments != nil && !known {
			r.bad(n, path+".environment", "%q is not among environments", p.Environment)
		}
		c.Probes = append(c.Probes, p)
	})
	return c
}

func (r *reader) name(n *node, path string, rule *regexp.Regexp) string {
	name := r.text(n, path)
	if name != "" && !rule.MatchString(name) {
		r.bad(n, path, "%q must match %s", name, rule)
	}
	return name
}

func (r *reader) destination(key, n *node, path string) Destination {
	d := Destination{Name: r.name(key, path, proberName)}
	r.mapping(n, path, keys{
		"api_key":  func(n *node, path string) { d.APIKey = Secret(r.text(n, path)) },
		"api_base": func(n *node, path string) { d.APIBase = r.base(n, path) },
		"service":  func(n *node, path string) { d.Service = r.name(n, path, serviceName) },
	})
	if d.APIKey == "" {
		r.bad(n, path+".api_key", "is missing or empty")
	}
	if d.Service == "" {
		r.bad(n, path+".service", "is missing; it names the service whose metrics are posted")
	}
	return d
}

func (r *reader) base(n *node, path string) string {
	base := r.text(n, path)
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		r.bad(n, path, "must be https://host[:port] without a path, not %q", base)
	}
	return base
}

func (r *reader) environments(n *node, path string) map[string]Environment {
	environments := map[string]Environment{}
	r.entries(n, path, func(key, value *node, path string) {
		var e Environment
		r.mapping(value, path, keys{"report_to": func(n *node, path string) {
			r.items(n, path, func(n *node, path string) { e.ReportTo = append(e.ReportTo, r.text(n, path)) })
		}})
		environments[key.Value] = e
	})
	return environments
}

// routes checks that every report_to names a destination, and that every
// destination hears of somebody.
func (r *reader) routes(root *node, c *Config) {
	heard := map[string]bool{}
	for name, e := range c.Environments {
		for _, to := range e.ReportTo {
			heard[to] = true
			if !slices.ContainsFunc(c.Destinations, func(d Destination) bool { return d.Name == to }) {
				r.bad(root, "environments."+name+".report_to", "%q is not among mackerel", to)
			}
		}
	}
	for _, d := range c.Destinations {
		if c.Environments != nil && !heard[d.Name] {
			r.bad(root, "mackerel."+d.Name, "nobody reports to it; add it to the report_to of an environment")
		}
	}
}
