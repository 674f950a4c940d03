package standin

import (
	"cmp"
	"io"
	"net/http"
)

// Rules are switches for what Mackerel's documents leave open. The defaults
// are the stricter reading, or what other clients' tests saw. The zero value
// limits nothing.
//
// Open, too, but without a switch: a duplicate service or custom identifier, a
// report of an unknown status, an over-long message and a 101st report are each
// a 400, and one bad item fails its request; a GET of metrics returns the start
// of each minute; reports of a host in maintenance or poweroff are taken and
// counted, but raise no alert; a report may come from the future.
type Rules struct {
	// Granularity is how far apart the points of a metric are, in seconds;
	// Mackerel's is 60, and 0 stands for it. Shorter ones are for showing in
	// seconds what takes minutes.
	Granularity int64
	// PostsPerMinute is how many POSTs of metrics a service takes in a minute;
	// more are 429. The number is not published; one client in production
	// makes at least six. 0: no limit.
	PostsPerMinute int
	// PointsPerPost and BodyBytes limit a request (400, 413). Neither is
	// published. 0: no limit.
	PointsPerPost int
	BodyBytes     int64
	// UnknownService404 makes a POST of metrics to a service that does not
	// exist a 404; otherwise it is 400.
	UnknownService404 bool
	// FuturePoints are taken up to 24 hours ahead; otherwise dropped. The
	// Japanese text says that no future time is taken, the English one up to
	// 24 hours. A minute ahead is taken either way, for clocks differ.
	FuturePoints bool
	// UnknownHost is the status for reports and metrics of a host that does
	// not exist, or is retired. 0 is 400.
	UnknownHost int
	// NullChecksClear makes a PUT of a host without a list of checks (null)
	// forget those that are not open; otherwise it leaves them.
	NullChecksClear bool
	// EqualOccurredAt lets a report replace one of the same second.
	EqualOccurredAt bool
}

// DefaultRules returns the defaults.
func DefaultRules() Rules {
	return Rules{PostsPerMinute: 60, PointsPerPost: 10_000, BodyBytes: 10 << 20, UnknownService404: true, UnknownHost: http.StatusBadRequest}
}

// limit reads one byte more than is allowed, so that tooLong sees it.
func (r Rules) limit(body io.Reader) io.Reader {
	if r.BodyBytes == 0 {
		return body
	}
	return io.LimitReader(body, r.BodyBytes+1)
}

func (r Rules) tooLong(body []byte) bool {
	return r.BodyBytes > 0 && int64(len(body)) > r.BodyBytes
}

func (r Rules) unknownHost(id string) error {
	return refuse(cmp.Or(r.UnknownHost, http.StatusBadRequest), "host %q not found", id)
}

func (r Rules) unknownService() error {
	if r.UnknownService404 {
		return errNoService
	}
	return refuse(http.StatusBadRequest, "%s", errNoService.message)
}
