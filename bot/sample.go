package main

import (
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

// sampleNeeds have been raised and released before the demo begins, so that like ones are found.
func sampleNeeds() []civic.Need {
	return []civic.Need{
		{Category: civic.SelfManagement, Text: "凤池弄河边装一排晾衣架，别再到处拉绳子", Place: civic.Place{Text: "凤池弄河边"}, Heat: 12},
		{Category: civic.Environment, Text: "小公园里两盏灯不亮，晚上看不清路", Place: civic.Place{Text: "街心小公园"}, Heat: 9},
		{Category: civic.SelfManagement, Text: "给三十户人家的电动车搭个车棚，装上充电桩", Place: civic.Place{Text: "凤凰新村北门"}, Heat: 21},
		{Category: civic.Environment, Text: "老井的井盖松了，要清一清再盖好", Place: civic.Place{Text: "菉葭巷口"}, Heat: 5},
		{Category: civic.Environment, Text: "3幢楼道里堆满旧家具，走路都碰头", Place: civic.Place{Text: "凤凰新村3幢"}, Heat: 7},
		{Category: civic.Elderly, Text: "想要五张长椅，买菜回来能歇歇脚", Place: civic.Place{Text: "河沿小区门口"}, Heat: 15},
		{Category: civic.Youth, Text: "放学以后孩子没有地方写作业", Place: civic.Place{Text: "社区服务站"}, Heat: 11},
		{Category: civic.Elderly, Text: "教爷爷奶奶用平板，能挂号、能视频", Place: civic.Place{Text: "社区服务站"}, Heat: 8},
	}
}
