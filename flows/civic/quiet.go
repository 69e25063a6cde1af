package civic

import "time"

// The quiet hours 免打扰, in the community's own time: whatever is not urgent waits for the morning.
const (
	quietFrom  = 21 // o'clock
	quietUntil = 8  // o'clock
)

// QuietUntil is when the quiet hours end that now is in, in zone; zero when now is not in any.
// A nil zone means UTC.
func QuietUntil(now time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	here := now.In(zone)
	year, month, day := here.Date()
	switch {
	case here.Hour() >= quietFrom:
		day++
	case here.Hour() >= quietUntil:
		return time.Time{}
	}
	return time.Date(year, month, day, quietUntil, 0, 0, 0, zone)
}
