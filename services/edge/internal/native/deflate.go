package native

import (
	"net/http"
	"strconv"
	"strings"
)

// wantsDeflate reports whether the client offers permessage-deflate (RFC 7692) in a
// way that can be accepted without context takeover on either side and without
// other parameters. That way no connection keeps a window, and one compressed
// frame is good for all.
func wantsDeflate(h http.Header) bool {
	for _, line := range h.Values("Sec-WebSocket-Extensions") {
		for offer := range strings.SplitSeq(line, ",") {
			if acceptable(offer) {
				return true
			}
		}
	}
	return false
}

// acceptable looks at one offer. A smaller window on our side is not offered by
// package flate; one on the client's side is the client's own business.
func acceptable(offer string) bool {
	name, rest, _ := strings.Cut(offer, ";")
	if !strings.EqualFold(strings.TrimSpace(name), "permessage-deflate") {
		return false
	}
	if rest == "" {
		return true
	}
	var seen [3]bool
	for param := range strings.SplitSeq(rest, ";") {
		key, value, valued := strings.Cut(strings.TrimSpace(param), "=")
		which, ok := 0, !valued
		switch key {
		case "server_no_context_takeover":
		case "client_no_context_takeover":
			which = 1
		case "client_max_window_bits":
			which, ok = 2, !valued || windowBits(value)
		default:
			return false
		}
		if !ok || seen[which] {
			return false
		}
		seen[which] = true
	}
	return true
}

func windowBits(value string) bool {
	bits, err := strconv.Atoi(strings.Trim(value, `"`))
	return err == nil && bits >= 8 && bits <= 15
}
