package standin

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// A Fault is how an organization misbehaves, on all requests or some.
type Fault struct {
	Mode       FaultMode     `json:"mode"`
	Code       int           `json:"code,omitempty"`        // of Status (0 is 500) and HTML (0 is 502)
	Delay      time.Duration `json:"delay,omitempty"`       // of Slow, in nanoseconds
	Location   string        `json:"location,omitempty"`    // of Redirect
	RetryAfter string        `json:"retry_after,omitempty"` // a header, when there is an answer
	Path       string        `json:"path,omitempty"`        // only requests whose path contains it
	Remaining  int           `json:"remaining,omitempty"`   // how many requests; 0: until it is lifted
}

// FaultMode is a way to misbehave. The zero value is Healthy.
type FaultMode string

// The ways. "Taken" says whether the request has its effect all the same.
const (
	Healthy    FaultMode = "healthy"     // answer; taken
	Status     FaultMode = "status"      // answer Code with an error body; not taken
	Slow       FaultMode = "slow"        // answer after Delay; taken
	Hang       FaultMode = "hang"        // never answer, until the client goes or the fault is lifted; not taken
	Reset      FaultMode = "reset"       // close the connection; not taken
	ResetAfter FaultMode = "reset_after" // close the connection; taken
	Empty      FaultMode = "empty"       // the right status without a body; taken
	HTML       FaultMode = "html"        // Code with a page of some edge server; not taken
	Redirect   FaultMode = "redirect"    // 302 to Location; not taken
	WrongKey   FaultMode = "wrong_key"   // as if the key were wrong; not taken
)

func faultModes() []FaultMode {
	return []FaultMode{Healthy, Status, Slow, Hang, Reset, ResetAfter, Empty, HTML, Redirect, WrongKey}
}

// MarshalText implements [encoding.TextMarshaler].
func (m FaultMode) MarshalText() ([]byte, error) { return []byte(cmp.Or(m, Healthy)), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; it knows no other modes.
func (m *FaultMode) UnmarshalText(text []byte) error {
	*m = cmp.Or(FaultMode(text), Healthy)
	if !slices.Contains(faultModes(), *m) {
		return fmt.Errorf("unknown mode %q; there are %q", text, faultModes())
	}
	return nil
}

// validate finds what could not be acted out.
func (f Fault) validate() error {
	switch {
	case f.Code != 0 && (f.Code < 200 || f.Code > 599):
		return fmt.Errorf("code %d is not from 200 to 599", f.Code)
	case f.Mode == Redirect && f.Location == "":
		return fmt.Errorf("mode %q needs a location", f.Mode)
	case f.Delay < 0 || f.Remaining < 0:
		return fmt.Errorf("delay and remaining must not be negative")
	}
	return nil
}

func (f Fault) healthy() bool { return f.Mode == "" || f.Mode == Healthy }

// name is how the log of requests calls a fault.
func (f Fault) name() string {
	if f.healthy() {
		return ""
	}
	return string(f.Mode)
}

// takes tells whether a request has its effect.
func (f Fault) takes() bool {
	return f.healthy() || f.Mode == Slow || f.Mode == ResetAfter || f.Mode == Empty
}

// status is what a request is answered with, whose right answer has status
// right; 0: it is not answered.
func (f Fault) status(right int) int {
	switch f.Mode {
	case Hang, Reset, ResetAfter:
		return 0
	case Status:
		return cmp.Or(f.Code, http.StatusInternalServerError)
	case HTML:
		return cmp.Or(f.Code, http.StatusBadGateway)
	case Redirect:
		return http.StatusFound
	case WrongKey:
		return errBadKey.status
	case Healthy, Slow, Empty:
	}
	return right
}

// answer misbehaves; status and body are the right answer of a request that is
// taken.
func (f Fault) answer(w http.ResponseWriter, r *http.Request, lifted <-chan struct{}, status int, body []byte) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	status, contentType := f.status(status), "application/json"
	switch f.Mode {
	case Slow:
		wait(r, time.After(f.Delay), nil)
	case Hang:
		wait(r, nil, lifted)
		panic(http.ErrAbortHandler)
	case Reset, ResetAfter:
		panic(http.ErrAbortHandler)
	case Redirect:
		w.Header().Set("Location", f.Location)
		body = nil
	case Empty:
		body = nil
	case HTML:
		contentType, body = "text/html", fmt.Appendf(nil, "<html><body><h1>%d %s</h1></body></html>", status, http.StatusText(status))
	case WrongKey:
		_, body = errorBody(errBadKey)
	case Status:
		_, body = errorBody(&apiError{status, http.StatusText(status)})
	case Healthy:
	}
	write(w, status, contentType, body)
}

func wait(r *http.Request, after <-chan time.Time, lifted <-chan struct{}) {
	select {
	case <-after:
	case <-lifted:
	case <-r.Context().Done():
	}
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}
