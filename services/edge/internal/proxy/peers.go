package proxy

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/redis/rueidis"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
)

const (
	peerEvery  = 3 * time.Second
	peerLife   = 10 * time.Second
	headerHops = "X-Wemaps-Forwarded" // a forwarded request is not forwarded again
)

// Peers lets edges hand each other the long-polling requests of their clients,
// so that no load balancer needs sticky sessions.
type Peers struct {
	client    rueidis.Client
	edgeID    string
	self      string // URL that the other edges reach this one at
	transport *http.Transport
	log       *zap.Logger
}

// NewPeers starts nothing.
func NewPeers(client rueidis.Client, edgeID, self string, log *zap.Logger) *Peers {
	return &Peers{client: client, edgeID: edgeID, self: self, transport: newTransport(), log: log}
}

func keyAddress(edgeID string) string { return "edge:{" + edgeID + "}:address" }

// Run keeps this edge's address known until ctx ends.
func (p *Peers) Run(ctx context.Context) error {
	for {
		set := p.client.B().Set().Key(keyAddress(p.edgeID)).Value(p.self).Px(peerLife).Build()
		if err := p.client.Do(ctx, set).Error(); err != nil && ctx.Err() == nil {
			p.log.Warn("address not published", zap.Error(err))
		}
		if !run.Pause(ctx, peerEvery) {
			return nil
		}
	}
}

// Forward hands a request to the edge that owns its session and tells whether it
// has answered it. owner comes from a stranger and need not exist.
func (p *Peers) Forward(owner string, w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get(headerHops) != "" {
		return false
	}
	address, err := p.client.Do(r.Context(), p.client.B().Get().Key(keyAddress(owner)).Build()).ToString()
	if err != nil || address == p.self {
		return false
	}
	target, err := url.Parse(address)
	if err != nil || target.Host == "" {
		return false
	}
	(&httputil.ReverseProxy{
		Transport: p.transport,
		Rewrite: func(out *httputil.ProxyRequest) {
			out.SetURL(target)
			out.Out.Host = out.In.Host
			out.Out.Header.Set(headerHops, p.edgeID)
		},
		ModifyResponse: func(resp *http.Response) error {
			for _, h := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers", "Vary"} {
				resp.Header.Del(h) // this edge has set them already
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			p.log.Warn("request not forwarded", zap.String("edge", owner), zap.Error(err))
			WriteError(w, wire.NewError(wire.CodeUnavailable))
		},
	}).ServeHTTP(w, r)
	return true
}
