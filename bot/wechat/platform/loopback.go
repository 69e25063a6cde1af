package platform

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

var errNotLoopback = errors.New("address is not on loopback")

// loopbackOnly is a dialer's control: it sees the address after its name was resolved.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("parse address: %w", err)
	}
	if !at.Addr().Unmap().IsLoopback() {
		return errNotLoopback
	}
	return nil
}

// checkLoopback refuses a webhook that is not plainly on this machine.
func checkLoopback(webhook string) error {
	u, err := url.Parse(webhook)
	if err != nil {
		return fmt.Errorf("parse webhook: %w", err)
	}
	host := u.Hostname()
	if strings.EqualFold(host, "localhost") {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("webhook: %w", errNotLoopback)
	}
	return nil
}
