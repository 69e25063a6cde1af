package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const yamlMost = 1 << 20 // bytes of the YAML file

// where finds the line in the YAML library's errors, which also quote what stands there.
var where = regexp.MustCompile(`line \d+`)

// readFile returns the YAML file's values by their paths, such as wechat.appid, and its push
// section, nil where there is none. Complaints tell lines and the names of keys, never values.
func readFile(path string, vars []variable, faults *Faults) (values map[string]string, push *yaml.Node) {
	values = map[string]string{}
	if path == "" {
		return values, nil
	}
	b, complaint := readUpTo(path, yamlMost)
	if complaint != "" {
		faults.add(fileVariable, complaint)
		return values, nil
	}
	doc, line, ok := document(b)
	if !ok {
		faults.add(fileVariable, "is not one document of YAML"+line)
		return values, nil
	}
	if doc == nil {
		return values, nil // nothing but comments
	}
	r := reader{values: values, faults: faults}
	for _, v := range vars {
		r.known = append(r.known, v.key())
		if v.secret != nil {
			r.known = append(r.known, v.key()+strings.ToLower(ofFile))
		}
	}
	r.read(doc, "")
	return values, r.push
}

// document reads the one document of b, nil when there is none. Where it is not ok, line tells
// the place, with a comma before it, if it is known.
func document(b []byte) (n *yaml.Node, line string, ok bool) {
	d := yaml.NewDecoder(bytes.NewReader(b))
	var doc yaml.Node
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, "", true
	}
	if err == nil {
		if again := d.Decode(&yaml.Node{}); errors.Is(again, io.EOF) {
			return doc.Content[0], "", true
		}
		return nil, "", false
	}
	if line = where.FindString(err.Error()); line != "" {
		line = ", " + line
	}
	return nil, line, false
}

type reader struct {
	known  []string
	values map[string]string
	faults *Faults
	push   *yaml.Node
}

func (r *reader) complain(n *yaml.Node, what string) {
	r.faults.add(fileVariable, fmt.Sprintf("line %d: %s", n.Line, what))
}

// read takes the keys of one mapping, those of wechat with their prefix.
func (r *reader) read(n *yaml.Node, prefix string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.complain(n, "want lines of the form key: value")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		path := prefix + k.Value
		switch {
		case seen[path]:
			r.complain(k, shown(path)+" is there twice")
		case path == "wechat":
			r.read(v, "wechat.")
		case path == "push" && v.Kind != yaml.ScalarNode:
			r.push = v
		case !slices.Contains(r.known, path):
			r.complain(k, "unknown "+shown(path)+meant(path, r.known))
		case v.Kind != yaml.ScalarNode:
			r.complain(v, shown(path)+" must be one plain value")
		case v.Tag != "!!null":
			r.values[path] = v.Value
		}
		seen[path] = true
	}
}

var keyShape = regexp.MustCompile(`^[a-z_.]{1,40}$`)

// shown is the key's name, unless it looks like a value that slipped to the left.
func shown(key string) string {
	if keyShape.MatchString(key) {
		return key
	}
	return "key"
}
