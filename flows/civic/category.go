package civic

// Category is one of the five fixed kinds of need, or Unsure. Values are stored.
type Category string

// The five categories 类别 and the answer 说不清, which staff classify.
const (
	Elderly        Category = "elderly"         // 为老服务
	Culture        Category = "culture"         // 文化服务
	Environment    Category = "environment"     // 环境卫生
	SelfManagement Category = "self-management" // 自治管理
	Youth          Category = "youth"           // 青少年服务
	Unsure         Category = "unsure"          // 说不清
)

// Categories lists the kinds in the order residents see them, Unsure last.
func Categories() []Category {
	return []Category{Elderly, Culture, Environment, SelfManagement, Youth, Unsure}
}

// String is the category's Chinese name.
func (c Category) String() string {
	switch c {
	case Elderly:
		return "为老服务"
	case Culture:
		return "文化服务"
	case Environment:
		return "环境卫生"
	case SelfManagement:
		return "自治管理"
	case Youth:
		return "青少年服务"
	case Unsure:
		return "说不清"
	}
	return string(c)
}
