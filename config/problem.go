package config

import (
	"fmt"
	"strings"
)

// A Problem is one mistake in a configuration.
type Problem struct {
	File         string
	Line, Column int    // from 1; 0 when it has no place
	Path         string // of the key: "probes[2].tcp.address"
	What         string // what is wrong, what was expected
}

// Error tells the problem as "file:line:column: path: what".
func (p Problem) Error() string {
	where := p.File
	if p.Line > 0 {
		where += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		where += ": " + p.Path
	}
	return where + ": " + p.What
}

// Problems are all mistakes of a configuration, in the order of the file.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}
