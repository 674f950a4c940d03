package verdict

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"prober/probes"
)

// Judge turns a run into a result: the failure that was seen, or the worst
// limit that was reached, whichever is worse.
func Judge(rules *Rules, run Run) Result {
	r := Result{
		Prober: rules.Prober, Probe: rules.Probe, Kind: rules.Kind, Environment: rules.Environment,
		Due: run.Due, At: run.At, Took: run.Took, Retry: run.Retry, NoNews: run.NoNews,
		Post: rules.Post,
	}
	if run.Err != nil {
		r.set(couldNotMeasure(run.Err))
		return r
	}
	r.Values = rules.values(run.Values)
	need := run.Need
	if need == 0 {
		need = len(run.Parts)
	}
	for _, p := range run.Parts {
		r.Parts = append(r.Parts, rules.part(p))
	}
	worst := finding{status: probes.OK, message: rules.Probe + " is fine"}
	for _, f := range []finding{ofFailure(run.Failure), tooFewGood(r.Parts, need), rules.limits(run.Observation)} {
		if f.status > worst.status {
			worst = f
		}
	}
	r.set(worst)
	return r
}

// A finding is one reason to call a run what it is.
type finding struct {
	status  probes.Status
	reason  probes.Reason
	message string
}

func (r *Result) set(f finding) { r.Status, r.Reason, r.Message = f.status, f.reason, f.message }

func couldNotMeasure(err error) finding {
	if own, ok := errors.AsType[*probes.Failure](err); ok {
		return finding{probes.Unknown, own.Reason, own.Detail}
	}
	return finding{probes.Unknown, probes.SelfPanic, err.Error()}
}

func ofFailure(f *probes.Failure) finding {
	if f == nil {
		return finding{status: probes.OK}
	}
	return finding{f.Reason.Doc().Status, f.Reason, f.Detail}
}

// tooFewGood names the worst failing part when fewer than need are good.
func tooFewGood(parts []Part, need int) finding {
	good := 0
	worst := finding{status: probes.OK}
	for _, p := range parts {
		if p.Status == probes.OK {
			good++
		} else if p.Status > worst.status {
			worst = finding{p.Status, p.Reason, p.Message}
		}
	}
	if good >= need {
		return finding{status: probes.OK}
	}
	if len(parts) > 1 {
		worst.message = fmt.Sprintf("%d of %d good, %d needed: %s", good, len(parts), need, worst.message)
	}
	return worst
}

// limits compares every value that has a limit. A value that is missing from
// a run without a failure is UNKNOWN: its limit could not be checked.
func (rules *Rules) limits(o probes.Observation) finding {
	worst := finding{status: probes.OK}
	for _, spec := range rules.Values {
		f := rules.limit(spec, o)
		if f.status > worst.status {
			worst = f
		}
	}
	return worst
}

func (rules *Rules) limit(spec probes.ValueSpec, o probes.Observation) finding {
	crit, hasCrit := rules.Crit[spec.Name]
	warn, hasWarn := rules.Warn[spec.Name]
	reason := probes.ThresholdReason(spec.Name)
	i := slices.IndexFunc(o.Values, func(v probes.Value) bool { return v.Name == spec.Name && !notFinite(v) })
	if i < 0 {
		if (hasCrit || hasWarn) && !spec.Optional && o.Failure == nil {
			return finding{probes.Unknown, reason, spec.Name + " was not measured, so its limit could not be checked"}
		}
		return finding{status: probes.OK}
	}
	n := o.Values[i].Number
	say := func(l probes.Limit) string {
		return fmt.Sprintf("%s %s is %s (limit %s)", rules.Probe, spec.Name, spec.Unit.Format(n), l.Text)
	}
	switch {
	case hasCrit && crit.Reached(n):
		return finding{probes.Critical, reason, say(crit)}
	case hasWarn && warn.Reached(n):
		return finding{probes.Warning, reason, say(warn)}
	}
	return finding{status: probes.OK}
}

// notFinite numbers were not measured; nor can JSON, and so Mackerel, have them.
func notFinite(v probes.Value) bool { return math.IsNaN(v.Number) || math.IsInf(v.Number, 0) }

// values adds to each number what its spec says; a number without a spec is
// the kind's mistake and left out.
func (rules *Rules) values(measured []probes.Value) []Value {
	values := make([]Value, 0, len(measured))
	for _, v := range measured {
		i := slices.IndexFunc(rules.Values, func(s probes.ValueSpec) bool { return s.Name == v.Name })
		if i >= 0 && !notFinite(v) {
			s := rules.Values[i]
			values = append(values, Value{Name: v.Name, Number: v.Number, Unit: s.Unit, Worse: s.Worse, Fold: s.Fold})
		}
	}
	return values
}

func (rules *Rules) part(p probes.Part) Part {
	part := Part{Kind: p.Kind, Name: p.Name, Addr: p.Addr, Status: probes.OK, Values: rules.values(p.Values)}
	if p.Failure != nil {
		part.Status, part.Reason, part.Message = p.Failure.Reason.Doc().Status, p.Failure.Reason, p.Failure.Detail
	}
	return part
}
