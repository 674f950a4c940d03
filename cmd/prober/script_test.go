package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain is also the program itself, for the scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"prober": func() { os.Exit(execute(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// The scripts in testdata/script are what a person types.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
