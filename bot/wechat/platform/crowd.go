package platform

import (
	"fmt"
	"slices"
	"time"
)

// maxCrowd bounds Populate.
const maxCrowd = 2_000_000

// Populate makes n followers at once, named prefix000000, prefix000001 …, whose 48 hours begin
// now, without any callback to the bot. Those that exist already follow again and get a new
// window. It returns the openids; n is cut to what makes sense, 0 to 2,000,000.
func (p *Platform) Populate(prefix string, n int) []string {
	n = max(0, min(n, maxCrowd))
	openids := make([]string, n)
	for i := range openids {
		openids[i] = fmt.Sprintf("%s%06d", prefix, i)
	}
	now := p.now()
	for batch := range slices.Chunk(openids, crowdBatch) {
		p.admit(batch, now)
	}
	return openids
}

// Admit makes one account a follower as Populate does, without an event.
func (p *Platform) Admit(openid string) { p.admit([]string{openid}, p.now()) }

// crowdBatch keeps Populate from holding up the API.
const crowdBatch = 1000

func (p *Platform) admit(openids []string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, openid := range openids {
		f := p.follower(openid)
		f.Following, f.FollowedAt = true, now.Unix()
		f.touch(byMessage, now)
	}
}
