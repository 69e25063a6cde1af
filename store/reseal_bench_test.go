package store_test

import (
	"context"
	"testing"

	"yishi/store"
)

// BenchmarkReseal seals 100 000 people anew. The floor, measured in the same run, is one such batch a
// transaction that reads the rows, locks them and writes each back in the same way, sealing nothing.
func BenchmarkReseal(b *testing.B) {
	benches(b, func(b *testing.B, db *store.DB) {
		const people = 100_000
		ctx := context.Background()
		largeRoll(b, db, people)
		for b.Loop() {
			begin := db.Clock().Now()
			if err := store.Rewrite(ctx, db, people); err != nil {
				b.Fatal(err)
			}
			floor := db.Clock().Now().Sub(begin)
			begin = db.Clock().Now()
			got, err := db.Reseal(ctx, store.ResealOptions{})
			if err != nil || got.People != people {
				b.Fatal(got, err)
			}
			took := db.Clock().Now().Sub(begin)
			b.ReportMetric(people/took.Seconds(), "people/s")
			b.ReportMetric(people/floor.Seconds(), "floor-people/s")
			b.ReportMetric(took.Seconds()/floor.Seconds(), "floors")
		}
	})
}
