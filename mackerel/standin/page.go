package standin

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"time"
)

//go:embed page.html
var pageText string

// pageData is what page.html shows.
type pageData struct {
	State
	Latest map[string][]Point // of each service, the newest point of each metric
	Posts  []Post             // newest first
	Host   map[string]string  // names by ID
}

const postsShown = 30

// page shows a person what is here.
func (o *Organization) page(w http.ResponseWriter, _ *http.Request) {
	data := pageData{State: o.State(), Latest: map[string][]Point{}, Posts: o.Posts(), Host: map[string]string{}}
	for service, points := range data.Services {
		data.Latest[service] = latest(points)
	}
	for _, h := range data.Hosts {
		data.Host[h.ID] = h.Name
	}
	slices.Reverse(data.Posts)
	data.Posts = data.Posts[:min(postsShown, len(data.Posts))]
	page := template.Must(template.New("page").Funcs(template.FuncMap{
		"minute": func(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("15:04") },
		"clock":  func(t time.Time) string { return t.UTC().Format("15:04:05") },
	}).Parse(pageText))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_ = page.Execute(w, data) // the client may have gone
}

// latest keeps the newest point of each metric; points are by name and time.
func latest(points []Point) []Point {
	var newest []Point
	for i, p := range points {
		if i+1 == len(points) || points[i+1].Name != p.Name {
			newest = append(newest, p)
		}
	}
	return newest
}
