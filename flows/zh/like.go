package zh

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Grams are the character pairs of a text, sorted, each once. They are what an index stores: a
// pair is two code points in one number, so it stays the same from one version to the next as
// long as the words of synonyms do.
type Grams []uint64

// GramsOf reduces a text to what it is about: folded, without small words and politeness, with
// one word for each thing (电瓶车, 电动车), and then the pairs of neighbouring characters. Pairs do not
// reach across punctuation. A stretch of a single character counts as itself.
func GramsOf(s string) Grams {
	t := reduce(flatten(s))
	g := make(Grams, 0, len(t)/3+1)
	prev, run := rune(0), 0
	end := func() {
		if run == 1 {
			g = append(g, uint64(prev)<<32)
		}
		run = 0
	}
	for _, r := range t {
		if r == ' ' {
			end()
			continue
		}
		if run > 0 {
			g = append(g, uint64(prev)<<32|uint64(r))
		}
		prev = r
		run++
	}
	end()
	slices.Sort(g)
	return slices.Compact(g)
}

// Shared is how many pairs two texts have in common.
func Shared(a, b Grams) int {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			n++
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return n
}

// Dice is the Dice coefficient: twice the shared pairs by all pairs, 0 to 1; 0 for an empty text.
func Dice(a, b Grams) float64 {
	if len(a)+len(b) == 0 {
		return 0
	}
	return 2 * float64(Shared(a, b)) / float64(len(a)+len(b))
}

// Alike is how much two texts ask for the same, 0 to 1. It is the Dice coefficient, or how much
// of the shorter text the longer one contains, whichever says more: people write the same need
// in three words or in thirty. Containment counts by its square, so that one chance pair says
// little, and less the fewer pairs the shorter text has: three in four at best for short ones.
func Alike(a, b Grams) float64 {
	short := min(len(a), len(b))
	if short == 0 {
		return 0
	}
	shared := float64(Shared(a, b))
	dice := 2 * shared / float64(len(a)+len(b))
	part := shared / float64(short)
	return max(dice, part*part*(0.8-0.2/float64(short)))
}

// Likeness is Alike for two texts.
func Likeness(a, b string) float64 { return Alike(GramsOf(a), GramsOf(b)) }

// reduce replaces synonyms and drops small words of a flat text; punctuation becomes a space.
func reduce(t string) string {
	var b strings.Builder
	b.Grow(len(t))
	for i := 0; i < len(t); {
		r, w := utf8.DecodeRuneInString(t[i:])
		if from, to, ok := synonym(r, t[i:]); ok {
			b.WriteString(to)
			i += len(from)
			continue
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteString(t[i : i+w])
		} else {
			b.WriteByte(' ')
		}
		i += w
	}
	return b.String()
}

// synonym finds the longest entry of the table that a text begins with.
func synonym(r rune, t string) (from, to string, ok bool) {
	for _, e := range thesaurus[r] {
		if strings.HasPrefix(t, e[0]) {
			return e[0], e[1], true
		}
	}
	return "", "", false
}

// thesaurus is synonyms and smallWords by first character, longest first. It is read only.
var thesaurus = func() map[rune][][2]string {
	m := map[rune][][2]string{}
	add := func(from, to string) {
		r, _ := utf8.DecodeRuneInString(from)
		m[r] = append(m[r], [2]string{from, to})
	}
	for line := range strings.Lines(synonyms) {
		words := strings.Fields(line)
		for _, w := range words {
			add(w, words[0])
		}
	}
	for w := range strings.FieldsSeq(smallWords) {
		add(w, "")
	}
	for _, es := range m {
		slices.SortFunc(es, func(x, y [2]string) int { return len(y[0]) - len(x[0]) })
	}
	return m
}()

