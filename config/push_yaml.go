package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	pushVariable = "YISHI_PUSH"
	limitMost    = 1_000_000_000
	capMost      = 100
	fieldMost    = 200 // characters
)

var (
	templateShape = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
	wordShape     = regexp.MustCompile(`^[0-9A-Za-z_-]{1,40}$`)
)

// pushReader reads the push section and complains of all that is wrong with it.
type pushReader struct {
	complain func(n *yaml.Node, what string)
}

// readPush reads the section from where it is set: the environment, or else the YAML file.
// It returns nil where it is not set, or wrong.
func readPush(text string, section *yaml.Node, faults *Faults, checks []Check) *Push {
	source, before := fileVariable, len(*faults)
	if text != "" {
		source, section = pushVariable, parsePush(text, faults)
	}
	if section == nil {
		return nil
	}
	r := pushReader{complain: func(n *yaml.Node, what string) {
		faults.add(source, fmt.Sprintf("line %d: push: %s", n.Line, what))
	}}
	p := r.push(section)
	if len(*faults) > before {
		return nil
	}
	for _, check := range checks {
		for _, complaint := range check(p) {
			faults.add(source, "push: "+complaint)
		}
	}
	return &p
}

// parsePush reads the environment's text, YAML or JSON.
func parsePush(text string, faults *Faults) *yaml.Node {
	n, line, ok := document([]byte(text))
	if !ok {
		faults.add(pushVariable, "is not one document of YAML or JSON"+line)
	}
	return n
}

// pairs calls do for each key of a mapping, in its order.
func (r pushReader) pairs(n *yaml.Node, what string, do func(key, value *yaml.Node)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.complain(n, what+" must be lines of the form key: value")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode || !wordShape.MatchString(k.Value):
			r.complain(k, what+" has a key that is none")
		case seen[k.Value]:
			r.complain(k, what+": "+k.Value+" is there twice")
		default:
			seen[k.Value] = true
			do(k, v)
		}
	}
}

// fields hands the value of each key to its reader; others are unknown.
func (r pushReader) fields(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	r.pairs(n, what, func(k, v *yaml.Node) {
		read, ok := known[k.Value]
		if !ok {
			r.complain(k, what+": unknown "+k.Value+meant(k.Value, names))
			return
		}
		read(v)
	})
}

func (r pushReader) push(n *yaml.Node) Push {
	p := DefaultPush()
	r.fields(n, "section", map[string]func(*yaml.Node){
		"customer":   func(v *yaml.Node) { r.flag(v, "customer", &p.Customer) },
		"weekly_cap": func(v *yaml.Node) { r.number(v, "weekly_cap", capMost, &p.WeeklyCap) },
		"limits": func(v *yaml.Node) {
			r.pairs(v, "limits", func(k, v *yaml.Node) { r.limit(k, v, p.Limits) })
		},
		"kinds": func(v *yaml.Node) {
			r.pairs(v, "kinds", func(k, v *yaml.Node) { p.Kinds[k.Value] = r.kind(v, k.Value) })
		},
	})
	return p
}

func (r pushReader) limit(k, v *yaml.Node, limits map[string]PushLimit) {
	api := k.Value
	l, ok := limits[api]
	if !ok {
		r.complain(k, "limits: unknown "+api+"; want customer, notice or template")
		return
	}
	r.fields(v, "limits of "+api, map[string]func(*yaml.Node){
		"second": func(v *yaml.Node) { r.number(v, api+": second", limitMost, &l.Second) },
		"minute": func(v *yaml.Node) { r.number(v, api+": minute", limitMost, &l.Minute) },
		"day":    func(v *yaml.Node) { r.number(v, api+": day", limitMost, &l.Day) },
	})
	limits[api] = l
}

func (r pushReader) kind(n *yaml.Node, name string) PushKind {
	var k PushKind
	r.fields(n, name, map[string]func(*yaml.Node){
		"template": func(v *yaml.Node) { k.Template = r.template(v, name+" by template", false) },
		"notice":   func(v *yaml.Node) { k.Notice = r.template(v, name+" by notice", true) },
	})
	return k
}

func (r pushReader) template(n *yaml.Node, what string, notice bool) *PushTemplate {
	t := &PushTemplate{}
	known := map[string]func(*yaml.Node){
		"id": func(v *yaml.Node) {
			if t.ID = v.Value; v.Kind != yaml.ScalarNode || !templateShape.MatchString(t.ID) {
				r.complain(v, what+": id is not 1 to 64 letters, digits, _ and -")
			}
		},
		"fields": func(v *yaml.Node) {
			r.pairs(v, what+": fields", func(k, v *yaml.Node) { t.Fields = append(t.Fields, r.field(k, v, what)) })
		},
	}
	if notice {
		known["long_term"] = func(v *yaml.Node) { r.flag(v, what+": long_term", &t.LongTerm) }
	}
	r.fields(n, what, known)
	switch {
	case t.ID == "":
		r.complain(n, what+": id is missing")
	case len(t.Fields) == 0:
		r.complain(n, what+": fields are missing")
	}
	return t
}

// field reads "thing1: title", or more about it.
func (r pushReader) field(k, v *yaml.Node, what string) PushField {
	f := PushField{Name: k.Value}
	what += ": " + f.Name
	if v.Kind == yaml.ScalarNode {
		f.From = v.Value
	} else {
		r.fields(v, what, map[string]func(*yaml.Node){
			"from":   func(v *yaml.Node) { f.From = v.Value },
			"kind":   func(v *yaml.Node) { f.Kind = v.Value },
			"max":    func(v *yaml.Node) { r.number(v, what+": max", fieldMost, &f.Max) },
			"values": func(v *yaml.Node) { r.list(v, what+": values", &f.Values) },
		})
	}
	if !wordShape.MatchString(f.From) {
		r.complain(v, what+": want the name of what it is filled with")
	}
	return f
}

func (r pushReader) flag(n *yaml.Node, what string, to *bool) {
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		r.complain(n, what+" must be true or false")
		return
	}
	*to = n.Value == "true"
}

func (r pushReader) number(n *yaml.Node, what string, most int, to *int) {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || i < 0 || i > most {
		r.complain(n, fmt.Sprintf("%s must be a number from 0 to %d", what, most))
		return
	}
	*to = i
}

func (r pushReader) list(n *yaml.Node, what string, to *[]string) {
	for _, v := range n.Content {
		if v.Kind == yaml.ScalarNode && strings.TrimSpace(v.Value) != "" {
			*to = append(*to, v.Value)
		}
	}
	if n.Kind != yaml.SequenceNode || len(*to) != len(n.Content) || len(*to) == 0 {
		r.complain(n, what+" must be a list of words")
	}
}
