// Package admin is the operator's page on the edge's admin port: what this edge
// and the services behind it are doing right now, made of their metrics. It
// knows no users, rooms or positions, because metrics know none.
package admin

import (
	"context"
	_ "embed"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	//go:embed page.html
	pageHTML []byte
	//go:embed page.css
	pageCSS []byte
	//go:embed page.js
	pageJS []byte
)

const (
	policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	// A snapshot is repeated for so long, so that many lookers cause one look.
	snapshotFor = 500 * time.Millisecond
	// All others together have so long; one that hangs must not make the page hang.
	lookTimeout = 1200 * time.Millisecond
)

// Failing tells what makes this process not ready, with reasons.
type Failing func(ctx context.Context) map[string]string

// Page serves the page and its figures.
type Page struct {
	edgeID   string
	gatherer prometheus.Gatherer
	failing  Failing
	services map[string]string // name → URL of its admin port
	client   *http.Client

	mu   sync.Mutex // held while looking
	at   time.Time
	last []byte
}

// New takes the edge's own figures, and where those of the services are.
func New(edgeID string, g prometheus.Gatherer, failing Failing, services map[string]string) *Page {
	return &Page{edgeID: edgeID, gatherer: g, failing: failing, services: services, client: &http.Client{Timeout: lookTimeout}}
}

// Register adds the page's routes to mux.
func (p *Page) Register(mux interface {
	Handle(pattern string, h http.Handler)
}) {
	mux.Handle("GET /{$}", file("text/html; charset=utf-8", pageHTML))
	mux.Handle("GET /page.css", file("text/css; charset=utf-8", pageCSS))
	mux.Handle("GET /page.js", file("text/javascript; charset=utf-8", pageJS))
	mux.Handle("GET /snapshot.json", http.HandlerFunc(p.snapshot))
}

func file(mime string, content []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { write(w, mime, content) })
}

func write(w http.ResponseWriter, mime string, content []byte) {
	h := w.Header()
	h.Set("Content-Type", mime)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(content) // the peer is gone; nothing to tell it
}

func (p *Page) snapshot(w http.ResponseWriter, r *http.Request) {
	content, err := p.look(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, "application/json", content)
}

func (p *Page) look(ctx context.Context) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last != nil && time.Since(p.at) < snapshotFor {
		return p.last, nil
	}
	// One impatient looker must not spoil the picture for the others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	content, err := json.Marshal(p.take(ctx))
	if err != nil {
		return nil, err
	}
	p.last, p.at = content, time.Now()
	return content, nil
}
