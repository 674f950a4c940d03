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
		"interval": {"Between runs; at least `1s`. Default `1m`.", aDuration,
			func(n *node, path string) { t.Interval = r.duration(n, path, time.Second) }},
		"timeout": {"Of one run; at most the interval. Default `10s`, or 80 % of the interval when that is less.", aDuration,
			func(n *node, path string) { t.Timeout = r.duration(n, path, time.Millisecond) }},
		"max_check_attempts": {"Failed runs in a row until a problem is hard and reported, 1–10. Default 3.", aCount(1, 10),
			func(n *node, path string) { t.MaxCheckAttempts = r.integer(n, path, 1, 10) }},
		"retry_interval": {"Between looks at a problem that is not hard yet; at most the interval. Default `10s`, or the interval when that is less.", aDuration,
			func(n *node, path string) { t.RetryInterval = r.duration(n, path, time.Second) }},
		"notification_interval": {"How often Mackerel repeats a notification while a problem lasts; at least `10m`, `0s` is never. Default `1h`.", aDuration,
			func(n *node, path string) { t.NotificationInterval = r.notification(n, path) }},
	}
}

func (r *reader) notification(n *node, path string) time.Duration {
	d := r.duration(n, path, 0)
	if d != 0 && d < 10*time.Minute {
		r.bad(n, path, "must be at least 10m, Mackerel's shortest, or 0s for one notification per problem")
	}
	return d
}

// probeBlock is a probe while it is read.
type probeBlock struct {
	Probe
	kinds  int      // how many kinds it has
	limits []func() // to be read once the kind is known, which may stand below
}

func (r *reader) probeKeys(p *probeBlock) keys {
	known := r.timing(&p.Timing)
	maps.Copy(known, keys{
		"name": {"`[a-z0-9][a-z0-9_-]{0,62}`, unique; `prober` and `prober-*` are reserved. Required.", aText(probeName),
			func(n *node, path string) { p.Name = r.probeName(n, path) }},
		"environment": {"One of `environments`. Default: the file's.", aText(nil),
			func(n *node, path string) { p.Environment = r.text(n, path) }},
		"warn": {"Limits by value: WARNING from there.", someLimits,
			func(n *node, path string) {
				p.limits = append(p.limits, func() { p.Warn = r.limits(n, path, p.Settings) })
			}},
		"crit": {"Limits by value: CRITICAL from there; not milder than `warn`.", someLimits,
			func(n *node, path string) {
				p.limits = append(p.limits, func() { p.Crit = r.limits(n, path, p.Settings) })
			}},
	})
	for _, kind := range r.Kinds {
		known[kind.Name] = key{"The kind that " + kind.Doc + ".", mappingOf(func() keys { return r.settingsKeys(kind.Settings()) }),
			func(n *node, path string) {
				p.kinds++
				p.Kind, p.Settings = kind.Name, kind.Settings()
				r.settings(n, path, p.Settings)
			}}
	}
	return known
}

// finish does what takes the whole block.
func (r *reader) finish(n *node, path string, p *probeBlock) {
	if p.Name == "" {
		r.bad(n, path+".name", "is missing")
	}
	if p.kinds != 1 {
		r.bad(n, path, "needs exactly one kind of probe; it has %d of %s", p.kinds, kindNames(r.Kinds))
		return
	}
	for _, read := range p.limits {
		read()
	}
	r.consistent(n, path, &p.Probe)
}

func (r *reader) probeName(n *node, path string) string {
	name := r.name(n, path, probeName)
	if name == "prober" || strings.HasPrefix(name, "prober-") {
		r.bad(n, path, "%q is reserved for what the prober says of itself", n.Value)
	}
	return name
}

// consistent checks what takes two keys to be wrong.
func (r *reader) consistent(n *node, path string, p *Probe) {
	p.settle()
	if p.Interval < time.Second {
		return // which was said
	}
	if p.Timeout > p.Interval {
		r.badAt(n, path+".timeout", "%s is longer than the interval, %s", p.Timeout, p.Interval)
	}
	if p.RetryInterval > p.Interval {
		r.badAt(n, path+".retry_interval", "%s is longer than the interval, %s", p.RetryInterval, p.Interval)
	}
	for name, warn := range p.Warn {
		crit, both := p.Crit[name]
		if both && !warn.Range && !crit.Range && (crit.High < warn.High || crit.Low > warn.Low) {
			r.badAt(n, path+".crit."+name, "%s is milder than the warn limit, %s", crit.Text, warn.Text)
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
			text := r.text(value, path)
			limit, err := probes.ParseLimit(spec, text)
			switch {
			case err != nil && text != value.Value:
				r.bad(value, path, "%s does not stand for a limit of a value in %s", value.Value, spec.Unit)
			case err != nil:
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
	r.mapping(n, path, r.settingsKeys(settings))
	if len(*r.problems) > before {
		return
	}
	settings.Check(func(key, problem string) {
		at := path
		if key != "" {
			at = join(path, key)
		}
		r.badAt(n, at, "%s", problem)
	})
}

// settingsKeys are the fields of a kind's struct, with their tags yaml and doc.
func (r *reader) settingsKeys(settings probes.Settings) keys {
	known := keys{}
	fields := reflect.ValueOf(settings).Elem()
	for i := range fields.NumField() {
		tag := fields.Type().Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("yaml"), ",")
		known[name] = key{tag.Get("doc"), shapeOf(fields.Field(i).Type()), func(n *node, path string) { r.field(n, path, fields.Field(i)) }}
	}
	return known
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