// synonyms are words for one thing, one thing a line; the first stands for all of them.
const synonyms = `
电动车 电瓶车 电单车 电驴 电动自行车 电动单车 小电驴 两轮电动车 电瓶
充电桩 充电设施 充电设备 充电站 充电柜 充电插座 充电口 充电装置 充电点
充电 充个电
自行车 单车 脚踏车
汽车 小汽车 轿车 机动车 私家车
停车位 车位 泊车位 停车场地
停车 泊车 停放车辆 车辆停放 乱停车
灯 路灯 楼灯 电灯 灯光 照明灯 照明 声控灯 感应灯 灯泡
楼道 楼梯间 楼梯道 走廊 走道 过道 楼梯
坏 坏了 坏掉 损坏 不亮 不亮了 故障 失灵 失修 破损 破了 破 烂了 不能用 用不了 没用了 不工作 熄了 灭了 断了 瘫痪
不亮 黑灯 没灯
垃圾 废品 废物 杂物 脏东西
垃圾桶 垃圾箱 垃圾房 垃圾站 垃圾点
晾 晾衣 晒衣 晾晒 晾衣服 晒衣服 晒被子 晾被子 晒被 晾衫
晾架 晾衣架 晒衣架 晾晒架 晾衣杆 晒衣杆 晾晒杆
电梯 升降梯 升降机
加 增加 加装 加设 增设 新增 安装 装 添加 添置 设置 设立 建 建设 新建 修建 放置 安 添 增添 设 多装
修 维修 修理 抢修 检修 修缮 整修 修一修 修修
噪音 噪声 吵闹 太吵 很吵 吵 扰民 嘈杂
狗 宠物狗 犬 狗狗 宠物 遛狗
狗屎 狗粪 狗便 狗大便 宠物粪便 狗粪便
臭 恶臭 臭味 异味 气味 难闻 味道大
漏水 渗水 滴水 漏雨 渗漏 水管漏
堵 堵塞 堵了 堵住 不通 淤塞
下水道 下水管 下水 排水管 排水沟 污水管 管道 阴沟
绿化 绿地 草坪 花坛 绿化带 草地
树 树木 大树 树枝
健身器材 健身设施 锻炼器材 健身器械 运动器材 运动设施
老人 老年人 长者 老人家 老头老太 阿公阿婆 爷爷奶奶
小孩 孩子 儿童 小朋友 娃娃 娃 青少年
活动室 活动中心 活动场所
食堂 老年食堂 长者食堂 助餐点 饭堂 助餐
无障碍 坡道 轮椅通道 无障碍通道
扶手 栏杆 护栏
大门 门口 小区门口 出入口
门禁 门锁 单元门 电子门 楼宇门
监控 摄像头 探头 摄像机
路面 道路 马路 地面 路
坑 坑洼 坑坑洼洼 凹陷 塌陷 不平 高低不平
快递柜 丰巢 快递箱 取件柜
快递 包裹
占 占用 霸占 侵占 被占 占道 占着
消防通道 消防车道 生命通道 消防
保洁 打扫 清洁 清扫 清理 清运 没人扫 没人打扫
保安 门卫 安保
物业 物业公司 物管
蚊子 蚊虫 蚊蝇
老鼠 鼠患 耗子
`

// smallWords say nothing of what a need is about.
const smallWords = `
我们小区 我们 我家 咱们 你们 小区里 小区内 小区 社区 希望能够 希望能 希望 建议 能不能 可不可以 能否 可否 是否 是不是 能够 可以 请问 请求 请
麻烦 帮忙 帮我 帮 尽快 赶紧 马上 及时 尽早 一下 一个 一些 有个 有点 这个 那个 这里 那里 这边 那边 这儿 那儿 这 那 现在 最近 近期 目前 一直 经常 总是
老是 天天 每天 已经 好几天 好几天了 好久 好久了 很久 一周 一个星期 几天 一个月 半个月 好多天 多日 长期 时间 问题 情况 反映 投诉 需要 需求 应该 谢谢 感谢 您好 你好 大家
什么时候 什么 怎么 为什么 没人管 没人 有人 处理 解决 管管 管一管 看看 非常 特别 太 很 真 更 好 都 也 还 又 再 就 才 被 把 给 让 叫 的 了 着 过 吗 呢 吧
啊 呀 哦 嘛 在 是 有 想 要 能 会 和 与 跟 及 我 你 您 他 们 里 上 下 边 处 所 之 为 从 到 对 于 得 地 附近 旁边 里面 上面 下面 前面 后面 一点 多
`
