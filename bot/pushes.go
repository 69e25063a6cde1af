package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"yishi/bot/push"
	"yishi/bot/wechat"
	"yishi/config"
	"yishi/flows"
	"yishi/flows/civic"
)

// checkPushes finds what can never go well with the configured templates: kinds and fields that
// do not exist, and fields that cannot hold what they are filled with.
func checkPushes(p config.Push) []string {
	known := map[string]flows.TellKind{}
	for _, k := range flows.TellKinds() {
		known[k.Name] = k
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(p.Kinds)) {
		kind, ok := known[name]
		if !ok {
			all = append(all, "unknown kind "+name+"; there are "+strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			continue
		}
		if t := p.Kinds[name].Template; t != nil {
			all = append(all, checkTemplate(kind, name+" by template: ", t)...)
		}
		if t := p.Kinds[name].Notice; t != nil {
			all = append(all, checkTemplate(kind, name+" by notice: ", t)...)
		}
	}
	return all
}

func checkTemplate(kind flows.TellKind, what string, t *config.PushTemplate) []string {
	var all []string
	for _, f := range t.Fields {
		switch {
		case f.Kind != "" && wechat.KindOf(f.Kind) == "":
			all = append(all, what+f.Name+": the platform has no such kind of field")
		case f.Kind == "" && wechat.KindOf(f.Name) == "":
			all = append(all, what+f.Name+": does not begin with a kind of field, such as thing; set its kind")
		}
		if !slices.Contains(kind.Fields, f.From) {
			all = append(all, what+f.Name+": there is no "+f.From+"; there are "+strings.Join(kind.Fields, ", "))
		}
	}
	if len(all) > 0 {
		return all
	}
	text, err := render(kind.Name, kind.Sample, false)
	if err == nil {
		err = wechat.CheckFields(fieldsOf(t), fill(t, text))
	}
	if err != nil {
		all = append(all, what+"can never be sent: "+err.Error())
	}
	return all
}

// render makes the text of a push.
func render(kind string, args json.RawMessage, midStep bool) (push.Text, error) {
	t, err := flows.Tell(kind, args, midStep)
	if err != nil {
		return push.Text{}, fmt.Errorf("render %s: %w", kind, err)
	}
	return push.Text{Plain: t.Plain, Media: t.Media, Fields: t.Fields}, nil
}

// meansOf says by which ways deliveries may go, as they are configured.
func meansOf(p config.Push, zone *time.Location) func(civic.Delivery) civic.Means {
	weekly := p.WeeklyCap
	if weekly == 0 {
		weekly = -1 // none
	}
	return func(d civic.Delivery) civic.Means {
		m := civic.Means{Customer: p.Customer, Zone: zone, WeeklyCap: weekly}
		k := p.Kinds[d.Kind]
		if k.Notice != nil {
			m.Notice = k.Notice.ID
		}
		if k.Template != nil {
			m.Template = k.Template.ID
		}
		return m
	}
}

// routesOf are the ways to reach out that the account has, in the order of the ladder.
func routesOf(p config.Push) []civic.Route {
	notice, template := false, false
	for _, k := range p.Kinds {
		notice, template = notice || k.Notice != nil, template || k.Template != nil
	}
	var routes []civic.Route
	for _, r := range []struct {
		route civic.Route
		on    bool
	}{{civic.ByCustomer, p.Customer}, {civic.ByNotice, notice}, {civic.ByTemplate, template}} {
		if r.on {
			routes = append(routes, r.route)
		}
	}
	return routes
}

// limitsOf are the meter's.
func limitsOf(p config.Push) map[string]push.Limit {
	limits := make(map[string]push.Limit, len(p.Limits))
	for api, l := range p.Limits {
		limits[api] = push.Limit{Second: l.Second, Minute: l.Minute, Day: l.Day}
	}
	return limits
}
