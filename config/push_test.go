package config_test

import (
	"reflect"
	"strings"
	"testing"

	"yishi/config"
)

const wholePush = `
customer: false
weekly_cap: 0
limits:
  customer: {second: 10, minute: 300, day: 400000}
  template: {day: 1000}
kinds:
  announce:
    template:
      id: T_1-a
      fields:
        thing1: title
        thing2: {from: content, max: 10}
    notice:
      id: N_1
      long_term: true
      fields:
        phrase3: {from: state, kind: enum, values: [已受理, 不予受理]}
`

func wantedPush() config.Push {
	return config.Push{
		Limits: map[string]config.PushLimit{"customer": {Second: 10, Minute: 300, Day: 400_000}, "template": {Day: 1000}, "notice": {}},
		Kinds: map[string]config.PushKind{"announce": {
			Template: &config.PushTemplate{ID: "T_1-a", Fields: []config.PushField{{Name: "thing1", From: "title"}, {Name: "thing2", From: "content", Max: 10}}},
			Notice: &config.PushTemplate{ID: "N_1", LongTerm: true, Fields: []config.PushField{
				{Name: "phrase3", From: "state", Kind: "enum", Values: []string{"已受理", "不予受理"}},
			}},
		}},
	}
}

// TestPushIsReadFromEverywhere finds the same section in the environment, as YAML and JSON, in a
// file that it names, and in the YAML file.
func TestPushIsReadFromEverywhere(t *testing.T) {
	json := `{"customer": false, "weekly_cap": 0, "limits": {"customer": {"second": 10, "minute": 300, "day": 400000}, "template": {"day": 1000}},
		"kinds": {"announce": {"template": {"id": "T_1-a", "fields": {"thing1": "title", "thing2": {"from": "content", "max": 10}}},
		"notice": {"id": "N_1", "long_term": true, "fields": {"phrase3": {"from": "state", "kind": "enum", "values": ["已受理", "不予受理"]}}}}}}`
	section := "push:\n" + strings.ReplaceAll(strings.TrimSpace(wholePush), "\n", "\n  ")
	section = strings.Replace(section, "push:\n", "push:\n  ", 1)
	for name, env := range map[string]map[string]string{
		"environment, YAML":       with("YISHI_PUSH", wholePush),
		"environment, JSON":       with("YISHI_PUSH", json),
		"file":                    with("YISHI_PUSH_FILE", write(t, wholePush)),
		"section":                 with("YISHI_CONFIG", write(t, section)),
		"file named by the other": with("YISHI_CONFIG", write(t, "push_file: "+write(t, wholePush))),
		"environment wins":        with("YISHI_PUSH", wholePush, "YISHI_CONFIG", write(t, "push:\n  weekly_cap: 9")),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := load(env, config.Serve)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Pushes(); !reflect.DeepEqual(got, wantedPush()) {
				t.Errorf("got %+v", got)
			}
		})
	}
	c, err := load(good(), config.Serve)
	if err != nil || !reflect.DeepEqual(c.Pushes(), config.DefaultPush()) || !c.Pushes().Customer || c.Pushes().Limits["customer"].Day != 500_000 {
		t.Errorf("not set: %+v, %v", c.Pushes(), err)
	}
}

// TestPushFaults names each fault by line, with the others, and never tells a value.
func TestPushFaults(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want []string
	}{
		"no mapping":       {"- a", []string{"line 1: push: section must be lines of the form key: value"}},
		"no YAML":          {"a: [", []string{"is not one document of YAML or JSON"}},
		"two documents":    {"a: 1\n---\nb: 2", []string{"is not one document of YAML or JSON"}},
		"unknown key":      {"weekly_cup: 3", []string{"line 1: push: section: unknown weekly_cup, did you mean weekly_cap?"}},
		"twice":            {"weekly_cap: 3\nweekly_cap: 3", []string{"line 2: push: section: weekly_cap is there twice"}},
		"no flag":          {"customer: yes", []string{"line 1: push: customer must be true or false"}},
		"no number":        {"weekly_cap: some", []string{"line 1: push: weekly_cap must be a number from 0 to 100"}},
		"too many":         {"weekly_cap: 101", []string{"weekly_cap must be"}},
		"below zero":       {"limits: {customer: {day: -1}}", []string{"customer: day must be"}},
		"unknown API":      {"limits: {mass: {day: 1}}", []string{"limits: unknown mass; want customer, notice or template"}},
		"unknown limit":    {"limits: {customer: {hour: 1}}", []string{"limits of customer: unknown hour"}},
		"unknown way":      {"kinds: {announce: {letter: {}}}", []string{"announce: unknown letter"}},
		"no id, no fields": {"kinds: {announce: {template: {}}}", []string{"announce by template: id is missing"}},
		"bad id":           {"kinds: {announce: {template: {id: 'geheim wort', fields: {thing1: title}}}}", []string{"announce by template: id is not"}},
		"no fields":        {"kinds: {announce: {notice: {id: n}}}", []string{"announce by notice: fields are missing"}},
		"template for long": {
			"kinds: {announce: {template: {id: n, long_term: true, fields: {thing1: title}}}}",
			[]string{"announce by template: unknown long_term"},
		},
		"filled with nothing": {"kinds: {announce: {template: {id: n, fields: {thing1: }}}}", []string{"thing1: want the name of what it is filled with"}},
		"bad values":          {"kinds: {announce: {template: {id: n, fields: {enum1: {from: state, values: 受理}}}}}", []string{"enum1: values must be a list of words"}},
		"several at once": {
			"weekly_cap: x\ncustomer: 7\nkinds:\n  announce:\n    template: {id: t, fields: {thing1: {form: title}}}",
			[]string{"line 1: push: weekly_cap", "line 2: push: customer", "line 5: push: announce by template: thing1: unknown form, did you mean from?", "line 5: push: announce by template: thing1: want"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := with("YISHI_PUSH", row.text, "YISHI_LOG", "loud")
			_, err := load(env, config.Serve)
			faults := faultsOf(t, err)
			if len(faults) != len(row.want)+1 || !strings.HasPrefix(faults[0], "YISHI_LOG: ") {
				t.Fatalf("faults %q", faults)
			}
			for i, want := range row.want {
				if f := faults[i+1]; !strings.HasPrefix(f, "YISHI_PUSH: ") || !strings.Contains(f, want) || strings.Contains(f, "geheim") {
					t.Errorf("fault %q, want %q", f, want)
				}
			}
		})
	}
}

// TestPushIsChecked has those who carry pushes out look at what could be read, and at nothing else.
func TestPushIsChecked(t *testing.T) {
	env, looked := with("YISHI_PUSH", wholePush), 0
	check := func(p config.Push) []string {
		looked++
		return []string{"no such kind " + p.Kinds["announce"].Template.ID[:1]}
	}
	get := func(k string) string { return env[k] }
	_, err := config.Load(get, nil, config.Nothing, check)
	if f := faultsOf(t, err); len(f) != 1 || f[0] != "YISHI_PUSH: push: no such kind T" {
		t.Errorf("faults %q", f)
	}
	env["YISHI_PUSH"] = "weekly_cap: x"
	if _, err := config.Load(get, nil, config.Nothing, check); err == nil || looked != 1 {
		t.Errorf("looked %d times, %v", looked, err)
	}
	delete(env, "YISHI_PUSH")
	if _, err := config.Load(get, nil, config.Nothing, check); err != nil || looked != 1 {
		t.Errorf("looked %d times, %v", looked, err)
	}
}
