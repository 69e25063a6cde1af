package civic

// MediaJob is one photo or voice that a worker has taken to fetch, under a lease.
type MediaJob struct {
	ID         int64
	Account    Account
	MediaID    string // the platform's, valid for three days
	Kind       MediaKind
	Attempts   int    // this one included
	NeedNumber string // of the need it belongs to, "" for none (yet)
}
