package mackerel_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"prober/mackerel/standin"
	"prober/probes"
	"prober/verdict"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var twoEnvironments = map[string]string{"api": "production", "db": "staging"}

func TestEachOrganizationIsToldWhatItHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, twoEnvironments)
		w.start("production", "staging")
		w.during(5*time.Minute, func(probe string, at time.Duration) probes.Status {
			if probe == "db" && at >= 2*time.Minute {
				return probes.Critical
			}
			return probes.OK
		})
		w.halt()
		w.complete("production", 4)
		w.complete("staging", 4)
		if points := w.orgs["staging"].Points("external"); slices.ContainsFunc(points, func(p standin.Point) bool { return strings.HasPrefix(p.Name, "db.") }) {
			t.Error("staging was told about itself")
		}
		want := []string{"api OK", "db CRITICAL"}
		if diff := cmp.Diff(want, checks(w.orgs["production"])); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want[:1], checks(w.orgs["staging"])); diff != "" {
			t.Error(diff)
		}
		hosts := w.orgs["production"].Hosts()
		if len(hosts) != 1 || hosts[0].CustomIdentifier != "prober:test-1" || fmt.Sprint(hosts[0].Checks) != "[api db]" {
			t.Errorf("hosts %+v", hosts)
		}
		if open := openAlerts(w.orgs["production"]); fmt.Sprint(open) != "[db CRITICAL]" {
			t.Errorf("open alerts %v", open)
		}
	})
}

// Each fault, at one organization and at both, while checks change: the other
// organization is told as quickly as ever, and afterwards nothing is missing,
// nothing changed its value, and everything has its own time and order.
func TestFaults(t *testing.T) {
	faults := map[string]standin.Fault{
		"down":         {Mode: standin.Reset},
		"reset after":  {Mode: standin.ResetAfter},
		"slow":         {Mode: standin.Slow, Delay: 8 * time.Second},
		"hang":         {Mode: standin.Hang},
		"500":          {Mode: standin.Status, Code: http.StatusInternalServerError},
		"429":          {Mode: standin.Status, Code: http.StatusTooManyRequests},
		"wrong key":    {Mode: standin.WrongKey},
		"forbidden":    {Mode: standin.Status, Code: http.StatusForbidden},
		"empty":        {Mode: standin.Empty},
		"html":         {Mode: standin.HTML, Code: http.StatusBadGateway},
		"redirect":     {Mode: standin.Redirect, Location: "http://elsewhere.test/"},
		"metrics only": {Mode: standin.Status, Code: http.StatusServiceUnavailable, Path: "/tsdb"},
		"reports only": {Mode: standin.Status, Code: http.StatusServiceUnavailable, Path: "/checks/report"},
	}
	for name, fault := range faults {
		for _, faulty := range [][]string{{"staging"}, {"production", "staging"}} {
			t.Run(fmt.Sprintf("%s at %d", name, len(faulty)), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { survive(t, fault, faulty) })
			})
		}
	}
}

func survive(t *testing.T, fault standin.Fault, faulty []string) {
	w := newWorld(t, map[string]string{"api": "production", "web": ""})
	w.start("production", "staging")
	w.during(3*time.Minute, fine)
	for _, name := range faulty {
		w.orgs[name].SetFault(fault)
	}
	w.during(7*time.Minute, func(probe string, at time.Duration) probes.Status {
		if probe == "api" && at/time.Minute%2 == 1 {
			return probes.Critical
		}
		return probes.OK
	})
	for _, name := range faulty {
		w.orgs[name].SetFault(standin.Fault{})
	}
	w.during(4*time.Minute, fine)
	w.halt()
	w.complete("production", 13)
	w.complete("staging", 13)
	if len(faulty) == 1 {
		w.prompt("production")
	}
	if strings.Contains(w.text.String(), w.orgs["staging"].Key()) {
		t.Error("the key is in the log")
	}
}

