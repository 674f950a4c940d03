package mackerel

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	api "github.com/mackerelio/mackerel-client-go"

	"prober/verdict"
)

// host is the prober's own host in an organization: Mackerel hangs check
// reports on hosts only. It is found by its custom identifier and made when
// absent.
type host struct {
	prober string
	api    *api.Client
	log    *slog.Logger
	checks []string // what its list of checks shall hold

	id     string
	listed []string // what the list was last set to
}

// report posts reports of this host and keeps its list of checks true: a check
// that is not in the list, and not open, is forgotten by Mackerel.
func (h *host) report(ctx context.Context, reports func(hostID string) []*api.CheckReport) error {
	if h.id == "" || !slices.Equal(h.listed, h.checks) {
		if err := h.ensure(ctx); err != nil {
			return err
		}
	}
	err := h.api.PostCheckReportsContext(ctx, &api.CheckReports{Reports: reports(h.id)})
	if status := statusOf(err); status == http.StatusNotFound || status == http.StatusBadRequest {
		h.id = "" // it may have been retired; look again
	}
	return err
}

// ensure finds or makes the host and sets its list of checks, leaving what
// others wrote into it as it is.
func (h *host) ensure(ctx context.Context) error {
	identifier := "prober:" + h.prober
	found, err := h.api.FindHostByCustomIdentifierContext(ctx, identifier, &api.FindHostByCustomIdentifierParam{})
	if status := statusOf(err); err != nil && status != http.StatusNotFound {
		return err
	}
	checks := slices.Clone(h.checks)
	configs := make([]api.CheckConfig, len(checks))
	for i, name := range checks {
		configs[i].Name = name
	}
	if err != nil || found.IsRetired {
		return h.create(ctx, &api.CreateHostParam{Name: h.prober, Memo: "the external checks of prober", CustomIdentifier: identifier, Checks: configs})
	}
	if _, err := h.api.UpdateHostContext(ctx, found.ID, &api.UpdateHostParam{
		Name: found.Name, DisplayName: found.DisplayName, Memo: found.Memo, Meta: found.Meta,
		Interfaces: found.Interfaces, CustomIdentifier: identifier, Checks: configs,
	}); err != nil {
		return err
	}
	h.id, h.listed = found.ID, checks
	return nil
}

func (h *host) create(ctx context.Context, param *api.CreateHostParam) error {
	id, err := h.api.CreateHostContext(ctx, param)
	if err != nil {
		return err
	}
	// An organization may give new hosts a status in which nothing alerts.
	if err := h.api.UpdateHostStatusContext(ctx, id, api.HostStatusWorking); err != nil {
		return err
	}
	h.log.Info("made a host for the checks of this prober", "host", id)
	h.id, h.listed = id, h.checks
	return nil
}

// report is an event in Mackerel's words. The prober counted the attempts, so
// that both organizations agree; the server is told to count to one.
func report(e verdict.Event, hostID string, now time.Time) *api.CheckReport {
	r := &api.CheckReport{
		Source: api.NewCheckSourceHost(hostID), Name: e.Probe, Status: api.CheckStatus(e.Status.String()),
		Message: e.Message, OccurredAt: e.At.Unix(), MaxCheckAttempts: 1, NotificationInterval: uint(e.Notify / time.Minute),
	}
	if tooOld(e, now) {
		r.OccurredAt = now.Unix()
		r.Message = "since " + e.Since.UTC().Format(time.RFC3339) + ": " + r.Message
	}
	r.Message = cut(r.Message)
	return r
}

// cut shortens a message to what Mackerel takes, 1,024 characters, keeping its
// head and its tail.
func cut(message string) string {
	const most, head = 1024, 700
	runes := []rune(message)
	if len(runes) <= most {
		return message
	}
	const gap = "\n…\n"
	tail := most - head - len([]rune(gap))
	return string(runes[:head]) + gap + string(runes[len(runes)-tail:])
}
