package scheduler

import "syscall"

// pool bounds how many runs there are at once. Probes whose last run was slow
// wait in a line of their own and may fill only half of it, so that dead
// targets, each hanging until its timeout, cannot starve live ones.
type pool struct {
	size          int
	running, slow int // slow counts the running ones that were slow last time
	quickLine     []*entry
	slowLine      []*entry
}

// PoolSize is the default size: a third of the files this process may open, at
// most 4,096.
func PoolSize() int {
	const most = 4096
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return most / 4
	}
	return max(1, int(min(limit.Cur/3, most)))
}

// wait puts e at the end of its line.
func (p *pool) wait(e *entry) {
	e.waiting, e.turn, e.turnRetry = true, e.due, e.retry
	if e.slow {
		p.slowLine = append(p.slowLine, e)
	} else {
		p.quickLine = append(p.quickLine, e)
	}
}

// admit returns the next entry that may start, or nil.
func (p *pool) admit() *entry {
	line := &p.quickLine
	if len(p.quickLine) == 0 || (len(p.slowLine) > 0 && p.slowLine[0].turn.Before(p.quickLine[0].turn)) {
		line = &p.slowLine
	}
	if line == &p.slowLine && p.slow >= max(1, p.size/2) {
		line = &p.quickLine
	}
	if len(*line) == 0 || p.running >= p.size {
		return nil
	}
	e := (*line)[0]
	*line = (*line)[1:]
	p.running++
	if e.slow {
		p.slow++
	}
	return e
}

// leave gives the place of e back.
func (p *pool) leave(e *entry) {
	p.running--
	if e.slow {
		p.slow--
	}
}
