package store

import (
	"fmt"

	"yishi/flows/civic"
)

// adopt makes the person's what the account did before anybody knew whose it is.
func (b *batch) adopt(_ *turn, a civic.Account, id civic.Identity) error {
	err := b.tx.Exec("UPDATE needs SET person_id = ?, estate_id = ?, grid_id = ?, updated_ms = ? WHERE account = ? AND person_id = 0",
		int64(id.Person), id.Estate, id.Grid, ms(b.now), string(a)).Error
	if err != nil {
		return fmt.Errorf("adopt needs: %w", clean(err))
	}
	return nil
}

// disown takes it back when it turns out that the account is not the person's, or no longer wants to be.
func (b *batch) disown(_ *turn, a civic.Account, p civic.PersonID) error {
	err := b.tx.Exec("UPDATE needs SET person_id = 0, updated_ms = ? WHERE account = ? AND person_id = ?",
		ms(b.now), string(a), int64(p)).Error
	if err != nil {
		return fmt.Errorf("disown needs: %w", clean(err))
	}
	return nil
}
