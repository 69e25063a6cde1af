package civic

// ForgetMe 删除我的数据 deletes what is kept of an account, once and for good. It is refused while the
// account holds an office. Public needs and those under way stay, without whose they are; what
// nobody else has read goes, and with it the account's endorsements, talks, consents and identity.
// Receipt.Word is Forgotten.
type ForgetMe struct {
	Account Account
}
