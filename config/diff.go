package config

import (
	"reflect"
	"slices"
)

// Changes are what leads from one configuration to another: the names of
// probes and destinations, each list sorted.
type Changes struct {
	AddedProbes, RemovedProbes, ChangedProbes                   []string
	AddedDestinations, RemovedDestinations, ChangedDestinations []string
	// Routes tells that somebody else is told about somebody.
	Routes bool
	// Restart are the keys that a running prober cannot change: name, listen,
	// data_dir.
	Restart []string
}

// None tells that the two configurations mean the same.
func (c *Changes) None() bool { return reflect.DeepEqual(*c, Changes{}) }

// Diff compares two configurations by what they mean: neither order nor
// comments nor where a default came from make a difference. A probe of the
// same name and another kind is one removed and one added.
func Diff(before, after *Config) Changes {
	var c Changes
	kindOf := func(p Probe) string { return p.Name + "\x00" + p.Kind }
	nameOf := func(p Probe) string { return p.Name }
	c.AddedProbes, c.RemovedProbes, c.ChangedProbes = compare(before.Probes, after.Probes, kindOf, nameOf)
	destination := func(d Destination) string { return d.Name }
	c.AddedDestinations, c.RemovedDestinations, c.ChangedDestinations = compare(before.Destinations, after.Destinations, destination, destination)
	c.Routes = !sameRoutes(before, after)
	for _, key := range []struct{ name, before, after string }{
		{"name", before.Name, after.Name}, {"listen", before.Listen, after.Listen}, {"data_dir", before.DataDir, after.DataDir},
	} {
		if key.before != key.after {
			c.Restart = append(c.Restart, key.name)
		}
	}
	return c
}

// compare tells apart what is only on one side, and what differs.
func compare[T any](before, after []T, identity, name func(T) string) (added, removed, changed []string) {
	old := map[string]T{}
	for _, x := range before {
		old[identity(x)] = x
	}
	for _, x := range after {
		was, there := old[identity(x)]
		switch {
		case !there:
			added = append(added, name(x))
		case !reflect.DeepEqual(was, x):
			changed = append(changed, name(x))
		}
		delete(old, identity(x))
	}
	for _, x := range old {
		removed = append(removed, name(x))
	}
	slices.Sort(added)
	slices.Sort(removed)
	slices.Sort(changed)
	return added, removed, changed
}

// sameRoutes compares who is told about whom, over every environment that
// either side knows.
func sameRoutes(before, after *Config) bool {
	environments := []string{""}
	for _, c := range []*Config{before, after} {
		for name := range c.Environments {
			environments = append(environments, name)
		}
		for _, p := range c.Probes {
			environments = append(environments, p.Environment)
		}
	}
	for _, d := range after.Destinations {
		known := slices.ContainsFunc(before.Destinations, func(was Destination) bool { return was.Name == d.Name })
		for _, environment := range environments {
			if known && before.Hears(d.Name, environment) != after.Hears(d.Name, environment) {
				return false
			}
		}
	}
	return true
}
