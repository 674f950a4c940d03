package standin

// Rules are switches for what Mackerel's documents leave open. The defaults
// are the stricter reading, or what other clients' tests saw.
type Rules struct {
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
	// EqualOccurredAt lets a report replace one of the same second.
	EqualOccurredAt bool
}

// DefaultRules returns the defaults.
func DefaultRules() Rules {
	return Rules{PostsPerMinute: 60, PointsPerPost: 10_000, BodyBytes: 10 << 20, UnknownService404: true}
}
