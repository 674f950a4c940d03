package standin

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// monitorParam are the fields of monitors that have rules. A number that was
// not sent is nil.
type monitorParam struct {
	Type                    string   `json:"type"`
	Name                    string   `json:"name"`
	Memo                    string   `json:"memo"`
	IsMute                  bool     `json:"isMute"`
	NotificationInterval    *float64 `json:"notificationInterval"`
	Service                 string   `json:"service"`
	Metric                  string   `json:"metric"`
	Operator                string   `json:"operator"`
	Warning                 *float64 `json:"warning"`
	Critical                *float64 `json:"critical"`
	Duration                *float64 `json:"duration"`
	MaxCheckAttempts        *float64 `json:"maxCheckAttempts"`
	MissingDurationWarning  *float64 `json:"missingDurationWarning"`
	MissingDurationCritical *float64 `json:"missingDurationCritical"`
	Scopes                  []string `json:"scopes"`
	ExcludeScopes           []string `json:"excludeScopes"`
	AlertStatusOnGone       string   `json:"alertStatusOnGone"`
	URL                     string   `json:"url"`
	Method                  string   `json:"method"`
	Expression              string   `json:"expression"`
	Query                   string   `json:"query"`
	EvaluateBackwardMinutes *float64 `json:"evaluateBackwardMinutes"`
	WarningSensitivity      string   `json:"warningSensitivity"`
	CriticalSensitivity     string   `json:"criticalSensitivity"`
	TrainingPeriodFrom      int64    `json:"trainingPeriodFrom"`
}

func (p monitorParam) name() string {
	if p.Type == "connectivity" {
		return cmp.Or(p.Name, "connectivity")
	}
	return p.Name
}

const (
	monitorMemoLength = 2048
	missingStep       = 10 // minutes
	longestMissing    = 7 * 24 * 60
)

// validateMonitor applies the rules that all monitors share, and those of the
// type.
func (o *Organization) validateMonitor(p monitorParam, now time.Time) error {
	switch {
	case p.name() == "":
		return invalid("name must not be empty")
	case utf8.RuneCountInString(p.Memo) > monitorMemoLength:
		return invalid("memo is too long")
	case p.NotificationInterval != nil && *p.NotificationInterval < leastInterval:
		return invalid("notificationInterval must be 10 or more")
	case !within(p.MaxCheckAttempts, 1, mostAttempts):
		return invalid("maxCheckAttempts must be from 1 to 10")
	case !o.hasScopes(p.Scopes) || !o.hasScopes(p.ExcludeScopes):
		return invalid("there is no such scope")
	}
	switch p.Type {
	case "host":
		return p.validateHost()
	case "service":
		return o.validateServiceMonitor(p)
	case "connectivity":
		return oneOf("alertStatusOnGone", cmp.Or(p.AlertStatusOnGone, "CRITICAL"), "CRITICAL", "WARNING")
	case "external":
		return p.validateExternal()
	case "expression":
		return cmp.Or(notEmpty("expression", p.Expression), p.operator(), p.backward(2))
	case "query":
		return cmp.Or(notEmpty("query", p.Query), p.operator(), p.backward(0))
	case "anomalyDetection":
		return p.validateAnomaly(now)
	}
	return invalid("unknown type of monitor")
}

func (p monitorParam) validateHost() error {
	percent := strings.HasSuffix(p.Metric, "%")
	switch {
	case p.Duration == nil || !within(p.Duration, 1, 10):
		return invalid("duration must be from 1 to 10")
	case percent && (!within(p.Warning, 0, 100) || !within(p.Critical, 0, 100)):
		return invalid("warning and critical of a percentage must be from 0 to 100")
	}
	return cmp.Or(notEmpty("metric", p.Metric), p.operator())
}

func (o *Organization) validateServiceMonitor(p monitorParam) error {
	switch {
	case o.services[p.Service] == nil:
		return invalid("there is no such service")
	case p.Duration == nil || !within(p.Duration, 1, 10):
		return invalid("duration must be from 1 to 10")
	case !missing(p.MissingDurationWarning) || !missing(p.MissingDurationCritical):
		return invalid("a missing duration must be a multiple of 10 minutes, at most a week")
	}
	return cmp.Or(notEmpty("metric", p.Metric), p.operator())
}

func (p monitorParam) validateExternal() error {
	target, err := url.Parse(p.URL)
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return invalid("url must be of http or https")
	}
	return oneOf("method", cmp.Or(p.Method, "GET"), "GET", "POST", "PUT", "DELETE")
}

func (p monitorParam) validateAnomaly(now time.Time) error {
	if p.TrainingPeriodFrom > now.Unix() {
		return invalid("trainingPeriodFrom must not be in the future")
	}
	if p.WarningSensitivity == "" && p.CriticalSensitivity == "" {
		return invalid("warningSensitivity or criticalSensitivity is needed")
	}
	for _, s := range []string{p.WarningSensitivity, p.CriticalSensitivity} {
		if err := oneOf("a sensitivity", s, "", "insensitive", "normal", "sensitive"); err != nil {
			return err
		}
	}
	return nil
}

func (p monitorParam) operator() error { return oneOf("operator", p.Operator, ">", "<") }

func (p monitorParam) backward(least float64) error {
	if !within(p.EvaluateBackwardMinutes, least, 10) {
		return invalid("evaluateBackwardMinutes is out of range")
	}
	return nil
}

// hasScopes tells whether all of these services and "service: role" exist.
func (o *Organization) hasScopes(scopes []string) bool {
	return !slices.ContainsFunc(scopes, func(scope string) bool {
		if _, _, role := splitRole(scope); role {
			return !o.hasRoles([]string{scope})
		}
		return o.services[scope] == nil
	})
}

func within(number *float64, least, most float64) bool {
	return number == nil || (*number >= least && *number <= most)
}

func missing(minutes *float64) bool {
	return within(minutes, missingStep, longestMissing) && (minutes == nil || math.Mod(*minutes, missingStep) == 0)
}

func oneOf(field, got string, allowed ...string) error {
	if slices.Contains(allowed, got) {
		return nil
	}
	return refuse(http.StatusBadRequest, "%s must be one of %q", field, allowed)
}

func notEmpty(field, got string) error {
	if got == "" {
		return invalid(field + " must not be empty")
	}
	return nil
}

func invalid(message string) error { return refuse(http.StatusBadRequest, "%s", message) }
