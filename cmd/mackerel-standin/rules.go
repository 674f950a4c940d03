package main

import (
	"github.com/spf13/cobra"

	"prober/mackerel/standin"
)

// addRules gives every switch of the rules a flag.
func addRules(cmd *cobra.Command, rules *standin.Rules) {
	flags := cmd.Flags()
	flags.IntVar(&rules.PostsPerMinute, "posts-per-minute", rules.PostsPerMinute, "POSTs of metrics that a service takes in a minute; more are 429")
	flags.IntVar(&rules.PointsPerPost, "points-per-post", rules.PointsPerPost, "points in a POST; more are 400")
	flags.Int64Var(&rules.BodyBytes, "body-bytes", rules.BodyBytes, "bytes of a request; more are 413")
	flags.BoolVar(&rules.UnknownService404, "unknown-service-404", rules.UnknownService404, "answer metrics of an unknown service with 404, not 400")
	flags.IntVar(&rules.UnknownHost, "unknown-host", rules.UnknownHost, "`STATUS` for reports and metrics of an unknown host")
	flags.BoolVar(&rules.FuturePoints, "future-points", rules.FuturePoints, "store points of the next 24 hours instead of dropping them")
	flags.BoolVar(&rules.NullChecksClear, "null-checks-clear", rules.NullChecksClear, "forget the checks of a host that is updated without a list of them")
	flags.BoolVar(&rules.EqualOccurredAt, "equal-occurred-at", rules.EqualOccurredAt, "let a check report replace one of the same second")
}
