package push

import "yishi/flows/civic"

// MediaJob is a claimed row of media.
type MediaJob struct {
	ID         int64
	Account    civic.Account
	MediaID    string
	Kind       civic.MediaKind
	Attempts   int
	NeedNumber string
}
