// Command mackerel-standin serves an in-memory Mackerel organization, to try
// and to test clients against. It forgets everything when it ends.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"prober/mackerel/standin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cmd := command(os.Stdout, os.Stderr)
	cmd.SetArgs(os.Args[1:])
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const long = `Serve an in-memory Mackerel organization that enforces the rules of the API.

The URL goes to standard output. A page there shows what the organization was
told. Its faults and its clock are set by

  curl -X POST    http://ADDRESS/standin/fault -d '{"mode": "status", "code": 503}'
  curl -X DELETE  http://ADDRESS/standin/fault
  curl -X POST    http://ADDRESS/standin/clock -d '{"offset": "-2h"}'

with the modes status, slow (delay in nanoseconds), hang, reset, reset_after,
empty, html, redirect (location) and wrong_key; "path" limits one to requests
whose path contains it, "remaining" to a number of requests.`

func command(stdout, stderr io.Writer) *cobra.Command {
	var listen, name, key string
	var anywhere bool
	rules := standin.DefaultRules()
	cmd := &cobra.Command{
		Use:           "mackerel-standin",
		Short:         "Serve an in-memory Mackerel organization",
		Long:          long,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := loopbackOnly(listen, anywhere); err != nil {
				return err
			}
			options := []standin.Option{standin.WithRules(rules)}
			if key != "" {
				options = append(options, standin.WithKey(key, standin.ReadWrite))
			}
			o, log := standin.New(name, options...), slog.New(slog.NewTextHandler(stderr, nil))
			return serve(cmd.Context(), listen, o, func(url string) {
				fmt.Fprintln(stdout, url)
				if key == "" { // a key that was given may be a secret
					log = log.With("key", o.Key())
				}
				log.Info("serving an organization", "name", name, "url", url)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "127.0.0.1:18080", "`ADDRESS` to listen on; port 0 takes a free one")
	flags.StringVar(&name, "name", "standin", "`NAME` of the organization")
	flags.StringVar(&key, "key", os.Getenv("MACKEREL_STANDIN_KEY"), "API `KEY` that may read and write (or MACKEREL_STANDIN_KEY; default key-NAME)")
	flags.Lookup("key").DefValue = "" // the help must not show the variable's value
	flags.BoolVar(&anywhere, "listen-anywhere", false, "allow addresses other than loopback, where the control API is open to everybody")
	addRules(cmd, &rules)
	return cmd
}
