package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"yishi/flows/civic"
	"yishi/store"
	"yishi/store/storetest"
)

// benches runs a benchmark on both kinds of database.
func benches(b *testing.B, bench func(*testing.B, *store.DB)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, storetest.Open(b)) })
	b.Run("mysql", func(b *testing.B) { bench(b, storetest.OpenMySQL(b)) })
}

func BenchmarkCommit(b *testing.B) {
	for _, communities := range []int{1, 20} {
		b.Run(fmt.Sprintf("communities=%d", communities), func(b *testing.B) {
			benches(b, func(b *testing.B, db *store.DB) {
				var ids []civic.CommunityID
				for i := range communities {
					ids = append(ids, community(b, db, string(rune('一'+i))).ID)
				}
				var n atomic.Int64
				b.SetParallelism(32)
				b.ResetTimer()
				begin := db.Clock().Now()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := n.Add(1)
						a := civic.Account(fmt.Sprintf("openid-%d", i))
						c := commit(fmt.Sprintf("run-%d", i), 1, a, need(a, ids[int(i)%communities], "小区北门的路灯坏了很久"))
						c.Key = fmt.Sprintf("key-%d", i)
						if _, err := db.Commit(context.Background(), c); err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.N)/db.Clock().Now().Sub(begin).Seconds(), "commits/s")
				s := db.Stats()
				b.ReportMetric(float64(s.Commits)/float64(max(1, s.Batches)), "commits/batch")
			})
		})
	}
}

// words make needs that resemble each other as real ones do.
func words(r *rand.Rand) string {
	where := []string{"小区北门", "3幢楼道", "地下车库", "中心花园", "南面河边", "菜场门口", "健身广场", "儿童乐园"}
	what := []string{"路灯坏了", "加电动车充电桩", "垃圾桶太少", "没有扶手", "晚上太吵", "停车位不够", "下水道堵了", "健身器材旧了", "电梯常坏", "树枝挡路"}
	more := []string{"老人走路不方便", "希望早点修好", "已经一个多月了", "孩子容易摔倒", "大家都有意见", "请社区看看"}
	return where[r.IntN(len(where))] + what[r.IntN(len(what))] + fmt.Sprintf("%d号", r.IntN(900)) + more[r.IntN(len(more))]
}

func BenchmarkLike(b *testing.B) {
	benches(b, func(b *testing.B, db *store.DB) {
		c := community(b, db, "钮")
		r := rand.New(rand.NewPCG(1, 2))
		for range 5000 {
			released(b, db, c.ID, words(r))
		}
		ctx := context.Background()
		if _, err := db.Needs().Like(ctx, "asker", c.ID, words(r), 3); err != nil {
			b.Fatal(err)
		}
		var worst time.Duration
		for b.Loop() {
			begin := db.Clock().Now()
			if found, err := db.Needs().Like(ctx, "asker", c.ID, words(r), 3); err != nil || len(found) == 0 {
				b.Fatal(found, err)
			}
			worst = max(worst, db.Clock().Now().Sub(begin))
		}
		b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
	})
}
