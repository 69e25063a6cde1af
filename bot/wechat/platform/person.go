package platform

import "context"

func (q *Person) follow(context.Context, string) *Delivery                   { return nil }
func (q *Person) unfollow(context.Context) *Delivery                         { return nil }
func (q *Person) say(context.Context, string, *int) *Delivery                { return nil }
func (q *Person) click(context.Context, string) *Delivery                    { return nil }
func (q *Person) photo(context.Context, []byte) *Delivery                    { return nil }
func (q *Person) voice(context.Context, []byte, string) *Delivery            { return nil }
func (q *Person) locate(context.Context, float64, float64, string) *Delivery { return nil }
func (q *Person) send(context.Context, []Field) *Delivery                    { return nil }
func (q *Person) repeat(context.Context, *Delivery) *Delivery                { return nil }
func (q *Person) following() bool                                            { return false }
