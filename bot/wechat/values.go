package wechat

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FieldKind is what the platform lets a template's field hold. A field's name is its kind with
// a number behind it, such as thing1.
type FieldKind string

// The kinds of fields; see
// https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html.
const (
	Thing           FieldKind = "thing"            // any text, 20 characters
	ShortThing      FieldKind = "short_thing"      // any text; its limit is not documented, 5 unless Max says more
	Number          FieldKind = "number"           // 32 digits, with a decimal point
	Letter          FieldKind = "letter"           // 32 letters
	Symbol          FieldKind = "symbol"           // 5 marks
	CharacterString FieldKind = "character_string" // 32 characters of ASCII
	Time            FieldKind = "time"             // 24 h, also with a date, or two of it with ~
	Date            FieldKind = "date"             // also with a time, or two of it with ~
	Amount          FieldKind = "amount"           // a currency sign, 10 digits, 元
	PhoneNumber     FieldKind = "phone_number"     // 17 digits and marks
	CarNumber       FieldKind = "car_number"       // 8 characters
	Name            FieldKind = "name"             // 10 characters, or 20 if they are letters
	Phrase          FieldKind = "phrase"           // 5 characters of Chinese
	Enum            FieldKind = "enum"             // one of Values; the platform calls some of them const
)

// Field is one field of a template.
type Field struct {
	Name   string
	Kind   FieldKind // "": any text that the platform might take
	Max    int       // characters, if fewer than the kind allows; 0: as many as it allows
	Values []string  // of an enum; none: not known, any short text
}

// FieldError says which value cannot be sent and why. It never holds the value.
type FieldError struct {
	Field string
	Max   int // characters, or bytes of a customer message's text; 0: not a matter of length
	Why   string
}

// Error names the field and its limit.
func (e *FieldError) Error() string {
	if e.Max == 0 {
		return fmt.Sprintf("field %s: %s", e.Field, e.Why)
	}
	return fmt.Sprintf("field %s: %s, at most %d", e.Field, e.Why, e.Max)
}

// fieldText names the content of a customer message.
const fieldText = "text"

// CheckText reports whether text can go into a customer message or a reply: it must say
// something, in at most 2,048 bytes of UTF-8. Its error is a *FieldError.
func CheckText(text string) error {
	if !visible(clean(text)) {
		return &FieldError{Field: fieldText, Why: "is empty"}
	}
	if len(clean(text)) > maxContent {
		return &FieldError{Field: fieldText, Max: maxContent, Why: "too many bytes"}
	}
	return nil
}

// CheckFields reports whether data fills exactly fields, each within its limits. Its error is a
// *FieldError, of the first field that is wrong.
func CheckFields(fields []Field, data map[string]string) error {
	names := make(map[string]bool, len(fields))
	for _, f := range fields {
		names[f.Name] = true
		v, ok := data[f.Name]
		if !ok {
			return &FieldError{Field: f.Name, Why: "has no value"}
		}
		if err := f.Check(v); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		if !names[name] {
			return &FieldError{Field: name, Why: "is not in the template"}
		}
	}
	return nil
}

// KindOf reads the kind from a field's name, such as thing of thing12; "" if there is no such kind.
func KindOf(name string) FieldKind {
	kind := FieldKind(strings.TrimRight(name, "0123456789"))
	switch kind {
	case Thing, ShortThing, Number, Letter, Symbol, CharacterString, Time, Date, Amount, PhoneNumber, CarNumber, Name, Phrase, Enum:
		return kind
	case "const":
		return Enum
	}
	return ""
}

// Check reports whether v may stand in the field. Its error is a *FieldError.
func (f Field) Check(v string) error {
	if err := checkPlain(f.Name, v); err != nil {
		return err
	}
	limit, why := f.limit(v)
	if limit > 0 && width(v) > limit {
		return &FieldError{Field: f.Name, Max: limit, Why: "too many characters"}
	}
	if !f.fits(v) {
		return &FieldError{Field: f.Name, Max: limit, Why: why}
	}
	return nil
}

// checkPlain refuses what no field may hold.
func checkPlain(name, v string) error {
	switch {
	case !utf8.ValidString(v):
		return &FieldError{Field: name, Why: "is not UTF-8"}
	case clean(v) != v || strings.ContainsFunc(v, unicode.IsControl):
		return &FieldError{Field: name, Why: "holds a line break or another control character"}
	case !visible(v):
		return &FieldError{Field: name, Why: "is empty"}
	}
	return nil
}

