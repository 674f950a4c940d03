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
		return daemon(cmd.Context(), c, newLog(cmd.ErrOrStderr()))
	}
	return cmd
}

// daemon opens the journal, builds the probes and reporters on both sides of
// it, and keeps them going until ctx ends.
func daemon(ctx context.Context, c *config.Config, log *slog.Logger) (err error) {
	kept, err := journal.Open(c.DataDir, journal.Options{Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	kept.Forget(func(s verdict.State) bool { return configured(c, s) })

	jobs, err := jobs(c, log)
	if err != nil {
		return err
	}
	defer closeProbes(jobs, log)
	reporters, err := reporters(c, kept, log)
	if err != nil {
		return err
	}
	if len(reporters) == 0 {
		log.Warn("no mackerel is configured: results stay here", "data_dir", c.DataDir)
	}
	log.Info("prober starts", "name", c.Name, "probes", len(jobs), "destinations", len(reporters))
	probing := scheduler.New(jobs, scheduler.Options{Sink: kept, States: kept.States(), Log: log})
	err = flow(ctx, probing, kept, reporters)
	log.Info("prober stops")
	return err
}

// The journal gets this long to write what the last runs measured before the
// reporters' last try.
const flushTime = time.Second

// flow runs everything, and stops it the way data flows: no probe starts any
// more, the journal takes what the last ones measured, the reporters hand it
// over, the journal closes.
func flow(ctx context.Context, probing *scheduler.Scheduler, kept *journal.Journal, reporters []*mackerel.Reporter) error {
	probe, stopProbing := context.WithCancel(context.WithoutCancel(ctx))
	report, stopReporting := context.WithCancel(context.WithoutCancel(ctx))
	keep, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	downstream := func(error) {} // is stopped by what stands before it
	var g run.Group
	g.Add(run.ContextHandler(ctx))
	g.Add(func() error {
		defer stopReporting()
		err := probing.Run(probe)
		kept.Flush(flushTime)
		return err
	}, func(error) { stopProbing() })
	g.Add(func() error {
		defer stopKeeping()
		var all sync.WaitGroup
		for _, r := range reporters {
			all.Go(func() { r.Run(report) })
		}
		<-report.Done()
		all.Wait()
		return nil
	}, downstream)
	g.Add(func() error { return kept.Run(keep) }, downstream)
	if err := g.Run(); ctx.Err() == nil {
		return err
	}
	return nil
}
