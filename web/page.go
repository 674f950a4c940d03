package web

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"

	"prober/probes"
	"prober/verdict"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText []byte

// view is what page.html shows.
type view struct {
	Prober       string
	Now          time.Time
	Trouble      error
	Problems     []verdict.Standing // the worst and newest first
	Fine         []verdict.Standing // by name
	Destinations []Destination
}

func viewOf(s Source, now time.Time) view {
	v := view{Prober: s.Prober(), Now: now, Trouble: s.Ready(), Destinations: s.Destinations()}
	for _, standing := range s.Standings() {
		if standing.Status > probes.OK || standing.Overdue {
			v.Problems = append(v.Problems, standing)
		} else {
			v.Fine = append(v.Fine, standing)
		}
	}
	slices.SortStableFunc(v.Problems, func(a, b verdict.Standing) int {
		return cmp.Or(cmp.Compare(b.Status, a.Status), b.Since.Compare(a.Since))
	})
	return v
}

func page(w http.ResponseWriter, s Source) {
	now := time.Now()
	funcs := template.FuncMap{
		"add":  func(a, b int) int { return a + b },
		"ago":  func(t time.Time) string { return span(now.Sub(t)) },
		"in":   func(t time.Time) string { return span(t.Sub(now)) },
		"unit": func(v verdict.Value) string { return v.Unit.Format(v.Number) },
		"time": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}
	var text bytes.Buffer
	if err := template.Must(template.New("page").Funcs(funcs).Parse(pageText)).Execute(&text, viewOf(s, now)); err != nil {
		plain(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(text.Bytes()) // the client may have gone
}

// span is a duration as a person says it: its largest unit.
func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d d", d/(24*time.Hour))
}

func style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(styleText) // the client may have gone
}
