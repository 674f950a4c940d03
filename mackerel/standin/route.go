package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
)

// success is the answer to what has nothing else to say.
var success = map[string]bool{"success": true}

type endpoint func(o *Organization, c *call) (answer any, err error)

// endpoints are all there are, by method and path below /api/v0.
func endpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /org": (*Organization).getOrg,

		"GET /services":                         (*Organization).getServices,
		"POST /services":                        (*Organization).postService,
		"DELETE /services/{service}":            (*Organization).deleteService,
		"GET /services/{service}/metric-names":  (*Organization).getMetricNames,
		"POST /services/{service}/tsdb":         (*Organization).postServiceMetrics,
		"GET /services/{service}/metrics":       (*Organization).getServiceMetrics,
		"POST /tsdb":                            (*Organization).postHostMetrics,
		"GET /tsdb/latest":                      (*Organization).getLatest,
		"GET /hosts/{host}/metrics":             (*Organization).getHostMetrics,
		"GET /hosts/{host}/metric-names":        (*Organization).getHostMetricNames,
		"GET /hosts":                            (*Organization).getHosts,
		"GET /hosts.json":                       (*Organization).getHosts,
		"POST /hosts":                           (*Organization).postHost,
		"GET /hosts/{host}":                     (*Organization).getHost,
		"PUT /hosts/{host}":                     (*Organization).putHost,
		"GET /hosts-by-custom-identifier/{cid}": (*Organization).getHostByCustomIdentifier,
		"POST /hosts/{host}/status":             (*Organization).postHostStatus,
		"POST /hosts/{host}/retire":             (*Organization).postHostRetire,
		"PUT /hosts/{host}/role-fullnames":      (*Organization).putRoles,
		"GET /hosts/{host}/monitored-statuses":  (*Organization).getMonitoredStatuses,

		"POST /monitoring/checks/report": (*Organization).postReports,
		"GET /monitoring/checks":         (*Organization).getChecks,
		"GET /monitoring/checks/{check}": (*Organization).getCheck,
		"GET /monitors":                  (*Organization).getMonitors,
		"GET /alerts":                    (*Organization).getAlerts,
		"GET /alerts/{alert}":            (*Organization).getAlert,
		"PUT /alerts/{alert}":            (*Organization).putAlert,
		"GET /alerts/{alert}/logs":       (*Organization).getAlertLogs,
		"POST /alerts/{alert}/close":     (*Organization).postAlertClose,
	}
}

// unknownPath catches every path and method that is not an endpoint.
const unknownPath = "/api/"

func (o *Organization) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, e := range endpoints() {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /api/v0"+path, func(w http.ResponseWriter, r *http.Request) { o.serve(w, r, e) })
	}
	mux.HandleFunc(unknownPath, func(w http.ResponseWriter, r *http.Request) { o.serve(w, r, nil) })
	o.control(mux)
	mux.HandleFunc("GET /{$}", o.page)
	return mux
}

// ServeHTTP implements [http.Handler].
func (o *Organization) ServeHTTP(w http.ResponseWriter, r *http.Request) { o.mux.ServeHTTP(w, r) }

// serve answers a request of the API, or fails it as told.
func (o *Organization) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	body, err := io.ReadAll(io.LimitReader(r.Body, o.rules.BodyBytes+1))
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	o.fault.meet(w, r, func(fault string, taken bool) (int, []byte) {
		c := &call{Request: r, body: body}
		status, answer := 0, []byte(nil)
		if taken {
			status, answer = o.answer(c, e)
		}
		o.log(c, status, fault)
		return status, answer
	})
}

// answer does what a request asks for.
func (o *Organization) answer(c *call, e endpoint) (status int, body []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.now = o.time()
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
	case c.Pattern == unknownPath:
		return errNotFound // even without a key
	case i < 0:
		return errBadKey
	case c.Method != http.MethodGet && o.keys[i].permission != ReadWrite:
		return refuse(http.StatusForbidden, "permission denied.")
	case int64(len(c.body)) > o.rules.BodyBytes:
		return refuse(http.StatusRequestEntityTooLarge, "the request is too large")
	}
	return nil
}

func (o *Organization) log(c *call, status int, fault string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.posts.add(Post{At: o.time(), Method: c.Method, Path: c.URL.Path, Status: status, Items: c.items, Fault: fault})
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
