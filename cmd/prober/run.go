package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/oklog/run"
	"github.com/spf13/cobra"

	"prober/config"
	"prober/journal"
	"prober/mackerel"
	"prober/scheduler"
	"prober/verdict"
	"prober/web"
)

func runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the probes and report, until told to stop",
		Long: `Run the probes and report, until told to stop.

SIGTERM and SIGINT let running probes come to their end (at most their
timeout), write what was measured to disk, try once more to report it, and
exit.`,
		Example: "  prober run --config prober.yaml",
		Args:    usage(cobra.NoArgs),
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := loadConfig(*path)
		if err != nil {
			return err
		}
		d, err := newDaemon(c, journal.Options{Log: newLog(cmd.ErrOrStderr())})
		if err != nil {
			return err
		}
		return d.run(cmd.Context())
	}
	return cmd
}

// daemon is the rooms, wired along the way data flows.
type daemon struct {
	name      string
	listen    string // "" for nowhere
	log       *slog.Logger
	journal   *journal.Journal
	jobs      []scheduler.Job
	scheduler *scheduler.Scheduler
	reporters []*mackerel.Reporter
}

// newDaemon opens the journal and builds the probes and reporters on both
// sides of it.
func newDaemon(c *config.Config, o journal.Options) (*daemon, error) {
	kept, err := journal.Open(c.DataDir, o)
	if err != nil {
		return nil, err
	}
	kept.Forget(func(s verdict.State) bool { return configured(c, s) })
	d := &daemon{name: c.Name, listen: c.Listen, log: o.Log, journal: kept}
	if d.jobs, err = jobs(c, o.Log); err == nil {
		d.reporters, err = reporters(c, kept, o.Log)
	}
	if err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	d.scheduler = scheduler.New(d.jobs, scheduler.Options{Sink: kept, States: kept.States(), Log: o.Log})
	if len(d.reporters) == 0 {
		o.Log.Warn("no mackerel is configured: results stay here", "data_dir", c.DataDir)
	}
	o.Log.Info("prober starts", "name", c.Name, "probes", len(d.jobs), "destinations", len(d.reporters))
	return d, nil
}

// run keeps everything going until ctx ends, and closes it.
func (d *daemon) run(ctx context.Context) error {
	err := d.flow(ctx)
	closeProbes(d.jobs, d.log)
	err = errors.Join(err, d.journal.Close())
	d.log.Info("prober stops")
	return err
}

// The journal gets this long to write what the last runs measured before the
// reporters' last try.
const flushTime = time.Second

// flow runs everything, and stops it the way data flows: no probe starts any
// more, the journal takes what the last ones measured, the reporters hand it
// over, the journal closes.
func (d *daemon) flow(ctx context.Context) error {
	probe, stopProbing := context.WithCancel(context.WithoutCancel(ctx))
	report, stopReporting := context.WithCancel(context.WithoutCancel(ctx))
	keep, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	downstream := func(error) {} // is stopped by what stands before it
	var g run.Group
	g.Add(run.ContextHandler(ctx))
	g.Add(func() error {
		defer stopReporting()
		err := d.scheduler.Run(probe)
		d.journal.Finish(flushTime)
		return err
	}, func(error) { stopProbing() })
	g.Add(func() error {
		defer stopKeeping()
		var all sync.WaitGroup
		for _, r := range d.reporters {
			all.Go(func() { r.Run(report) })
		}
		<-report.Done()
		all.Wait()
		return nil
	}, downstream)
	g.Add(func() error { return d.journal.Run(keep) }, downstream)
	show, stopShowing := context.WithCancel(ctx)
	g.Add(func() error { return d.show(show) }, func(error) { stopShowing() })
	if err := g.Run(); ctx.Err() == nil {
		return err
	}
	return nil
}

// show serves the page until ctx ends. An address that is taken is no reason
// not to probe.
func (d *daemon) show(ctx context.Context) error {
	if d.listen != "" {
		if err := web.Serve(ctx, d.listen, d); err != nil {
			d.log.Error("the page and the API are not served; set listen to a free address", "error", err)
		}
	}
	<-ctx.Done()
	return nil
}
