package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"prober/config"
	"prober/probes/kinds"
)

//go:embed starter.yaml
var starter []byte

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a configuration to begin with",
		Long: `Write a commented prober.yaml, and its schema for editors, into a directory
(default: here). Nothing that exists is overwritten.`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			schema, err := config.Schema(kinds.All())
			if err != nil {
				return err
			}
			if err := errors.Join(writeNew(filepath.Join(dir, config.MainFile), starter), writeNew(filepath.Join(dir, "prober.schema.json"), schema)); err != nil {
				return err
			}
			path := filepath.Join(dir, config.MainFile)
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s; now edit it, then\n  prober validate --no-secrets %s\n  prober check --config %s --all\n  prober run --config %s\n", path, path, path, path)
			return err
		},
	}
}

// writeNew writes a file that must not exist.
func writeNew(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // it is kept in git, and no secret
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // the same
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists and is left as it is", path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}
