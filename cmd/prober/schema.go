package main

import (
	"github.com/spf13/cobra"

	"prober/config"
	"prober/probes/kinds"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a configuration",
		Long: `Print the JSON Schema (draft-07) of a configuration. An editor with a YAML
language server completes and marks by it when the first line of a file is

  # yaml-language-server: $schema=prober.schema.json`,
		Example: "  prober schema > prober.schema.json",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := config.Schema(kinds.All())
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}
