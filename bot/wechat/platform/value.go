package platform

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The patterns of the kinds of values, as the platform's table of template parameters words
// them; lengths are in characters.
const (
	clockPattern = `([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?`
	datePattern  = `\d{4}(年(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])日|-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])|/(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01]))`
	pointPattern = `(` + datePattern + `\s*)?` + clockPattern
	dayPattern   = datePattern + `(\s*` + clockPattern + `)?`
)

var valuePatterns = map[string]*regexp.Regexp{
	"thing":            regexp.MustCompile(`^.{1,20}$`),
	"short_thing":      regexp.MustCompile(`^.{1,5}$`), // not documented
	"number":           regexp.MustCompile(`^\d{1,32}$|^\d{1,30}\.\d{1,30}$`),
	"letter":           regexp.MustCompile(`^[A-Za-z]{1,32}$`),
	"symbol":           regexp.MustCompile(`^[^\pL\pN]{1,5}$`),
	"character_string": regexp.MustCompile(`^[ -~]{1,32}$`),
	"time":             regexp.MustCompile(`^` + pointPattern + `(\s*~\s*` + pointPattern + `)?$`),
	"date":             regexp.MustCompile(`^` + dayPattern + `(\s*~\s*(` + dayPattern + `|` + clockPattern + `))?$`),
	"amount":           regexp.MustCompile(`^[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?$`),
	"phone_number":     regexp.MustCompile(`^[-+()*# \d]{1,17}$`),
	"car_number":       regexp.MustCompile(`^[\p{Han}A-Za-z\d][A-Za-z\d]{1,6}[\p{Han}A-Za-z\d]$`),
	"name":             regexp.MustCompile(`^[A-Za-z][A-Za-z .·'-]{0,19}$|^[^\pN]{1,10}$`),
	"phrase":           regexp.MustCompile(`^\p{Han}{1,5}$`),
}

// accepts says whether a value may stand in the field.
func (f *TemplateField) accepts(v string) bool {
	if strings.TrimSpace(v) == "" || !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl) {
		return false
	}
	kind := f.Kind
	if kind == "" {
		kind = strings.TrimRight(f.Name, "0123456789")
	}
	switch kind {
	case "enum", "const":
		return slices.Contains(f.Values, v)
	case "number":
		if strings.Contains(v, ".") && len(v) > 33 { // 32 digits
			return false
		}
	}
	pattern := valuePatterns[kind]
	return pattern == nil || pattern.MatchString(v)
}
