package native

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wemaps/wemaps/libs/wire"
)

// Subprotocol is what the server selects; tokenProtocol begins the offer that
// carries a browser's token.
const (
	Subprotocol   = "wemaps.v1"
	tokenProtocol = "bearer."
)

// ServeHTTP upgrades and returns: the goroutine of the request, its stack and its
// buffers are free while the connection lives.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.cfg.CheckOrigin != nil && !s.cfg.CheckOrigin(r) {
		refuse(w, wire.NewError(wire.CodeOriginRefused))
		return
	}
	if s.closing.Load() {
		refuse(w, wire.NewError(wire.CodeOverloaded).After(time.Second))
		return
	}
	if s.cfg.Admit != nil && !s.cfg.Admit(w, r) {
		return
	}
	h := s.handshake(r)
	upgrader := s.upgrader
	// Its answer names no parameter but that neither side takes its context over.
	upgrader.EnableCompression = wantsDeflate(r.Header)
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // refuseUpgrade has answered
	}
	c := s.newConn(ws.NetConn(), h.Query, upgrader.EnableCompression)
	if h.Token == "" && h.Auth == nil {
		c.waitForAuth(h)
	} else {
		c.authenticate(r.Context(), h)
	}
	go c.line.Run()
}

func (s *Server) handshake(r *http.Request) Handshake {
	query := r.URL.Query()
	for _, name := range []string{"token", "access_token"} {
		query.Del(name) // the session must not be tempted
	}
	return Handshake{
		Token:     headerToken(r),
		Auth:      headerShare(r),
		RemoteIP:  s.cfg.RemoteIP(r),
		UserAgent: r.UserAgent(),
		Origin:    r.Header.Get("Origin"),
		Query:     query,
	}
}

// headerToken is the token that came with the request, or "".
func headerToken(r *http.Request) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	for _, offered := range websocket.Subprotocols(r) {
		if token, ok := strings.CutPrefix(offered, tokenProtocol); ok {
			return token
		}
	}
	return ""
}

// headerShare is the auth object of a viewer whose share token came with the
// request, or nil.
func headerShare(r *http.Request) json.RawMessage {
	for _, offered := range websocket.Subprotocols(r) {
		if token, ok := strings.CutPrefix(offered, wire.ShareProtocol); ok {
			auth, _ := json.Marshal(map[string]string{"shareToken": token}) // strings always marshal
			return auth
		}
	}
	return nil
}

// wantsBatches: see the package documentation.
func wantsBatches(query url.Values) bool { return query.Get("batch") == "1" }

func refuseUpgrade(w http.ResponseWriter, _ *http.Request, status int, _ error) {
	err := wire.Errorf(wire.CodeValidation, "This is a WebSocket address")
	err.Status = status
	refuse(w, err)
}

// refuse answers over HTTP, where there is no connection yet.
func refuse(w http.ResponseWriter, err *wire.Error) {
	w.Header().Set("Content-Type", "application/json")
	if err.RetryAfter > 0 {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(err.HTTPStatus())
	_ = json.NewEncoder(w).Encode(wire.ErrorBody{Error: err.Message, Code: err.Code}) // the client may be gone
}

// public is what a client may see of err.
func public(err error) *wire.Error {
	var we *wire.Error
	if errors.As(err, &we) {
		return we
	}
	return wire.NewError(wire.CodeInternal)
}

// closeCodeOf says how a refused connection ends.
func closeCodeOf(code wire.Code) wire.CloseCode {
	switch code {
	case wire.CodeTokenRequired:
		return wire.CloseAuthRequired
	case wire.CodeInvalidToken, wire.CodeUserNotFound, wire.CodeShareNotFound:
		return wire.CloseAuthInvalid
	case wire.CodeSessionRevoked:
		return wire.CloseRevoked
	case wire.CodeTooManySockets, wire.CodeTooManyViewers:
		return wire.CloseTooMany
	}
	return wire.CloseInternal
}
