package files

import (
	_ "embed" // for the page
	"fmt"
	"html/template"
	"io"
	"slices"

	"yishi/flows/civic"
)

// DoorSheet is what the printed door cards 门牌卡 of a community say.
type DoorSheet struct {
	Community string // 钮家巷社区
	Account   string // the Official Account's name, by which it is found without a camera
	Phone     string // the grid worker's; "" if there is none
	Buildings []DoorBuilding
}

// DoorBuilding is one building, whose cards share one QR code: it names the place and no household, so that a card
// that is lost gives nothing away but by its code.
type DoorBuilding struct {
	Name  string // 钮家新村 3幢
	QR    string // what the QR code holds, such as the platform's http://weixin.qq.com/q/…; "" for none
	Cards []DoorCard
}

// DoorCard is the card of one household.
type DoorCard struct {
	Door string // 3幢2单元501室
	Code string // as [civic.HouseholdCode] made it
}

// cardsAPage is how many cards fit on A4 in letters that a person of 75 reads.
const cardsAPage = 6

//go:embed doorcards.html
var doorCardsText string

var doorCardsPage = template.Must(template.New("doorcards").Funcs(template.FuncMap{
	"groups": civic.ShowHouseholdCode,
	"pages":  func(cards []DoorCard) [][]DoorCard { return slices.Collect(slices.Chunk(cards, cardsAPage)) },
	"next":   func(i int) int { return i + 1 },
}).Parse(doorCardsText))

// doorCode is a building with its QR code drawn.
type doorCode struct {
	DoorBuilding
	Size int
	Path string
}

// DoorCards writes a page that prints on A4, building by building, with nothing from elsewhere and without script. It holds the
// households' codes, which open their verification: whoever asks for it must be allowed to have it. A code that
// is none is an error.
func DoorCards(w io.Writer, sheet DoorSheet) error {
	page := struct {
		DoorSheet
		Codes []doorCode
	}{DoorSheet: sheet}
	for _, b := range sheet.Buildings {
		for _, c := range b.Cards {
			if code, err := civic.ReadHouseholdCode(c.Code); err != nil || code != c.Code {
				return fmt.Errorf("printing door cards: %w", civic.ErrNoCode)
			}
		}
		d := doorCode{DoorBuilding: b}
		if b.QR != "" {
			var err error
			if d.Path, d.Size, err = qrPath(b.QR); err != nil {
				return fmt.Errorf("printing door cards: %w", err)
			}
		}
		page.Codes = append(page.Codes, d)
	}
	if err := doorCardsPage.Execute(w, page); err != nil {
		return fmt.Errorf("printing door cards: %w", err)
	}
	return nil
}
