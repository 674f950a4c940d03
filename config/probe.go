package config

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"prober/probes"
)

// Timing is what defaults may give and a probe may override.
type Timing struct {
	Interval             time.Duration // between runs
	Timeout              time.Duration // of one run
	RetryInterval        time.Duration // between looks at a problem that is not confirmed
	MaxCheckAttempts     int           // failed runs in a row until a problem is confirmed
	NotificationInterval time.Duration // of Mackerel; 0: a problem is notified once
}

func builtIn() Timing {
	return Timing{Interval: time.Minute, MaxCheckAttempts: 3, NotificationInterval: time.Hour}
}

// settle fills what depends on the interval.
func (t *Timing) settle() {
	if t.Timeout == 0 {
		t.Timeout = min(10*time.Second, t.Interval*8/10)
	}
	if t.RetryInterval == 0 {
		t.RetryInterval = min(10*time.Second, t.Interval)
	}
}

func (r *reader) timing(t *Timing) keys {
	return keys{
		"interval":           func(n *node, path string) { t.Interval = r.duration(n, path, time.Second) },
		"timeout":            func(n *node, path string) { t.Timeout = r.duration(n, path, time.Millisecond) },
		"retry_interval":     func(n *node, path string) { t.RetryInterval = r.duration(n, path, time.Second) },
		"max_check_attempts": func(n *node, path string) { t.MaxCheckAttempts = r.integer(n, path, 1, 10) },
		"notification_interval": func(n *node, path string) {
			if t.NotificationInterval = r.duration(n, path, 0); t.NotificationInterval != 0 && t.NotificationInterval < 10*time.Minute {
				r.bad(n, path, "must be at least 10m, Mackerel's shortest, or 0s for one notification per problem")
			}
		},
	}
}

func (r *reader) probe(n *node, path string, p *Probe) {
	var kindKeys []string
	limits := map[string]func(){}
	known := r.timing(&p.Timing)
	maps.Copy(known, keys{
		"name":        func(n *node, path string) { p.Name = r.probeName(n, path) },
		"environment": func(n *node, path string) { p.Environment = r.text(n, path) },
		// Limits need the values of the kind, which may stand below.
		"warn": func(n *node, path string) { limits["warn"] = func() { p.Warn = r.limits(n, path, p.Settings) } },
		"crit": func(n *node, path string) { limits["crit"] = func() { p.Crit = r.limits(n, path, p.Settings) } },
	})
	for _, kind := range r.Kinds {
		known[kind.Name] = func(n *node, path string) {
			kindKeys = append(kindKeys, kind.Name)
			p.Kind, p.Settings = kind.Name, kind.Settings()
			r.settings(n, path, p.Settings)
		}
	}
	r.mapping(n, path, known)
	if p.Name == "" {
		r.bad(n, path+".name", "is missing")
	}
	if len(kindKeys) != 1 {
		r.bad(n, path, "needs exactly one kind of probe; it has %d of %s", len(kindKeys), kindNames(r.Kinds))
		return
	}
	for _, read := range limits {
		read()
	}
	r.consistent(n, path, p)
}

func (r *reader) probeName(n *node, path string) string {
	name := r.name(n, path, probeName)
	if name == "prober" || strings.HasPrefix(name, "prober-") {
		r.bad(n, path, "%q is reserved for what the prober says of itself", name)
	}
	return name
}

// consistent checks what takes two keys to be wrong.
func (r *reader) consistent(n *node, path string, p *Probe) {
	p.settle()
	if p.Timeout > p.Interval {
		r.bad(n, path+".timeout", "%s is longer than the interval, %s", p.Timeout, p.Interval)
	}
	if p.RetryInterval > p.Interval {
		r.bad(n, path+".retry_interval", "%s is longer than the interval, %s", p.RetryInterval, p.Interval)
	}
	for name, warn := range p.Warn {
		crit, both := p.Crit[name]
		if both && !warn.Range && !crit.Range && (crit.High < warn.High || crit.Low > warn.Low) {
			r.bad(n, path+".crit."+name, "%s is milder than the warn limit, %s", crit.Text, warn.Text)
		}
	}
}

func (r *reader) limits(n *node, path string, settings probes.Settings) map[string]probes.Limit {
	limits := map[string]probes.Limit{}
	specs := settings.Values()
	r.entries(n, path, func(key, value *node, path string) {
		var names []string
		for _, spec := range specs {
			names = append(names, spec.Name)
			if spec.Name != key.Value {
				continue
			}
			limit, err := probes.ParseLimit(spec, r.text(value, path))
			if err != nil {
				r.bad(value, path, "%v", err)
			}
			limits[spec.Name] = limit
			return
		}
		r.bad(key, path, "is not a value of this probe; %s", suggest(key.Value, names))
	})
	return limits
}

// settings decodes a kind's block into its struct, key by key, and lets the
// kind check it.
func (r *reader) settings(n *node, path string, settings probes.Settings) {
	before := len(*r.problems)
	places := map[string]*node{"": n}
	known := keys{}
	fields := reflect.ValueOf(settings).Elem()
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("yaml"), ",")
		known[name] = func(n *node, path string) {
			places[name] = n
			r.field(n, path, fields.Field(i))
		}
	}
	r.mapping(n, path, known)
	if len(*r.problems) > before {
		return
	}
	settings.Check(func(key, problem string) {
		place := places[key]
		if place == nil {
			place = n
		}
		at := path
		if key != "" {
			at = join(path, key)
		}
		r.bad(place, at, "%s", problem)
	})
}

func (r *reader) field(n *node, path string, field reflect.Value) {
	if field.Kind() == reflect.String {
		field.SetString(r.text(n, path))
		return
	}
	if err := n.Decode(field.Addr().Interface()); err != nil {
		r.bad(n, path, "must be %s", field.Type())
	}
}

func kindNames(kinds []probes.Kind) string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.Name
	}
	return fmt.Sprint(names)
}
