package zh

import "testing"

func TestLikeness(t *testing.T) {
	for _, c := range []struct {
		name, a, b string
		lo, hi     float64
	}{
		{"the north gate", "小区北门加电动车充电桩", "北门增加电瓶车充电桩", 0.5, 1},
		{"the same", "楼道灯坏了", "楼道灯坏了", 1, 1},
		{"three words in a sentence", "灯坏了", "3幢楼道灯坏了一周", 0.5, 1},
		{"another word for the lamp", "楼道灯不亮", "3幢楼梯间的灯坏了", 0.5, 1},
		{"drying racks", "河边装个晾衣架", "河边希望能加晒衣架", 0.5, 1},
		{"traditional characters", "電梯壞了", "电梯坏了", 1, 1},
		{"the lift", "电梯坏了没人修", "2幢电梯又坏了，希望尽快维修", 0.4, 1},
		{"car park", "车位不够", "停车位太少不够停", 0.3, 1},
		{"parking rules elsewhere", "消防通道被占", "消防车道被私家车占用", 0.4, 1},
		{"other thing that broke", "电梯坏了", "路灯坏了", 0, 0.2},
		{"other place", "希望加装电梯", "小区北门加电动车充电桩", 0, 0.2},
		{"unrelated", "垃圾没人清理", "希望办一个老年食堂", 0, 0.2},
		{"noise against water", "楼上半夜太吵", "卫生间漏水", 0, 0.2},
		{"long unrelated", "小区里的儿童游乐设施年久失修，滑梯有裂缝，存在安全隐患", "地下车库进出口道闸经常抬不起来，早高峰堵车", 0, 0.2},
		{"nothing", "", "灯坏了", 0, 0},
		{"only small words", "我们希望", "希望能够", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Likeness(c.a, c.b); got < c.lo || got > c.hi {
				t.Errorf("Likeness(%q, %q) = %.2f, want %.2f to %.2f; %q %q", c.a, c.b, got, c.lo, c.hi, reduce(flatten(c.a)), reduce(flatten(c.b)))
			}
		})
	}
}

func BenchmarkLikeness(b *testing.B) {
	for b.Loop() {
		Likeness("小区北门加电动车充电桩", "北门增加电瓶车充电桩")
	}
}

func BenchmarkAlike(b *testing.B) {
	x, y := GramsOf("小区里的儿童游乐设施年久失修，滑梯有裂缝，存在安全隐患"), GramsOf("地下车库进出口道闸经常抬不起来，早高峰堵车")
	b.ReportAllocs()
	for b.Loop() {
		Alike(x, y)
	}
}

func BenchmarkDice(b *testing.B) {
	x, y := GramsOf("小区北门加电动车充电桩"), GramsOf("北门增加电瓶车充电桩")
	b.ReportAllocs()
	for b.Loop() {
		Dice(x, y)
	}
}
