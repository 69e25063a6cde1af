package zh

import "testing"

func TestEmergency(t *testing.T) {
	for text, want := range map[string]Danger{
		"楼道里有煤气味":           Fire,
		"3幢煤气味很重":           Fire,
		"我家闻到燃气的味道":         Fire,
		"燃气泄漏了！":            Fire,
		"煤氣洩漏":              Fire,
		"5幢着火了":             Fire,
		"着火了快来人":            Fire,
		"著火了":               Fire,
		"电瓶车在楼道里起火了！！":      Fire,
		"配电箱冒烟了":            Fire,
		"隔壁厨房冒烟，没人在家":       Fire,
		"配电箱一直在冒烟":          Fire,
		"地下车库浓烟":            Fire,
		"我被困在电梯里了":          Fire,
		"昨晚开始一直有煤气味":        Fire,
		"经常有煤气味，现在又有了":      Fire,
		"以前着过火，现在又着火了":      Fire,
		"3幢着火了，希望修好消防栓":     Fire,
		"有人摔倒":              Medical,
		"有人摔倒了":             Medical,
		"楼下有老人摔倒起不来":        Medical,
		"我妈摔倒了，动不了":         Medical,
		"门口有人晕倒了，快来":        Medical,
		"有人昏倒在花坛边":          Medical,
		"老人晕过去了":            Medical,
		"流血了，流了好多血":         Medical,
		"我爸心脏病犯了":           Medical,
		"有人心脏病发作":           Medical,
		"小孩掉河里了":            Medical,
		"有人触电了":             Medical,
		"老王叫不醒了":            Medical,
		"门口电动车撞了人":          Medical,
		"楼下在打架":             Crime,
		"有人打架":              Crime,
		"有人持刀":              Crime,
		"小偷正在撬我家门":          Crime,
		"抢劫！":               Crime,
		"有人要跳楼":             Crime,
		"救命":                Crime,
		"救命啊！！":             Crime,
		"太可怕了，着火了":          Fire,
		"不好了着火了":            Fire,
		"听说3幢着火了":           Fire,
		"着火了怎么办":            Fire,
		"希望安装防火门":           NoDanger,
		"消防通道被占":            NoDanger,
		"消防通道被占，万一着火怎么办":    NoDanger,
		"以前摔倒过":             NoDanger,
		"担心着火":              NoDanger,
		"担心电瓶车进楼，着火了跑不掉":    NoDanger,
		"怕老人摔倒":             NoDanger,
		"路太滑，怕老人摔倒":         NoDanger,
		"灭火器过期":             NoDanger,
		"灭火器过期了，着火怎么办，希望更换": NoDanger,
		"多年前着过火":            NoDanger,
		"去年三幢着火，烧了两家":       NoDanger,
		"建议安装燃气泄漏报警器":       NoDanger,
		"希望装燃气报警器，防止煤气泄漏":   NoDanger,
		"地面不平，老人容易摔倒":       NoDanger,
		"台阶太陡，很多老人摔倒":       NoDanger,
		"灯坏了，我差点摔倒":         NoDanger,
		"上周有人摔倒了":           NoDanger,
		"昨天我妈在楼道摔倒了":        NoDanger,
		"已经有人摔倒，建议铺防滑垫":     NoDanger,
		"两口子天天打架，吵得睡不着":     NoDanger,
		"最近有小偷，希望装监控":       NoDanger,
		"组织一次消防演练":          NoDanger,
		"请教大家着火逃生知识":        NoDanger,
		"电瓶车充电有着火隐患":        NoDanger,
		"会着火的":              NoDanger,
		"没有着火":              NoDanger,
		"噪音吵得我心脏病都要犯了":      NoDanger,
		"想一起火锅聚餐":           NoDanger,
		"窗外看着火车开过":          NoDanger,
		"有人偷偷倒垃圾":           NoDanger,
		"跳楼价大甩卖扰民":          NoDanger,
		"烧烤摊每天冒烟":           NoDanger,
		"楼下饭店油烟机冒烟":         NoDanger,
		"消防通道是救命通道，不能占":     NoDanger,
		"邻居有心脏病，噪音太大":       NoDanger,
		"家里老人中风多年，需要无障碍坡道":  NoDanger,
		"经常有人打架":            NoDanger,
		"河边没有护栏，担心小孩掉河里":    NoDanger,
		"路灯坏了":              NoDanger,
		"被打扰得睡不着":           NoDanger,
		"":                  NoDanger,
		"2":                 NoDanger,
		"希望社区办急救讲座，教大家有人晕倒怎么办": NoDanger,
		"电梯困人好几次了，希望换电梯":       NoDanger,
		"如果有人持刀闯进来怎么办":         NoDanger,
	} {
		t.Run(text, func(t *testing.T) {
			if got := Emergency(text); got != want {
				t.Errorf("Emergency(%q) = %v, want %v", text, got, want)
			}
		})
	}
}

func TestPhone(t *testing.T) {
	for d, want := range map[Danger]string{Fire: "119", Medical: "120", Crime: "110", NoDanger: "", Danger(9): ""} {
		if got := d.Phone(); got != want {
			t.Errorf("Danger(%d).Phone() = %q, want %q", d, got, want)
		}
	}
}
