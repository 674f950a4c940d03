package config

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"

	"prober/probes"
)

// schema is a JSON Schema, of draft-07 since that is what editors' YAML
// servers read.
type schema map[string]any

// A shape makes a schema when one is asked for; reading a probe needs none.
type shape func() schema

// Schema returns the JSON Schema of a configuration, made from the same tables
// that read it.
func Schema(kinds []probes.Kind) ([]byte, error) {
	r := &reader{Options: Options{Kinds: kinds}, problems: &Problems{}}
	root := mappingOf(func() keys { return r.mainKeys(&Config{}, &mainFile{}) })()
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "prober"
	text, err := json.MarshalIndent(root, "", "  ")
	return append(text, '\n'), err
}

// A value may always be a text, since ${…} may stand for it.
func aDuration() schema {
	return schema{"type": "string", "pattern": `^([0-9.]+(ns|us|µs|ms|s|m|h))+$|^[0-9]+d$|^0$|\$`}
}

func someLimits() schema {
	return entriesOf(func() schema { return schema{"type": []string{"string", "number"}} })()
}

func aText(rule *regexp.Regexp) shape {
	return func() schema {
		s := schema{"type": []string{"string", "number", "boolean"}}
		if rule != nil {
			s["pattern"] = rule.String() + `|\$`
		}
		return s
	}
}

func aCount(least, most int) shape {
	return func() schema {
		return schema{"type": []string{"integer", "string"}, "minimum": least, "maximum": most}
	}
}

func listOf(item shape) shape {
	return func() schema { return schema{"type": "array", "items": item()} }
}

func entriesOf(value shape) shape {
	return func() schema { return schema{"type": "object", "additionalProperties": value()} }
}

func mappingOf(known func() keys) shape {
	return func() schema {
		properties := schema{}
		for name, k := range known() {
			property := k.schema()
			property["description"] = k.doc
			properties[name] = property
		}
		return schema{"type": "object", "properties": properties, "patternProperties": schema{"^x-": true}, "additionalProperties": false}
	}
}

// probeSchema is that of one probe: exactly one kind, and limits of the values
// that this kind has.
func (r *reader) probeSchema() schema {
	s := mappingOf(func() keys { return r.probeKeys(&probeBlock{}) })()
	s["required"] = []string{"name"}
	var oneOf, perKind []schema
	for _, kind := range r.Kinds {
		var names []string
		for _, spec := range kind.Settings().Values() {
			names = append(names, spec.Name)
		}
		slices.Sort(names)
		limits := schema{"propertyNames": schema{"enum": names}}
		has := schema{"required": []string{kind.Name}}
		oneOf = append(oneOf, has)
		perKind = append(perKind, schema{"if": has, "then": schema{"properties": schema{"warn": limits, "crit": limits}}})
	}
	s["oneOf"], s["allOf"] = oneOf, perKind
	return s
}

// shapeOf is that of a field of a kind's settings.
func shapeOf(t reflect.Type) shape {
	switch t.Kind() {
	case reflect.String:
		return aText(nil)
	case reflect.Bool:
		return func() schema { return schema{"type": "boolean"} }
	case reflect.Int, reflect.Int64:
		return func() schema { return schema{"type": "integer"} }
	case reflect.Slice:
		return listOf(shapeOf(t.Elem()))
	}
	return func() schema { return schema{} }
}
