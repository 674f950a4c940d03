package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"prober/config"
	"prober/journal"
	"prober/mackerel"
	"prober/probes"
	"prober/probes/dial"
	"prober/scheduler"
	"prober/verdict"
)

// jobs builds the probes of a configuration.
func jobs(c *config.Config, log *slog.Logger) ([]scheduler.Job, error) {
	dialer := dial.NewSystem()
	var built []scheduler.Job
	var wrong error
	for _, p := range c.Probes {
		probe, err := p.Settings.Build(probes.Env{
			Name: p.Name, Timeout: p.Timeout, Dialer: dialer, Now: time.Now, Log: log.With("probe", p.Name),
		})
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("building probe %s: %w", p.Name, err))
			continue
		}
		built = append(built, scheduler.Job{
			Rules: rules(c.Name, &p), Probe: probe,
			Interval: p.Interval, Timeout: p.Timeout, RetryInterval: p.RetryInterval,
		})
	}
	return built, wrong
}

func rules(prober string, p *config.Probe) verdict.Rules {
	return verdict.Rules{
		Prober: prober, Probe: p.Name, Kind: p.Kind, Environment: p.Environment,
		Values: p.Settings.Values(), Warn: p.Warn, Crit: p.Crit, Post: p.Posts(),
		MaxCheckAttempts: p.MaxCheckAttempts, NotificationInterval: p.NotificationInterval,
	}
}

func closeProbes(jobs []scheduler.Job, log *slog.Logger) {
	for _, job := range jobs {
		if closer, ok := job.Probe.(io.Closer); ok {
			if err := closer.Close(); err != nil {
				log.Warn("closing a probe", "probe", job.Rules.Probe, "error", err)
			}
		}
	}
}

// reporters makes one for each destination.
func reporters(c *config.Config, kept *journal.Journal, log *slog.Logger) ([]*mackerel.Reporter, error) {
	var made []*mackerel.Reporter
	for _, d := range c.Destinations {
		hears := func(environment string) bool { return c.Hears(d.Name, environment) }
		var routed []string
		for _, p := range c.Probes {
			if hears(p.Environment) {
				routed = append(routed, p.Name)
			}
		}
		r, err := mackerel.New(
			mackerel.Destination{Name: d.Name, APIKey: d.APIKey.Reveal(), APIBase: d.APIBase, Service: d.Service, Hears: hears},
			mackerel.Options{Prober: c.Name, Journal: kept, Probes: routed, Log: log},
		)
		if err != nil {
			return nil, err
		}
		made = append(made, r)
	}
	return made, nil
}

// configured tells whether a state that was kept belongs to a probe that is
// still there; one of another kind is another probe.
func configured(c *config.Config, s verdict.State) bool {
	return slices.ContainsFunc(c.Probes, func(p config.Probe) bool { return p.Name == s.Probe && p.Kind == s.Kind })
}
