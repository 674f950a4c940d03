// Package bench measures the whole program as a process, beside a bare loop of
// Go that does the same work, in one run: see bench_test.go and make bench.
package bench
