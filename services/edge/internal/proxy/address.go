package proxy

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Addresses finds out where requests come from.
type Addresses struct{ trusted []netip.Prefix }

// NewAddresses takes the proxies whose X-Forwarded-For is believed, as addresses
// or prefixes (10.0.0.0/8). Nobody else's is.
func NewAddresses(trusted []string) (*Addresses, error) {
	a := &Addresses{}
	for _, s := range trusted {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			addr, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fmt.Errorf("trusted proxy %q is neither an address nor a prefix", s)
			}
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		a.trusted = append(a.trusted, p)
	}
	return a, nil
}

// Client is the address of the client: the nearest one that is no trusted proxy.
func (a *Addresses) Client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if len(a.trusted) == 0 || !a.trusts(host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			return host // nonsense, or nothing: the last address that is known
		}
		if host = hop; !a.trusts(hop) {
			return host
		}
	}
	return host
}

func (a *Addresses) trusts(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	addr = addr.Unmap()
	for _, p := range a.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
