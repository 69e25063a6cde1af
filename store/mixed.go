package store

import (
	"errors"
	"reflect"

	"yishi/flows/civic"
)

// errMixed says that a turn would act for staff and as a resident at once.
var errMixed = errors.New("commit: effects of staff and of a resident in one turn")

// mixed refuses a turn that acts in an office and as a resident at once: nobody's office is to lend
// weight to what they want as a neighbour, nor the other way round. Effects of staff have a field By;
// those of residents an Account, but for the few that are neither's.
func mixed(effects []any) error {
	staff, resident := false, false
	for _, e := range effects {
		switch e.(type) {
		case civic.MakePush, civic.ArmTimer, civic.CancelTimer, civic.FireTimer, civic.KeepMedia, civic.ReadInbox:
			continue
		}
		v := reflect.ValueOf(e)
		if v.Kind() != reflect.Struct {
			continue
		}
		if by := v.FieldByName("By"); by.IsValid() && by.Type() == reflect.TypeFor[civic.By]() {
			staff = true
			continue
		}
		resident = resident || v.FieldByName("Account").IsValid()
	}
	if staff && resident {
		return errMixed
	}
	return nil
}
