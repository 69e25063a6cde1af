package main

import (
	"time"

	"yishi/flows/civic"
	"yishi/store"
)

// sampleCommunities are those of the demo, the one with the sample needs first.
func sampleCommunities() []store.NewCommunity {
	return []store.NewCommunity{
		{
			Code: "钮", Name: "钮家巷社区", Phone: "0512-5550-1801", Hours: "每天 9:00–17:00",
			Estates: []string{"凤凰新村", "菉葭巷", "河沿小区", "凤池弄"},
		},
		{Code: "平", Name: "平桥社区", Phone: "0512-5550-1802", Hours: "工作日 9:00–17:00", Estates: []string{"平桥新村", "菉葭巷东"}},
	}
}

// sampleNeed is a need that was raised before the demo begins, and what became of it.
type sampleNeed struct {
	Category civic.Category
	Text     string
	Place    string
	Urgent   bool
	Aunt     bool          // raised by 李阿姨; else by a neighbour
	Age      time.Duration // since it was raised
	Public   bool
	Heat     int             // neighbours that endorse it
	State    civic.NeedState // "": it waits
	Reason   civic.Reason    // of a decline
	Words    string          // of a decline or a handing on
	Duty     string          // whose it is, where it was handed on
	Into     int             // where it goes on, among the sample needs
	Plea     string          // against a decline or a merge
	Question string          // to its author
}

const day = 24 * time.Hour

// sampleNeeds are the oldest first: those that wait, that like ones are found and triage has work;
// then one or more in each other state.
func sampleNeeds() []sampleNeed {
	return append([]sampleNeed{
		{Category: civic.SelfManagement, Text: "凤池弄河边装一排晾衣架，别再到处拉绳子", Place: "凤池弄河边", Age: 12 * day, Public: true, Heat: 12},
		{Category: civic.Environment, Text: "小公园里两盏灯不亮，晚上看不清路", Place: "街心小公园", Age: 11 * day, Public: true, Heat: 9},
		{Category: civic.SelfManagement, Text: "给三十户人家的电动车搭个车棚，装上充电桩", Place: "凤凰新村北门", Age: 10 * day, Public: true, Heat: 21, State: civic.NeedAccepted},
		{Category: civic.Environment, Text: "老井的井盖松了，要清一清再盖好", Place: "菉葭巷口", Urgent: true, Age: 8 * day, Public: true, Heat: 5},
		{Category: civic.Environment, Text: "3幢楼道里堆满旧家具，走路都碰头", Place: "凤凰新村3幢", Aunt: true, Age: 6 * day, Public: true, Heat: 7, Question: "旧家具是哪一层的？知道是谁家的吗？"},
		{Category: civic.Elderly, Text: "想要五张长椅，买菜回来能歇歇脚", Place: "河沿小区门口", Age: 5 * day, Public: true, Heat: 15},
		{Category: civic.Youth, Text: "放学以后孩子没有地方写作业", Place: "社区服务站", Age: 4 * day, Public: true, Heat: 11},
		{Category: civic.Elderly, Text: "教爷爷奶奶用平板，能挂号、能视频", Place: "社区服务站", Age: 3 * day, Public: true, Heat: 8},
	}, sampleDecided()...)
}

// sampleDecided are sample needs that staff have looked at, and three that nobody has.
func sampleDecided() []sampleNeed {
	return []sampleNeed{
		{
			Category: civic.Environment, Text: "马路对面的公交站没有雨棚，下雨没处躲", Place: "菉葭巷口公交站", Age: 9 * day, Public: true, Heat: 6,
			State: civic.NeedHanded, Duty: "公交公司 0512-5550-1900", Words: "已经把大家的话转过去，两周内会有答复。",
		},
		{
			Category: civic.Elderly, Text: "河沿小区门口加两把椅子", Place: "河沿小区", Age: 4 * day, Public: true, Heat: 3,
			State: civic.NeedMerged, Into: 5, Plea: "我要的是带靠背的椅子，不是长椅。",
		},
		{
			Category: civic.SelfManagement, Text: "给每家每户发一台洗碗机", Place: "钮家巷社区", Age: 7 * day, Public: true, Heat: 1,
			State: civic.NeedDeclining, Reason: civic.ReasonCost, Words: "六十户要二十多万，超出了今年的钱。",
		},
		{
			Category: civic.Environment, Text: "把门口的马路改成步行街", Place: "钮家巷", Age: 8 * day, Public: true, Heat: 2,
			State: civic.NeedDeclined, Reason: civic.ReasonDuty, Words: "马路由交通部门管，社区改不了。",
		},
		{
			Category: civic.Youth, Text: "在5幢楼顶给孩子搭个篮球场", Place: "凤凰新村5幢", Age: 8 * day, Public: true, Heat: 4,
			State: civic.NeedAppealed, Reason: civic.ReasonInfeasible, Words: "楼顶承重不够，不安全。", Plea: "楼顶不行的话，能不能放到河边空地上？",
		},
		{Category: civic.Culture, Text: "周末在小公园放露天电影", Place: "街心小公园", Age: 5 * day, Public: true, State: civic.NeedWithdrawn},
		{Category: civic.Culture, Text: "想成立一个评弹小组，每周六下午唱一唱", Place: "社区服务站", Age: 2 * day},
		{Category: civic.Environment, Text: "7幢后面的垃圾桶夏天太臭，能不能勤收一次", Place: "菉葭巷7幢", Age: 26 * time.Hour},
		{Category: civic.Elderly, Text: "二楼张大爷腿脚不便，楼梯想装个扶手", Place: "河沿小区1幢", Age: 3 * time.Hour},
	}
}
