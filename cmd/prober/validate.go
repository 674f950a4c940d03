package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"prober/config"
	"prober/probes/kinds"
)

func validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate [PATH…]",
		Short: "Tell every mistake of a configuration",
		Long: `Tell every mistake of configurations, each with its place, what was expected
and what to do. A PATH is a file, or a directory with a prober.yaml.

Exit status: 0 no mistake, 1 mistakes, 2 wrong usage.`,
		Example: "  prober validate prober.yaml\n  prober validate --no-secrets -o github .",
	}
	path := configFlag(cmd)
	form := outputFlag(cmd, "text", "json", "github")
	noSecrets := cmd.Flags().Bool("no-secrets", false, "do without variables and files that are not there")
	cmd.RunE = func(cmd *cobra.Command, paths []string) error {
		if err := knownForm(*form, "text", "json", "github"); err != nil {
			return err
		}
		if len(paths) == 0 && *path != "" {
			paths = []string{*path}
		}
		if len(paths) == 0 {
			return usageError{errors.New("which configuration? Give a PATH, --config FILE or set PROBER_CONFIG")}
		}
		return validate(cmd.OutOrStdout(), paths, *form, *noSecrets)
	}
	return cmd
}

// validate tells the problems of all paths.
func validate(out io.Writer, paths []string, form string, noSecrets bool) error {
	all := config.Problems{}
	var fine []string
	for _, path := range paths {
		c, err := config.Load(path, config.Options{Kinds: kinds.All(), NoSecrets: noSecrets})
		if problems, ok := errors.AsType[config.Problems](err); ok {
			all = append(all, problems...)
		} else if err != nil {
			all = append(all, config.Problem{File: path, What: err.Error()})
		} else {
			fine = append(fine, fmt.Sprintf("%s: no mistake; probes: %d, destinations: %d", path, len(c.Probes), len(c.Destinations)))
		}
	}
	if err := map[string]func(io.Writer, config.Problems, []string) error{"text": asText, "json": asJSON, "github": asAnnotations}[form](out, all, fine); err != nil {
		return err
	}
	if len(all) > 0 {
		return codedError{exitFailed, errors.New("")}
	}
	return nil
}

func asText(out io.Writer, problems config.Problems, fine []string) error {
	for _, problem := range problems {
		fine = append(fine, problem.Error())
	}
	_, err := fmt.Fprintln(out, strings.Join(fine, "\n"))
	return err
}

func asJSON(out io.Writer, problems config.Problems, _ []string) error {
	return json.NewEncoder(out).Encode(map[string]any{"schema_version": 1, "valid": len(problems) == 0, "problems": problems})
}

// asAnnotations writes workflow commands, with their escapes
// (https://docs.github.com/actions, "Workflow commands").
func asAnnotations(out io.Writer, problems config.Problems, _ []string) error {
	value := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, p := range problems {
		what := p.What
		if p.Path != "" {
			what = p.Path + ": " + what
		}
		if _, err := fmt.Fprintf(out, "::error file=%s,line=%d,col=%d::%s\n", property.Replace(p.File), max(p.Line, 1), max(p.Column, 1), value.Replace(what)); err != nil {
			return err
		}
	}
	return nil
}
