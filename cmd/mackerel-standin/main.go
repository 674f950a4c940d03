// Command mackerel-standin serves an in-memory Mackerel organization, to try
// and to test clients against. It forgets everything when it ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"prober/mackerel/standin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cmd := command(os.Stdout)
	cmd.SetArgs(os.Args[1:])
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(stdout io.Writer) *cobra.Command {
	var listen, name, key string
	var anywhere bool
	rules := standin.DefaultRules()
	cmd := &cobra.Command{
		Use:   "mackerel-standin",
		Short: "Serve an in-memory Mackerel organization",
		Long: `Serve an in-memory Mackerel organization that enforces the rules of the API.

A page at / shows what it was told. Faults and its clock are set by

  curl -X POST    http://ADDRESS/standin/fault -d '{"mode": "status", "code": 503}'
  curl -X DELETE  http://ADDRESS/standin/fault
  curl -X POST    http://ADDRESS/standin/clock -d '{"offset": "-2h"}'

with the modes status, slow (delay in nanoseconds), hang, reset, reset_after,
empty, html, redirect (location) and wrong_key; "path" limits one to requests
whose path contains it, "remaining" to a number of requests.`,
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
			return serve(cmd.Context(), listen, standin.New(name, options...), stdout)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "127.0.0.1:18080", "`ADDRESS` to listen on; port 0 takes a free one")
	flags.StringVar(&name, "name", "standin", "`NAME` of the organization")
	flags.StringVar(&key, "key", os.Getenv("MACKEREL_STANDIN_KEY"), "API `KEY` that may read and write (or MACKEREL_STANDIN_KEY; default key-NAME)")
	flags.BoolVar(&anywhere, "listen-anywhere", false, "allow addresses other than loopback, where the control API is open to everybody")
	flags.IntVar(&rules.PostsPerMinute, "posts-per-minute", rules.PostsPerMinute, "POSTs of metrics that a service takes in a minute; more are 429")
	flags.IntVar(&rules.PointsPerPost, "points-per-post", rules.PointsPerPost, "points in a POST; more are 400")
	flags.BoolVar(&rules.FuturePoints, "future-points", rules.FuturePoints, "store points of the future instead of dropping them")
	flags.BoolVar(&rules.EqualOccurredAt, "equal-occurred-at", rules.EqualOccurredAt, "let a check report replace one of the same second")
	flags.Lookup("key").DefValue = ""
	return cmd
}

func loopbackOnly(listen string, anywhere bool) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", listen, err)
	}
	addr, err := netip.ParseAddr(host)
	if !anywhere && host != "localhost" && (err != nil || !addr.IsLoopback()) {
		return fmt.Errorf("--listen %s is not a loopback address; its control API has no key, so say --listen-anywhere if you mean it", listen)
	}
	return nil
}

// serve prints the URL, and serves until ctx ends.
func serve(ctx context.Context, listen string, o *standin.Organization, stdout io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "http://%s\n", listener.Addr())
	server := &http.Server{Handler: o, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 5 * time.Minute}
	stopped := context.AfterFunc(ctx, func() {
		// A hanging request must not keep the process: lift the fault first.
		o.SetFault(standin.Fault{})
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(patience) != nil {
			_ = server.Close() // what is still open after a second is cut
		}
	})
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
