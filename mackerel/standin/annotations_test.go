package standin

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	api "github.com/mackerelio/mackerel-client-go"
)

func TestAnnotationsAreFoundWhereTheyTouch(t *testing.T) {
	f := newFixture(t)
	f.service()
	f.role("external", "web")
	note, err := f.client.CreateGraphAnnotation(&api.GraphAnnotation{Title: "deploy", From: 100, To: 200, Service: "external", Roles: []string{"web"}})
	f.ok(err)
	for _, test := range []struct {
		from, to int64
		want     int
	}{{0, 99, 0}, {0, 100, 1}, {150, 160, 1}, {200, 300, 1}, {201, 300, 0}} {
		found, err := f.client.FindGraphAnnotations("external", test.from, test.to)
		if f.ok(err); len(found) != test.want {
			t.Errorf("from %d to %d: %d annotations, want %d", test.from, test.to, len(found), test.want)
		}
	}
	note.Title = "rollback"
	changed, err := f.client.UpdateGraphAnnotation(note.ID, note)
	f.ok(err)
	if diff := cmp.Diff(note, changed); diff != "" {
		t.Error(diff)
	}
	_, err = f.client.DeleteGraphAnnotation(note.ID)
	f.ok(err)
	_, err = f.client.DeleteGraphAnnotation(note.ID)
	f.wantStatus(err, 404)
}

func TestAnnotationsThatMakeNoSenseAreRefused(t *testing.T) {
	f := newFixture(t)
	f.service()
	for body, want := range map[string]int{
		`{"title":"t","from":2,"to":1,"service":"external"}`:                    400,
		`{"title":"","from":1,"to":2,"service":"external"}`:                     400,
		`{"title":"t","from":1,"to":2,"service":"nowhere"}`:                     404,
		`{"title":"t","from":1,"to":2,"service":"external","roles":["nobody"]}`: 404,
	} {
		if status, _ := f.ask("POST", "/api/v0/graph-annotations", f.Key(), body); status != want {
			t.Errorf("%s: %d, want %d", body, status, want)
		}
	}
	for path, want := range map[string]int{"?service=external&from=1": 400, "?from=1&to=2": 400, "?service=nowhere&from=1&to=2": 404} {
		if status, _ := f.ask("GET", "/api/v0/graph-annotations"+path, f.Key(), ""); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}