// complete checks that an organization has every closed minute and every hard
// change that it hears of, in order, with its own time, and no minute twice
// with different values.
func (w *world) complete(name string, minutes int) {
	w.t.Helper()
	org := w.orgs[name]
	if changed := org.Overwrites(); len(changed) > 0 {
		w.t.Errorf("%s: minutes changed their values: %+v", name, changed)
	}
	byMetric := map[string][]standin.Point{}
	for _, p := range org.Points("external") {
		byMetric[p.Name] = append(byMetric[p.Name], p)
	}
	for probe, environment := range w.watched {
		if name == "staging" && environment == "staging" {
			continue
		}
		for _, metric := range []string{probe + ".time.connect", probe + ".ratio.availability"} {
			points := byMetric[metric]
			if len(points) < minutes {
				w.t.Errorf("%s has %d points of %s, want %d", name, len(points), metric, minutes)
				continue
			}
			for i, p := range points {
				if want := points[0].Time + int64(i)*60; p.Time != want {
					w.t.Errorf("%s: %s: minute %d is missing", name, metric, want)
					break
				}
			}
		}
	}
	var want, got []string
	for _, e := range w.changes {
		if name != "staging" || e.Environment != "staging" {
			want = append(want, told(e.Probe, e.Status.String(), e.At.Unix()))
		}
	}
	previous := map[string]string{}
	for _, r := range org.Reports() {
		if r.Ignored == "" && previous[r.Name] != r.Status {
			got = append(got, told(r.Name, r.Status, r.OccurredAt))
			previous[r.Name] = r.Status
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s: hard changes: %s", name, diff)
	}
}

// prompt checks the delays of an organization that had no fault: changes
// within 2 s, minutes within 15 s of their end.
func (w *world) prompt(name string) {
	w.t.Helper()
	arrived := map[string]time.Time{}
	for _, r := range w.orgs[name].Reports() {
		key := told(r.Name, r.Status, r.OccurredAt)
		if _, again := arrived[key]; !again {
			arrived[key] = r.Arrived
		}
	}
	for _, e := range w.changes {
		if late := arrived[told(e.Probe, e.Status.String(), e.At.Unix())].Sub(e.At); late > 2*time.Second+time.Second {
			w.t.Errorf("%s heard of %s %s after %v", name, e.Probe, e.Status, late)
		}
	}
	for _, post := range w.orgs[name].Posts() {
		if strings.HasSuffix(post.Path, "/tsdb") && post.At.Second() > 15 {
			w.t.Errorf("%s was sent a minute's points at second %d of the next", name, post.At.Second())
		}
	}
}

func checks(org *standin.Organization) []string {
	var all []string
	for _, c := range org.Checks() {
		all = append(all, c.Name+" "+c.Status)
	}
	slices.Sort(all)
	return all
}

func openAlerts(org *standin.Organization) []string {
	var open []string
	for _, a := range org.Alerts() {
		if a.ClosedAt.IsZero() {
			open = append(open, a.Check+" "+a.Status)
		}
	}
	return open
}

func TestProbeThatLeavesIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"api": "production", "old": "production", "moved": "production"})
		w.start("production", "staging")
		w.during(3*time.Minute, func(string, time.Duration) probes.Status { return probes.Critical })
		w.halt()
		w.watched = map[string]string{"api": "production", "moved": "staging"}
		w.start("production", "staging")
		w.during(3*time.Minute, func(string, time.Duration) probes.Status { return probes.Critical })
		w.halt()
		if diff := cmp.Diff([]string{"api CRITICAL", "moved CRITICAL"}, openAlerts(w.orgs["production"]), sorted); diff != "" {
			t.Errorf("production: %s", diff)
		}
		if diff := cmp.Diff([]string{"api CRITICAL"}, openAlerts(w.orgs["staging"]), sorted); diff != "" {
			t.Errorf("staging: %s", diff)
		}
		for name, want := range map[string]string{"production": "[api moved]", "staging": "[api]"} {
			if got := fmt.Sprint(w.orgs[name].Hosts()[0].Checks); got != want {
				t.Errorf("%s lists the checks %s, want %s", name, got, want)
			}
		}
		reports := w.orgs["staging"].Reports()
		i := slices.IndexFunc(reports, func(r standin.Report) bool { return r.Name == "old" && r.Status == "OK" })
		if i < 0 || !strings.Contains(reports[i].Message, "no longer watched") {
			t.Errorf("staging was not told that old is no longer watched: %+v", reports)
		}
	})
}

var sorted = cmp.Transformer("sorted", func(in []string) []string { return slices.Sorted(slices.Values(in)) })

func TestNewDestinationStartsAtThePresent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"api": "", "web": ""})
		w.start("production")
		w.during(2*time.Hour, func(probe string, at time.Duration) probes.Status {
			if probe == "api" && at > time.Minute && at < 2*time.Minute {
				return probes.Critical
			}
			if probe == "web" && at > time.Hour {
				return probes.Critical
			}
			return probes.OK
		})
		w.halt()
		before := time.Now()
		w.start("staging")
		time.Sleep(10 * time.Second)
		reports := w.orgs["staging"].Reports()
		w.during(2*time.Minute, fine)
		w.halt()
		var first []string
		for _, r := range reports {
			first = append(first, r.Name+" "+r.Status)
		}
		if diff := cmp.Diff([]string{"api OK", "web CRITICAL"}, first, sorted); diff != "" {
			t.Errorf("the first reports: %s", diff)
		}
		for _, p := range w.orgs["staging"].Points("external") {
			if time.Unix(p.Time, 0).Before(before.Add(-3 * time.Minute)) {
				t.Errorf("a point from before: %+v", p)
			}
		}
	})
}

