package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"prober/probes/kinds"
)

const schemaFile = "../docs/reference/prober.schema.json"

func TestCommittedSchemaIsCurrent(t *testing.T) {
	text, err := Schema(kinds.All())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, schemaFile, string(text))
}

// golden compares with a committed file, or makes it anew.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (made anew with UPDATE_GOLDEN=1): %s", file, diff)
	}
}

func compiled(t testing.TB) *jsonschema.Schema {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("prober", doc); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("prober")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The schema is an oracle for what the reader accepts: all of it must be valid
// there, too. (What it refuses may be valid: a schema cannot see duplicate
// names or a crit milder than its warn.)
func TestSchemaTakesWhatTheReaderTakes(t *testing.T) {
	s := compiled(t)
	texts := []string{whole, "x-often: &often {interval: 5s}\nprobes: [{<<: *often, name: a, tcp: {address: 'h:1'}, warn: {connect: 300ms}}]\n"}
	for _, block := range yamlBlocks(t) {
		texts = append(texts, block.text)
	}
	for _, text := range texts {
		if _, err := Parse("prober.yaml", []byte(text), Options{Kinds: kinds.All(), NoSecrets: true}); err != nil {
			t.Errorf("the reader refuses\n%s\n%v", text, err)
			continue
		}
		if err := s.Validate(decoded(t, text)); err != nil {
			t.Errorf("the schema refuses\n%s\n%v", text, err)
		}
	}
}

func TestSchemaRefusesWhatEditorsShouldMark(t *testing.T) {
	s := compiled(t)
	for _, text := range []string{
		"probez: []", "probes: [{name: a}]", "probes: [{name: a, tcp: {adress: x}}]", "probes: [{name: A, tcp: {address: x}}]",
		"probes: [{name: a, tcp: {address: x}, warn: {conect: 1s}}]", "defaults: {interval: soon}", "defaults: {max_check_attempts: 11}",
		"mackerel: {p: {api_key: k, service: x}}", "include: x",
	} {
		if err := s.Validate(decoded(t, text)); err == nil {
			t.Errorf("the schema takes %s", text)
		}
	}
}

func decoded(t *testing.T, text string) any {
	var doc any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

type yamlBlock struct{ where, text string }

var fenced = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// yamlBlocks are the YAML blocks of all documents.
func yamlBlocks(t *testing.T) []yamlBlock {
	var blocks []yamlBlock
	for _, pattern := range []string{"../*.md", "../docs/*/*.md", "../examples/*/README.md", "../probes/*/README.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
				blocks = append(blocks, yamlBlock{file, block[1]})
			}
		}
	}
	return blocks
}

func TestYAMLOfTheDocumentsIsValid(t *testing.T) {
	blocks := yamlBlocks(t)
	if len(blocks) < 3 {
		t.Fatalf("only %d blocks of YAML in the documents", len(blocks))
	}
	for _, block := range blocks {
		if _, err := Parse(block.where, []byte(block.text), Options{Kinds: kinds.All(), NoSecrets: true}); err != nil {
			t.Errorf("%s:\n%s\n%v", block.where, block.text, err)
		}
	}
}

// The tables of the reference are made from the tables that read.
func TestReferenceIsCurrent(t *testing.T) {
	const file = "../docs/reference/configuration.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{Options: options, problems: &Problems{}}
	tables := map[string]keys{
		"file": r.mainKeys(&Config{}, &mainFile{}), "mackerel": r.destinationKeys(&Destination{}, nil),
		"environments": r.environmentKeys(&Environment{}, nil), "probe": r.probeKeys(&probeBlock{}),
	}
	for _, kind := range kinds.All() {
		tables[kind.Name] = r.settingsKeys(kind.Settings())
	}
	got := string(text)
	for name, known := range tables {
		begin, end := fmt.Sprintf("<!-- keys of %s -->\n", name), "<!-- end -->"
		before, rest, found := strings.Cut(got, begin)
		_, after, ended := strings.Cut(rest, end)
		if !found || !ended {
			t.Errorf("%s has no place %q", file, begin)
			continue
		}
		got = before + begin + table(known) + end + after
	}
	golden(t, file, got)
}

func table(known keys) string {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	text := "| key | meaning |\n|---|---|\n"
	for _, name := range names {
		text += fmt.Sprintf("| `%s` | %s |\n", name, known[name].doc)
	}
	return text
}
