package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"prober/config"
	"prober/probes"
	"prober/scheduler"
	"prober/verdict"
)

// As many probes are checked side by side.
const checksAtOnce = 64

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [NAME…|--all]",
		Short: "Run probes once, now, and tell what they saw",
		Long: `Run probes once, now, side by side, and tell what they saw. Nothing is kept and
nobody is told.

Exit status: that of the worst result as a Nagios plugin has it, 0 OK,
1 WARNING, 2 CRITICAL, 3 UNKNOWN; 3 for wrong usage or configuration, too.`,
		Example: "  prober check --config prober.yaml --all\n  prober check -c prober.yaml -o json api-nlb",
	}
	path := configFlag(cmd)
	form := outputFlag(cmd, "text", "json")
	all := cmd.Flags().Bool("all", false, "run every probe")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return codedError{exitUnknown, usageError{err}} })
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return probeNames(*path), cobra.ShellCompDirectiveNoFileComp
	}
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		worst, err := check(cmd, *path, names, *all, *form)
		if err != nil {
			return codedError{exitUnknown, err}
		}
		if code := pluginCodes[worst]; code != 0 {
			return codedError{code, errors.New("")}
		}
		return nil
	}
	return cmd
}

// exitUnknown is what check ends with when it could not check.
const exitUnknown = 3

// pluginCodes are the exit statuses of Nagios plugins.
var pluginCodes = map[probes.Status]int{probes.OK: 0, probes.Warning: 1, probes.Critical: 2, probes.Unknown: exitUnknown}

func check(cmd *cobra.Command, path string, names []string, all bool, form string) (worst probes.Status, err error) {
	if err := knownForm(form, "text", "json"); err != nil {
		return 0, err
	}
	if all == (len(names) > 0) {
		return 0, usageError{errors.New("which probes? Give their names, or --all")}
	}
	c, err := loadConfig(path)
	if err != nil {
		return 0, err
	}
	if !all {
		if c.Probes, err = chosen(c, names); err != nil {
			return 0, err
		}
	}
	log := newLog(cmd.ErrOrStderr())
	jobs, err := jobs(c, log)
	if err != nil {
		return 0, err
	}
	defer closeProbes(jobs, log)
	results := make([]verdict.Result, len(jobs))
	var running sync.WaitGroup
	places := make(chan struct{}, checksAtOnce)
	for i := range jobs {
		running.Go(func() {
			places <- struct{}{}
			results[i] = scheduler.Once(cmd.Context(), &jobs[i], log)
			<-places
		})
	}
	running.Wait()
	if cmd.Context().Err() != nil {
		return 0, context.Cause(cmd.Context())
	}
	for i := range results {
		worst = max(worst, results[i].Status)
	}
	if form == "json" {
		return worst, writeJSON(cmd.OutOrStdout(), results)
	}
	return worst, writeText(cmd.OutOrStdout(), results)
}

func chosen(c *config.Config, names []string) ([]config.Probe, error) {
	var some []config.Probe
	for _, name := range names {
		i := slices.IndexFunc(c.Probes, func(p config.Probe) bool { return p.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no probe %q in the configuration", name)
		}
		some = append(some, c.Probes[i])
	}
	return some, nil
}

// probeNames are for completion; without a readable configuration there are
// none.
func probeNames(path string) []string {
	c, err := loadConfig(path)
	if err != nil {
		return nil
	}
	var names []string
	for _, p := range c.Probes {
		names = append(names, p.Name)
	}
	return names
}
