package proxy

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// CORS says which web pages may call.
type CORS struct {
	any      bool
	exact    map[string]bool
	anyPorts []string // "http://localhost" of "http://localhost:*"
}

// NewCORS takes origins such as https://app.example.com; a port may be * and a
// single * lets all pages in, though never with credentials.
func NewCORS(origins []string) (*CORS, error) {
	c := &CORS{exact: map[string]bool{}}
	for _, o := range origins {
		o = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(o)), "/")
		base, anyPort := strings.CutSuffix(o, ":*")
		switch {
		case o == "":
			continue
		case o == "*":
			c.any = true
			continue
		case !wellFormed(base):
			return nil, errors.New("origin " + o + " is not of the form scheme://host[:port]")
		case anyPort:
			c.anyPorts = append(c.anyPorts, base)
		default:
			c.exact[o] = true
		}
	}
	return c, nil
}

func wellFormed(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme != "" && u.Host != "" && u.Path == "" && !strings.Contains(u.Host, "*")
}

func (c *CORS) listed(origin string) bool {
	origin = strings.ToLower(origin)
	return c.exact[origin] || slices.ContainsFunc(c.anyPorts, func(base string) bool {
		rest, ok := strings.CutPrefix(origin, base)
		return ok && (rest == "" || rest[0] == ':' && strings.Trim(rest[1:], "0123456789") == "")
	})
}

// Apply sets the headers of an answer to r and tells whether the page that r
// comes from may see it. A request that comes from no page, or from one of this
// server's own, may.
func (c *CORS) Apply(h http.Header, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	if !slices.Contains(h.Values("Vary"), "Origin") {
		h.Add("Vary", "Origin")
	}
	switch {
	case c.listed(origin):
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
		return true
	case c.any:
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// Check is Apply for WebSockets, which need no headers.
func (c *CORS) Check(r *http.Request) bool { return c.Apply(http.Header{}, r) }

// Handler answers preflight requests and sets the headers of all other answers.
// A page that is not listed gets its answer without them, so that browsers keep
// it from the page.
func (c *CORS) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed := c.Apply(w.Header(), r)
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		if allowed {
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-Id")
			w.Header().Set("Access-Control-Max-Age", "600")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
