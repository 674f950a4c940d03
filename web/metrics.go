package web

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"prober/probes"
)

// metrics serves what Prometheus can keep. Neither addresses nor messages are
// labels.
func metrics(s Source) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(newCollector(s))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// collector reads everything at the moment it is asked.
type collector struct {
	source                               Source
	state, lastRun, overdue, value       *prometheus.Desc
	failing, backlog, events, oldest, ok *prometheus.Desc
}

func newCollector(s Source) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("prober_"+name, help, labels, nil)
	}
	return &collector{
		source:  s,
		state:   desc("probe_state", "1 for the present status of a probe, 0 for the others.", "probe", "kind", "environment", "status"),
		lastRun: desc("probe_last_run_timestamp_seconds", "When a probe ran last.", "probe"),
		overdue: desc("probe_overdue", "1 when a probe should have run, or come back, by now.", "probe"),
		value:   desc("probe_value", "What the newest run of a probe measured, in the given unit.", "probe", "value", "unit"),
		failing: desc("mackerel_failing", "1 while a Mackerel organization does not take what it is sent.", "destination"),
		backlog: desc("mackerel_backlog_seconds", "How much time, in closed minutes, waits for a Mackerel organization.", "destination"),
		events:  desc("mackerel_waiting_events", "Events that wait for a Mackerel organization.", "destination"),
		oldest:  desc("mackerel_oldest_minute_timestamp_seconds", "The oldest minute that waits, 0 for none.", "destination"),
		ok:      desc("ready", "1 while probes are started and the journal takes what they measure."),
	}
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.state, c.lastRun, c.overdue, c.value, c.failing, c.backlog, c.events, c.oldest, c.ok} {
		descs <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, s := range c.source.Standings() {
		for _, status := range []probes.Status{probes.OK, probes.Warning, probes.Unknown, probes.Critical} {
			gauge(c.state, truth(s.Status == status), s.Probe, s.Kind, s.Environment, status.String())
		}
		if !s.LastRun.IsZero() {
			gauge(c.lastRun, float64(s.LastRun.UnixMilli())/1000, s.Probe)
		}
		gauge(c.overdue, truth(s.Overdue), s.Probe)
		for _, v := range s.Values {
			gauge(c.value, v.Number, s.Probe, v.Name, v.Unit.String())
		}
	}
	for _, d := range c.source.Destinations() {
		gauge(c.failing, truth(!d.FailingSince.IsZero()), d.Name)
		gauge(c.backlog, 60*float64(d.WaitingMinutes), d.Name)
		gauge(c.events, float64(d.WaitingEvents), d.Name)
		gauge(c.oldest, max(0, float64(d.Oldest.Unix())), d.Name)
	}
	gauge(c.ok, truth(c.source.Ready() == nil))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
