package config

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// TestCorpusOfMistakes reads testdata/mistakes.txt: after "=== name" a
// configuration, after "---" what is said of it. Every mistake has its line
// and column, or is of the file as a whole; and every one is said to be in
// words.
func TestCorpusOfMistakes(t *testing.T) {
	const file = "testdata/mistakes.txt"
	corpus, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	cases := strings.Split(string(corpus), "=== ")[1:]
	if len(cases) < 60 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		name, rest, _ := strings.Cut(c, "\n")
		text, _, found := strings.Cut(rest, "--- \n")
		if !found {
			t.Fatalf("%s has no end", name)
		}
		_, err := Parse("f", []byte(text), options)
		problems, ok := errors.AsType[Problems](err)
		if !ok || len(problems) == 0 {
			t.Errorf("%s: taken, or refused without a place: %v", name, err)
			continue
		}
		for _, p := range problems {
			if whole := strings.Contains(p.What, "is empty") || strings.Contains(p.What, "is not YAML"); !whole && (p.Line < 1 || p.Column < 1) {
				t.Errorf("%s: no place: %v", name, p)
			}
		}
		got.WriteString("=== " + name + "\n" + text + "--- \n" + problems.Error() + "\n")
	}
	golden(t, file, got.String())
}
