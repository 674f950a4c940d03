package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"prober/probes"
	"prober/web"
)

func statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Ask the running prober how its probes stand",
		Long: `Ask the running prober how its probes stand, the worst first. It is found at the
listen address of the configuration, or at --url.`,
		Example: "  prober status --config prober.yaml\n  prober status --url http://127.0.0.1:8090",
		Args:    usage(cobra.NoArgs),
	}
	path := configFlag(cmd)
	form := outputFlag(cmd, "text", "json")
	url := cmd.Flags().String("url", "", "`URL` of the prober")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := knownForm(*form, "text", "json"); err != nil {
			return err
		}
		if *url == "" {
			c, err := loadConfig(*path)
			if err != nil {
				return err
			}
			if c.Listen == "" {
				return errors.New("this prober listens nowhere (listen: none), so it cannot be asked")
			}
			*url = "http://" + c.Listen
		}
		return status(cmd, strings.TrimSuffix(*url, "/")+"/api/v1/probes", *form)
	}
	return cmd
}

// No answer of a prober comes near this.
const mostStatus = 256 << 20

func status(cmd *cobra.Command, url, form string) error {
	r, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url, nil)
	if err != nil {
		return usageError{err}
	}
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		return fmt.Errorf("asking the prober: %w; is it running, and is this its listen address?", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostStatus))
	if err != nil {
		return fmt.Errorf("asking the prober: %w", err)
	}
	var doc web.Document
	if err := json.Unmarshal(body, &doc); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s does not answer as a prober does: %s", url, resp.Status)
	}
	if form == "json" {
		_, err := cmd.OutOrStdout().Write(body)
		return err
	}
	return writeStatus(cmd.OutOrStdout(), doc)
}

func writeStatus(out io.Writer, doc web.Document) error {
	var text strings.Builder
	longest := 0
	for _, p := range doc.Probes {
		longest = max(longest, len(p.Name))
	}
	for _, wanted := range []probes.Status{probes.Critical, probes.Unknown, probes.Warning, probes.Pending, probes.OK} {
		for _, p := range doc.Probes {
			if p.Status != wanted {
				continue
			}
			fmt.Fprintf(&text, "%s  %-*s  %s", paint(out, p.Status), longest, p.Name, p.Message)
			if p.State == "soft" {
				fmt.Fprintf(&text, " (not confirmed, attempt %d)", p.Attempt)
			}
			if p.Since != nil && p.Status != probes.OK {
				fmt.Fprintf(&text, " since %s", p.Since.Local().Format(time.DateTime))
			}
			text.WriteByte('\n')
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}
