package standin

import "net/http"

// Rules are switches for what Mackerel's documents leave open. The defaults
// are the stricter reading, or what other clients' tests saw.
//
// Open, too, but without a switch: a duplicate service or custom identifier, a
// report of an unknown status, an over-long message, a 101st report and a
// report of a retired host are each a 400, and one bad item fails its request;
// a GET of metrics returns the start of each minute.
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
	// published.
	PointsPerPost int
	BodyBytes     int64
	// UnknownService makes a POST of metrics to a service that does not exist
	// a 404; otherwise it is 400.
	UnknownService404 bool
	// FuturePoints are taken; otherwise dropped. The Japanese text says that
	// no future time is taken, the English one up to 24 hours.
	FuturePoints bool
	// UnknownHost is the status for reports and metrics of a host that does
	// not exist, or is retired.
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
