package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// TestManPagesAreCurrent compares docs/man with what the commands say of
// themselves; UPDATE_GOLDEN=1 makes the pages anew.
func TestManPagesAreCurrent(t *testing.T) {
	t.Setenv("PROBER_CONFIG", "") // it would be a default
	released := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	root := rootCommand()
	root.DisableAutoGenTag = true
	root.CompletionOptions.DisableDefaultCmd = true
	written := map[string]bool{}
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		var page bytes.Buffer
		if err := doc.GenMan(cmd, &doc.GenManHeader{Section: "1", Source: "prober", Manual: "prober", Date: &released}, &page); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("../../docs/man", strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
		written[file] = true
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), page.String()); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
	pages, err := filepath.Glob("../../docs/man/*.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if !written[page] {
			t.Errorf("%s is of no command", page)
		}
	}
}
