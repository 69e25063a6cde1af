package civic

// RollRow is one person of a roll 名册 as its reader hands it out: trimmed, narrow, and with
// building, unit and room in the form of [Building], [Unit] and [Room]. Absent columns are "".
type RollRow struct {
	Line      int    // of the file, from 1, as a spreadsheet or an editor counts
	Street    string // 街道
	Community string // 社区
	Estate    string // 小区
	Grid      string // 网格
	Building  string // 幢
	Unit      string // 单元; "" where a building has none
	Room      string // 室
	Name      string // 姓名
	Phone     string // 手机, digits only: 11, or a landline with its area code; "" for people on paper only
	Code      string // 编号, the community's own number of the person
	Note      string // 备注
}

// Door is the key of the row's household within its estate, see [DoorKey].
func (r RollRow) Door() string { return DoorKey(r.Building, r.Unit, r.Room) }

// The greatest lengths of a roll's texts, in runes. The tables hold no more.
const (
	MaxName  = 40  // 姓名
	MaxDoor  = 20  // 幢, 单元 and 室, each
	MaxPlace = 60  // 街道, 社区, 小区 and 网格, each
	MaxNote  = 200 // 备注
	MaxCode  = 40  // 编号
)

// RollFault is what is wrong with one row of a roll, or, with Line 0, with the file as a whole.
// Reason is a sentence for staff that never contains a name, a phone or any other value of a cell, so that lists
// of faults may be kept and passed on.
type RollFault struct {
	Line   int    // 0: the whole file
	Column string // as the roll's own words call it, such as 手机; "" when the row or file is meant
	Reason string // Chinese, with its full stop
}
