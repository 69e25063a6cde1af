package store

import (
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"yishi/flows/civic"
)

// talkLineRow is one thing said in a talk. Body is sealed: only the staff of the community and
// the resident read it.
type talkLineRow struct {
	TalkID int64 `gorm:"primaryKey;autoIncrement:false"`
	Seq    int   `gorm:"primaryKey;autoIncrement:false"`
	Side   int
	Role   string
	Kind   string
	Body   []byte
	Media  string
	AtMS   int64 `gorm:"column:at_ms"`
}

// TableName is the plural noun of the migration.
func (talkLineRow) TableName() string { return "talk_lines" }

// Whose lines are, or whom a note of the bot is for. Values are stored.
const (
	sideResident   = 1
	sideStaff      = 2
	noteToResident = 3
	noteToStaff    = 4
)

// seenBy are the sides whose lines an end is told: of a member of staff, or of the resident for 0.
func seenBy(staff int64) []int {
	if staff == 0 {
		return []int{sideStaff, noteToResident}
	}
	return []int{sideResident, noteToStaff}
}

// Bounds of lines, in characters; flows split longer texts.
const (
	lineMost  = 600
	linesMost = 8
)

func sealOf(seq int) string { return "talk_lines.body/" + strconv.Itoa(seq) }

// line writes the next line of a talk. The talk is saved by the caller.
func (b *batch) line(k *talkRow, d desk, side int, role civic.Role, l civic.Line) error {
	k.Seq++
	text, err := fit(l.Text, lineMost)
	if err != nil {
		return err
	}
	body, err := d.v.Seal(text, sealOf(k.Seq), k.ID)
	if err != nil {
		return err
	}
	row := talkLineRow{TalkID: k.ID, Seq: k.Seq, Side: side, Role: string(role), Kind: string(l.Kind), Body: body, Media: l.Media, AtMS: ms(b.now)}
	if err := b.tx.Create(&row).Error; err != nil {
		return fmt.Errorf("write line: %w", clean(err))
	}
	k.LastMS = ms(b.now)
	return nil
}

// note is a line of the bot itself for one end: of who has the talk, or of the resident for 0.
func (b *batch) note(k *talkRow, d desk, staff int64, n civic.TalkNote) error {
	side := noteToResident
	if staff != 0 {
		side = noteToStaff
	}
	last := k.LastMS
	if err := b.line(k, d, side, "", civic.Line{Kind: civic.LineNote, Text: string(n)}); err != nil {
		return err
	}
	k.LastMS = last // only what people say breaks the silence
	return b.bring(k, staff, b.now)
}

// checkLines refuses what no table could hold.
func checkLines(lines []civic.Line) error {
	if len(lines) == 0 || len(lines) > linesMost {
		return fmt.Errorf("talk: %d lines", len(lines))
	}
	for _, l := range lines {
		if !token(l.Media, 200) || !token(string(l.Kind), 8) || l.Kind == "" || l.Kind == civic.LineNote {
			return fmt.Errorf("talk: line of a bad kind or medium")
		}
	}
	return nil
}

// linesOf reads lines of a talk in order: those of some sides behind a line, at most so many.
func linesOf(tx *gorm.DB, v *openVault, talk int64, after int, sides []int, most int) ([]said, error) {
	var rows []talkLineRow
	err := tx.Raw("SELECT * FROM talk_lines WHERE talk_id = ? AND seq > ? AND side IN ? ORDER BY seq LIMIT ?", talk, after, sides, most).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", clean(err))
	}
	return openLines(v, rows)
}

// said is a line that was opened.
type said struct {
	talkLineRow
	text string
}

func openLines(v *openVault, rows []talkLineRow) ([]said, error) {
	all := make([]said, 0, len(rows))
	for _, r := range rows {
		text, err := v.Open(r.Body, sealOf(r.Seq), r.TalkID)
		if err != nil {
			return nil, fmt.Errorf("open line: %w", err)
		}
		all = append(all, said{r, text})
	}
	return all, nil
}

// media says that a line is a photo or voice that the platform still has.
func (s said) media(now int64) bool {
	k := civic.LineKind(s.Kind)
	return (k == civic.LinePhoto || k == civic.LineVoice) && now-s.AtMS < civic.TalkMediaFor.Milliseconds()
}

// Places in a talk: a line stands at twice its number, and the words that announce its photo or
// voice one before that.
func placeOf(seq int) int { return 2 * seq }

// bytesMost is how much of a talk one message carries, in bytes of UTF-8 without what stands around it.
const bytesMost = 1500

// gather takes, of lines behind a place, what one message can carry, but none behind upto: words,
// or one photo or voice. A member of staff is first told whose it is. It returns the place reached.
func gather(lines []said, from, upto int, staff bool, now int64) (told []civic.ToldLine, media civic.ToldMedia, reached int) {
	size, reached := 0, from
	for _, l := range lines {
		at := placeOf(l.Seq)
		if at <= from || at > upto && at-1 != upto {
			continue
		}
		words := civic.ToldLine{Kind: civic.LineKind(l.Kind), Text: l.text, Role: civic.Role(l.Role)}
		switch {
		case !l.media(now):
			words.Gone = words.Kind == civic.LinePhoto || words.Kind == civic.LineVoice
			if size += len(l.text); size > bytesMost && len(told) > 0 {
				return told, media, reached
			}
			told, reached = append(told, words), at
		case staff && from < at-1:
			return append(told, words), media, at - 1
		case len(told) > 0:
			return told, media, reached
		default:
			return nil, civic.ToldMedia{Kind: words.Kind, ID: l.Media}, at
		}
	}
	return told, media, reached
}
