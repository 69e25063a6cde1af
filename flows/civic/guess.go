package civic

import "strings"

// hints are words by which a need's category is guessed. A guess is only offered first.
var hints = []struct {
	category Category
	words    []string
}{
	{Elderly, []string{"老人", "老年", "独居", "助餐", "轮椅", "扶手", "养老", "爷爷", "奶奶", "送餐", "高龄", "理发"}},
	{Youth, []string{"孩子", "小孩", "儿童", "青少年", "学生", "作业", "放学", "暑假", "寒假", "托管", "游乐"}},
	{Culture, []string{"活动", "唱歌", "跳舞", "广场舞", "书", "阅览", "比赛", "兴趣班", "书法", "培训", "电影", "文化", "平板课"}},
	{Environment, []string{
		"垃圾", "卫生", "绿化", "树", "草", "污水", "下水道", "臭", "脏", "老鼠", "蚊", "路灯", "灯", "路面", "漏水",
		"井", "杂物", "堆", "扫", "坑", "凉亭", "栏杆", "小广告", "器材", "座椅", "长椅", "楼道",
	}},
	{SelfManagement, []string{"停车", "车位", "充电", "电动车", "电瓶车", "晾", "狗", "遛", "噪", "吵", "公约", "电梯", "加装", "门禁", "物业", "飞线", "占道"}},
}

// Guess returns the category most of whose words the text holds; "" if none does.
func Guess(text string) Category {
	best, most := Category(""), 0
	for _, h := range hints {
		n := 0
		for _, w := range h.words {
			if strings.Contains(text, w) {
				n++
			}
		}
		if n > most {
			best, most = h.category, n
		}
	}
	return best
}
