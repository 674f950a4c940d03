package config

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// routes remembers where destinations and what points at them stand, to check
// one against the other.
type routes struct {
	destinations map[string]*node
	reportTo     []reportTo
}

type reportTo struct {
	destination string
	at          *node
	path        string
}

func (r *reader) destinations(n *node, path string, to *routes) []Destination {
	var all []Destination
	to.destinations = map[string]*node{}
	r.entries(n, path, func(key, value *node, path string) {
		d := r.destination(key, value, path)
		to.destinations[d.Name] = key
		all = append(all, d)
	})
	slices.SortFunc(all, func(a, b Destination) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (r *reader) destination(key, n *node, path string) Destination {
	d := Destination{Name: r.name(key, path, proberName)}
	given := map[string]bool{}
	r.mapping(n, path, r.destinationKeys(&d, given))
	if !given["api_key"] {
		r.bad(n, path+".api_key", "is missing; write it as \"${NAME}\" of an environment variable")
	}
	if !given["service"] {
		r.bad(n, path+".service", "is missing; it names the service whose metrics are posted")
	}
	return d
}

func (r *reader) destinationKeys(d *Destination, given map[string]bool) keys {
	return keys{
		"api_key": {"Its API key, with write permission: `${NAME}` or `${file:PATH}`. Required.", aText(nil),
			func(n *node, path string) { given["api_key"], d.APIKey = true, Secret(r.filled(n, path)) }},
		"service": {"The service whose metrics are posted; made if absent. Required.", aText(serviceName),
			func(n *node, path string) { given["service"], d.Service = true, r.name(n, path, serviceName) }},
		"api_base": {"`https://host[:port]`, without a path. Default: Mackerel itself.", aText(nil),
			func(n *node, path string) { d.APIBase = r.base(n, path) }},
	}
}

var userInfo = regexp.MustCompile(`//[^/@]*@`)

func withoutPassword(url string) string { return userInfo.ReplaceAllString(url, "//…@") }

// filled is a text that is not empty.
func (r *reader) filled(n *node, path string) string {
	before := len(*r.problems)
	text := r.text(n, path)
	if text == "" && len(*r.problems) == before {
		r.bad(n, path, "is empty")
	}
	return text
}

func (r *reader) base(n *node, path string) string {
	base := r.text(n, path)
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		r.bad(n, path, "must be https://host[:port] without a path, not %q", withoutPassword(n.Value))
	}
	return base
}

func (r *reader) environments(n *node, path string, to *routes) map[string]Environment {
	environments := map[string]Environment{}
	r.entries(n, path, func(key, value *node, path string) {
		var e Environment
		r.mapping(value, path, r.environmentKeys(&e, to))
		environments[key.Value] = e
	})
	return environments
}

func (r *reader) environmentKeys(e *Environment, to *routes) keys {
	return keys{"report_to": {"The organizations that are told about its probes.", listOf(aText(nil)),
		func(n *node, path string) {
			r.items(n, path, func(n *node, path string) {
				name := r.text(n, path)
				e.ReportTo = append(e.ReportTo, name)
				to.reportTo = append(to.reportTo, reportTo{name, n, path})
			})
		}}}
}

// check tells of every report_to without a destination, and of every
// destination that hears of nobody.
func (to *routes) check(r *reader, c *Config) {
	heard := map[string]bool{}
	for _, route := range to.reportTo {
		heard[route.destination] = true
		if to.destinations[route.destination] == nil {
			r.bad(route.at, route.path, "%q is not among mackerel; %s", route.destination, suggest(route.destination, slices.Sorted(maps.Keys(to.destinations))))
		}
	}
	for name, n := range to.destinations {
		if c.Environments != nil && !heard[name] {
			r.bad(n, "mackerel."+name, "nobody reports to it; add it to the report_to of an environment")
		}
	}
}