// visible reports whether anything of s can be seen.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '\u3164' })
}

// width counts characters as the platform may at worst: one beyond the first plane is two.
func width(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

// limit is how many characters v may have, 0 for any number, and what else its kind wants.
func (f Field) limit(v string) (limit int, why string) {
	switch f.Kind {
	case Thing:
		limit = 20
	case ShortThing:
		return max(f.Max, 5), ""
	case Number:
		limit, why = 32, "want digits"
	case Letter:
		limit, why = 32, "want letters"
	case Symbol:
		limit, why = 5, "want marks"
	case CharacterString:
		limit, why = 32, "want ASCII"
	case Time:
		limit, why = 40, "want a time such as 15:01 or 2019年10月1日 15:01"
	case Date:
		limit, why = 40, "want a date such as 2019年10月1日"
	case Amount:
		limit, why = 15, "want an amount such as ¥100.00 or 100元"
	case PhoneNumber:
		limit, why = 17, "want a phone number"
	case CarNumber:
		limit, why = 8, "want a car number"
	case Name:
		if limit = 10; onlyASCII(v) {
			limit = 20
		}
		why = "want a name without digits"
	case Phrase:
		limit, why = 5, "want Chinese characters"
	case Enum:
		limit, why = 20, "want one of its values"
	default:
		limit = 200
	}
	if f.Max > 0 {
		limit = min(limit, f.Max)
	}
	return limit, why
}

var (
	numberPattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	amountPattern = regexp.MustCompile(`^[¥￥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?元?$`)
	phonePattern  = regexp.MustCompile(`^[0-9+()*# -]*[0-9][0-9+()*# -]*$`)
	carPattern    = regexp.MustCompile(`^[\p{Han}A-Za-z0-9][A-Za-z0-9]+[\p{Han}A-Za-z0-9]$`)
)

// fits checks the characters of v, whose number is checked.
func (f Field) fits(v string) bool {
	switch f.Kind {
	case Number:
		return numberPattern.MatchString(v)
	case Letter:
		return only(v, func(r rune) bool { return r <= unicode.MaxASCII && unicode.IsLetter(r) })
	case Symbol:
		return only(v, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	case CharacterString:
		return onlyASCII(v)
	case Time:
		return moments(v, false)
	case Date:
		return moments(v, true)
	case Amount:
		return amountPattern.MatchString(v)
	case PhoneNumber:
		return phonePattern.MatchString(v)
	case CarNumber:
		return carPattern.MatchString(v)
	case Name:
		return only(v, func(r rune) bool { return !unicode.IsNumber(r) })
	case Phrase:
		return only(v, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	case Enum:
		return len(f.Values) == 0 || slices.Contains(f.Values, v)
	case Thing, ShortThing:
	}
	return true
}

func only(s string, ok func(rune) bool) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !ok(r) })
}

func onlyASCII(s string) bool {
	return only(s, func(r rune) bool { return r >= ' ' && r <= '~' })
}

// moments reads one point in time, or two with ~ between them. day says whether the date may
// not be missing; without day it is the time of day.
func moments(v string, day bool) bool {
	from, to, two := strings.Cut(v, "~")
	return moment(strings.TrimSpace(from), day) && (!two || moment(strings.TrimSpace(to), false) || moment(strings.TrimSpace(to), day))
}

func moment(v string, day bool) bool {
	if strings.ContainsAny(v, ".,") { // the parser takes a fraction of a second
		return false
	}
	clocks := []string{" 15:04", " 15:04:05"}
	if day {
		clocks = append(clocks, "")
	}
	for _, date := range []string{"2006年1月2日", "2006-1-2", "2006/1/2"} {
		for _, clock := range clocks {
			if isTime(date+clock, v) {
				return true
			}
		}
	}
	return !day && (isTime("15:04", v) || isTime("15:04:05", v))
}

func isTime(layout, v string) bool {
	_, err := time.Parse(layout, v)
	return err == nil
}

// errBadOpenID is an address that cannot be one of the platform's.
var errBadOpenID = errors.New("bad openid")
