package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// call is one request of the API.
type call struct {
	*http.Request
	body  []byte
	now   time.Time
	items int
}

// An apiError is an answer other than 200.
type apiError struct {
	status  int
	message string
}

func (e *apiError) Error() string { return e.message }

func refuse(status int, format string, args ...any) error {
	return &apiError{status, fmt.Sprintf(format, args...)}
}

// Answers whose texts were seen from the real API.
var (
	errNotFound = &apiError{http.StatusNotFound, "Not found."}
	errBadKey   = &apiError{http.StatusUnauthorized, "Authentication failed. Please try with valid Api Key."}
	errIsCheck  = &apiError{http.StatusBadRequest, "Cannot get a check monitor"}
)

// Answers of ours, that several endpoints give.
var (
	errNoService = &apiError{http.StatusNotFound, "service not found"}
	errNoHost    = &apiError{http.StatusNotFound, "host not found"}
)

// success is the answer to what has nothing else to say.
var success = map[string]bool{"success": true}

type endpoint func(o *Organization, c *call) (answer any, err error)

// endpoints are all there are, by method and path below /api/v0.
func endpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /org": (*Organization).getOrg,

		"GET /services":                           (*Organization).getServices,
		"POST /services":                          (*Organization).postService,
		"DELETE /services/{service}":              (*Organization).deleteService,
		"GET /services/{service}/roles":           (*Organization).getRoles,
		"POST /services/{service}/roles":          (*Organization).postRole,
		"DELETE /services/{service}/roles/{role}": (*Organization).deleteRole,
		"GET /services/{service}/metric-names":    (*Organization).getMetricNames,
		"POST /services/{service}/tsdb":           (*Organization).postServiceMetrics,
		"GET /services/{service}/metrics":         (*Organization).getServiceMetrics,
		"POST /tsdb":                              (*Organization).postHostMetrics,
		"POST /graph-defs/create":                 (*Organization).postGraphDefs,
		"DELETE /graph-defs":                      (*Organization).deleteGraphDef,
		"GET /tsdb/latest":                        (*Organization).getLatest,
		"GET /hosts/{host}/metrics":               (*Organization).getHostMetrics,
		"GET /hosts/{host}/metric-names":          (*Organization).getHostMetricNames,
		"GET /hosts":                              (*Organization).getHosts,
		"GET /hosts.json":                         (*Organization).getHosts,
		"POST /hosts":                             (*Organization).postHost,
		"GET /hosts/{host}":                       (*Organization).getHost,
		"PUT /hosts/{host}":                       (*Organization).putHost,
		"GET /hosts-by-custom-identifier/{cid}":   (*Organization).getHostByCustomIdentifier,
		"POST /hosts/{host}/status":               (*Organization).postHostStatus,
		"POST /hosts/{host}/retire":               (*Organization).postHostRetire,
		"POST /hosts/bulk-update-statuses":        (*Organization).postHostStatuses,
		"POST /hosts/bulk-retire":                 (*Organization).postHostsRetire,
		"PUT /hosts/{host}/role-fullnames":        (*Organization).putHostRoles,
		"GET /hosts/{host}/monitored-statuses":    (*Organization).getMonitoredStatuses,

		"POST /monitoring/checks/report": (*Organization).postReports,
		"GET /monitoring/checks":         (*Organization).getChecks,
		"GET /monitoring/checks/{check}": (*Organization).getCheck,
		"GET /alerts":                    (*Organization).getAlerts,
		"GET /alerts/{alert}":            (*Organization).getAlert,
		"PUT /alerts/{alert}":            (*Organization).putAlert,
		"GET /alerts/{alert}/logs":       (*Organization).getAlertLogs,
		"POST /alerts/{alert}/close":     (*Organization).postAlertClose,

		"GET /monitors":              (*Organization).getMonitors,
		"POST /monitors":             (*Organization).postMonitor,
		"GET /monitors/{monitor}":    (*Organization).getMonitor,
		"PUT /monitors/{monitor}":    (*Organization).putMonitor,
		"DELETE /monitors/{monitor}": (*Organization).deleteMonitor,

		"GET /graph-annotations":         (*Organization).getAnnotations,
		"POST /graph-annotations":        (*Organization).postAnnotation,
		"PUT /graph-annotations/{id}":    (*Organization).putAnnotation,
		"DELETE /graph-annotations/{id}": (*Organization).deleteAnnotation,
	}
}

func (o *Organization) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, e := range endpoints() {
		method, below, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /api/v0"+below, func(w http.ResponseWriter, r *http.Request) { o.serve(w, r, e) })
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { o.serve(w, r, nil) })
	mux.HandleFunc("/", notFound)
	mux.HandleFunc("GET /{$}", o.page())
	o.control(mux)
	return mux
}

// ServeHTTP implements [http.Handler].
func (o *Organization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A ServeMux redirects a path with "//" or "..", and a client that follows
	// turns its POST into a GET. The API has no such path.
	if escaped := r.URL.EscapedPath(); escaped != "/" && path.Clean(escaped) != strings.TrimSuffix(escaped, "/") {
		notFound(w, r)
		return
	}
	o.mux.ServeHTTP(w, r)
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	status, body := errorBody(errNotFound)
	write(w, status, "application/json", body)
}

// serve answers a request of the API, or fails it as told. Without an endpoint
// there is no such path.
func (o *Organization) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	c := &call{Request: r}
	var err error
	if c.body, err = io.ReadAll(o.rules.limit(r.Body)); err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	f, lifted := o.fault.meet(r.URL.Path)
	status, body := 0, []byte(nil)
	if f.takes() {
		status, body = o.answer(c, e)
	}
	if status != http.StatusOK {
		c.items = count(c.body) // although nobody took them
	}
	o.log(c, f.status(status), f.name())
	f.answer(w, r, lifted, status, body)
}

// answer does what a request asks for.
func (o *Organization) answer(c *call, e endpoint) (status int, body []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.now = o.time()
	o.sweep(c.now)
	if e == nil {
		return errorBody(errNotFound) // even without a key
	}
	if err := o.authorize(c); err != nil {
		return errorBody(err)
	}
	answer, err := e(o, c)
	if err != nil {
		return errorBody(err)
	}
	body, err = json.Marshal(answer)
	if err != nil {
		return errorBody(err)
	}
	return http.StatusOK, body
}

func errorBody(err error) (int, []byte) {
	var refused *apiError
	if !errors.As(err, &refused) {
		refused = &apiError{http.StatusInternalServerError, err.Error()}
	}
	body, _ := json.Marshal(map[string]any{"error": map[string]string{"message": refused.message}})
	return refused.status, body
}

func (o *Organization) authorize(c *call) error {
	i := slices.IndexFunc(o.keys, func(k apiKey) bool { return k.key == c.Header.Get("X-Api-Key") })
	switch {
	case i < 0:
		return errBadKey
	case c.Method != http.MethodGet && c.Method != http.MethodHead && o.keys[i].permission != ReadWrite:
		return refuse(http.StatusForbidden, "permission denied.")
	case o.rules.tooLong(c.body):
		return refuse(http.StatusRequestEntityTooLarge, "the request is too large")
	}
	return nil
}

// decode reads the body as JSON.
func (c *call) decode(into any) error {
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	if err := decoder.Decode(into); err != nil {
		return refuse(http.StatusBadRequest, "invalid JSON: %v", err)
	}
	if decoder.More() {
		return refuse(http.StatusBadRequest, "invalid JSON: more than one value")
	}
	return nil
}
