package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one mistake in a configuration.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // from 1; 0 when it has no place
	Column int    `json:"column"`
	Path   string `json:"path"`    // of the key: "probes[2].tcp.address"
	What   string `json:"problem"` // what is wrong, what was expected
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

// sort keeps the order of the files, the main one first.
func (p Problems) sort() {
	order := map[string]int{}
	for _, problem := range p {
		if _, seen := order[problem.File]; !seen {
			order[problem.File] = len(order)
		}
	}
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}