func TestAfterSevenHoursOnlyTheNewestStatesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"api": "", "web": ""})
		w.start("production", "staging")
		w.during(2*time.Minute, fine)
		w.orgs["staging"].SetFault(standin.Fault{Mode: standin.Reset})
		w.during(10*time.Minute, func(probe string, at time.Duration) probes.Status {
			if probe == "web" || (probe == "api" && at < time.Minute) {
				return probes.Critical
			}
			return probes.OK
		})
		began := w.states["web"].Since
		time.Sleep(7 * time.Hour) // the prober hears nothing of its probes either
		w.orgs["staging"].SetFault(standin.Fault{})
		time.Sleep(3 * time.Minute)
		w.halt()
		reports := w.orgs["staging"].Reports()
		reports = slices.DeleteFunc(reports, func(r standin.Report) bool { return r.OccurredAt < began.Add(6*time.Hour).Unix() })
		if len(reports) != 2 || slices.ContainsFunc(reports, func(r standin.Report) bool { return r.Ignored != "" || !strings.HasPrefix(r.Message, "since ") }) {
			t.Errorf("reports after the outage: %+v", reports)
		}
		if diff := cmp.Diff([]string{"api OK", "web CRITICAL"}, checks(w.orgs["staging"])); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRestartTellsNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"api": ""})
		for range 3 {
			w.start("production", "staging")
			w.during(90*time.Second, fine)
			w.halt()
		}
		if n := len(w.orgs["production"].Reports()); n != 1 {
			t.Errorf("%d reports of a check that was always OK, want the first", n)
		}
		if n := len(w.orgs["production"].Hosts()); n != 1 {
			t.Errorf("%d hosts, want one", n)
		}
	})
}

func TestRetiredHostIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"api": ""})
		w.start("production")
		w.during(time.Minute, fine)
		w.retire("production", w.orgs["production"].Hosts()[0].ID)
		w.during(3*time.Minute, func(string, time.Duration) probes.Status { return probes.Critical })
		w.halt()
		if open := openAlerts(w.orgs["production"]); fmt.Sprint(open) != "[api CRITICAL]" {
			t.Errorf("open alerts %v", open)
		}
	})
}

func (w *world) retire(name, id string) {
	r, err := http.NewRequest(http.MethodPost, "http://"+name+".test/api/v0/hosts/"+id+"/retire", strings.NewReader("{}"))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", w.orgs[name].Key())
	resp, err := inMemory{w.orgs[name]}.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatal(resp, err)
	}
}

func TestRemindersAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watched := map[string]string{}
		for i := range 200 {
			watched[fmt.Sprintf("p%d", i)] = ""
		}
		w := newWorld(t, watched)
		w.start("production")
		for second := range 600 {
			for i := second % 60; i < 200; i += 60 {
				w.run(fmt.Sprintf("p%d", i), probes.Critical)
			}
			time.Sleep(time.Second)
		}
		w.halt()
		posts := 0
		for _, p := range w.orgs["production"].Posts() {
			if strings.HasSuffix(p.Path, "/report") && p.At.Sub(w.changes[0].At) > 2*time.Minute {
				posts++
			}
		}
		if posts > 8*8 {
			t.Errorf("%d posts of reminders in eight minutes", posts)
		}
		if len(w.states) != 200 || w.states["p0"].Told.What != verdict.Reminder {
			t.Errorf("state %+v", w.states["p0"])
		}
	})
}

// A followed redirect would turn the POST into a GET, whose 200 looks like
// success, and carry the key away.
func TestRedirectsAreNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"api": ""})
		w.elsewhere = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			t.Errorf("%s %s was sent to %s with the key %q", r.Method, r.URL.Path, r.URL.Host, r.Header.Get("X-Api-Key"))
			_, _ = rw.Write([]byte(`{"success":true}`))
		})
		w.start("production")
		w.orgs["production"].SetFault(standin.Fault{Mode: standin.Redirect, Location: "http://elsewhere.test/"})
		w.during(3*time.Minute, fine)
		w.orgs["production"].SetFault(standin.Fault{})
		w.during(2*time.Minute, fine)
		w.halt()
		w.complete("production", 4)
	})
}

func TestOutageLeavesNoPileOfReminders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"api": ""})
		critical := func(string, time.Duration) probes.Status { return probes.Critical }
		w.start("production")
		w.during(time.Minute, critical)
		w.orgs["production"].SetFault(standin.Fault{Mode: standin.Reset})
		w.during(30*time.Minute, critical)
		before := len(w.orgs["production"].Reports())
		w.orgs["production"].SetFault(standin.Fault{})
		w.during(2*time.Minute, critical)
		w.halt()
		if after := len(w.orgs["production"].Reports()) - before; after < 1 || after > 4 {
			t.Errorf("%d reports after half an hour of the same state", after)
		}
	})
}

func TestRejectedKeyStopsBothStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]string{"api": ""})
		w.start("production")
		w.during(2*time.Minute, fine)
		w.orgs["production"].SetFault(standin.Fault{Mode: standin.WrongKey, Path: "/report"})
		w.during(5*time.Minute, func(string, time.Duration) probes.Status { return probes.Critical })
		w.halt()
		var rejected time.Time
		rejections := 0
		for _, post := range w.orgs["production"].Posts() {
			// What was under way at that moment does not count.
			if quiet := post.At.Sub(rejected); !rejected.IsZero() && quiet > time.Second && quiet < 59*time.Second {
				t.Errorf("%s %s came %v after the key was rejected", post.Method, post.Path, quiet)
			}
			if post.Fault != "" {
				rejected = post.At
				rejections++
			}
		}
		if rejections < 3 {
			t.Errorf("the key was rejected %d times; this proves nothing", rejections)
		}
	})
}
