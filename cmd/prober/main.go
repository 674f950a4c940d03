// Command prober probes services from outside and reports to Mackerel.
//
// Each command has a file of its own; this one has what they share.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"prober/config"
	"prober/probes/kinds"

	"github.com/spf13/cobra"
)

// Exit codes of every command but check.
const (
	exitDone = iota
	exitFailed
	exitUsage
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	// After the first signal a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs one command line. Results go to stdout, logs and errors to
// stderr.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	code := exitFailed
	_, misused := errors.AsType[usageError](err)
	if misused {
		code = exitUsage
	}
	if coded, ok := errors.AsType[codedError](err); ok {
		code = coded.code
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(stderr, text)
	}
	if misused {
		fmt.Fprintln(stderr, "See prober --help.")
	}
	return code
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "prober",
		Short:         "Probes services from outside and reports to Mackerel",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usage(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(demoCommand(), initCommand(), runCommand(), statusCommand(), validateCommand(), checkCommand(), schemaCommand(), versionCommand())
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return root
}

// codedError is an error with an exit code of its own. It may say nothing.
type codedError struct {
	code int
	error
}

func (e codedError) Unwrap() error { return e.error }

// usageError is a command line that makes no sense.
type usageError struct{ error }

func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// configFlag is shared by the commands that read a configuration.
func configFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("config", "c", os.Getenv("PROBER_CONFIG"), "configuration `FILE`, or a directory with a prober.yaml (or PROBER_CONFIG)")
}

// loadConfig reads the configuration that a person named.
func loadConfig(path string) (*config.Config, error) {
	if path == "" {
		return nil, usageError{errors.New("which configuration? Give --config FILE or set PROBER_CONFIG")}
	}
	return config.Load(path, config.Options{Kinds: kinds.All()})
}

// outputFlag is the form of a result.
func outputFlag(cmd *cobra.Command, forms ...string) *string {
	return cmd.Flags().StringP("output", "o", forms[0], "`FORM` of the result: "+strings.Join(forms, ", "))
}

func knownForm(form string, forms ...string) error {
	if !slices.Contains(forms, form) {
		return usageError{fmt.Errorf("--output %s is none of %s", form, strings.Join(forms, ", "))}
	}
	return nil
}

// newLog logs as text on a terminal and as JSON elsewhere.
func newLog(to io.Writer) *slog.Logger {
	if isTerminal(to) {
		return slog.New(slog.NewTextHandler(to, nil))
	}
	return slog.New(slog.NewJSONHandler(to, nil))
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
