package standin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func fuzzPost(f *testing.F, path func(*Organization) string, seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		o := New("fuzz", WithClock(func() time.Time { return noon }))
		o.service("external")
		r := httptest.NewRequest(http.MethodPost, path(o), strings.NewReader(body))
		r.Header.Set("X-Api-Key", o.Key())
		w := httptest.NewRecorder()
		o.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	})
}

func FuzzServiceMetrics(f *testing.F) {
	fuzzPost(f, func(*Organization) string { return "/api/v0/services/external/tsdb" },
		`[{"name":"m","time":1795521600,"value":1}]`, `[{"name":"m","time":1e300,"value":1e308}]`, `null`, `[null]`, `[{"time":-1}]`)
}

func FuzzCheckReports(f *testing.F) {
	fuzzPost(f, func(*Organization) string { return "/api/v0/monitoring/checks/report" },
		`{"reports":[{"source":{"type":"host","hostId":"x"},"name":"c","status":"OK","occurredAt":1}]}`, `{"reports":null}`, `{"reports":[null]}`, `{"reports":[{"occurredAt":1e99}]}`)
}
