package chaos

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/wemaps/wemaps/libs/servers"
)

// links are the connections between processes and servers: each pair of them
// meets in a proxy of its own. A link is named "edge-0>redis".
type links struct {
	server *toxiproxy.ApiServer // holds nothing but what its proxies log to

	mu   sync.Mutex
	all  map[string]*toxiproxy.Proxy
	name []string // in the order of their making
}

func newLinks() *links {
	log := zerolog.Nop()
	return &links{server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), log), all: map[string]*toxiproxy.Proxy{}}
}

// via makes a link and returns its near end; see stack.Options.
func (l *links) via(process, target, addr string) (string, error) {
	near, err := servers.FreeAddr()
	if err != nil {
		return "", err
	}
	name := process + ">" + target
	l.mu.Lock()
	l.name = append(l.name, name)
	l.mu.Unlock()
	return near, l.open(name, near, addr)
}

// open starts the proxy of a link, in the place of one that was closed.
func (l *links) open(name, near, far string) error {
	p := toxiproxy.NewProxy(l.server, name, near, far)
	if err := p.Start(); err != nil {
		return fmt.Errorf("link %s: %w", name, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[name] = p
	return nil
}

// to lists the links to the targets, sorted.
func (l *links) to(targets ...string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, name := range l.name {
		if _, target, _ := strings.Cut(name, ">"); slices.Contains(targets, target) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (l *links) get(name string) *toxiproxy.Proxy {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[name]
}

// cut closes the connections of a link and lets no new ones through until mend.
func (l *links) cut(name string) { l.get(name).Stop() }

// mend undoes cut, delay and silence. What was under way on a link that was cut
// or silent is gone, so its connections end; those of a slow one go on.
func (l *links) mend(name string, keep bool) error {
	p := l.get(name)
	if keep && within(2*time.Second, func() error { p.Toxics.ResetToxics(context.Background()); return nil }) == nil {
		return nil
	}
	// The proxy's own way back waits for ever for a connection that ends in the
	// same moment: a new one takes its place.
	_ = within(2*time.Second, func() error { p.Stop(); return nil })
	return l.open(name, p.Listen, p.Upstream)
}

// delay holds back every byte, in both directions, for about d.
func (l *links) delay(name string, d time.Duration) error {
	for _, direction := range []string{"upstream", "downstream"} {
		if err := l.toxic(name, fmt.Sprintf(`{"type":"latency","stream":%q,"attributes":{"latency":%d,"jitter":%d}}`,
			direction, d.Milliseconds(), d.Milliseconds()/4)); err != nil {
			return err
		}
	}
	return nil
}

// silence swallows every byte without closing a connection, as a network does
// that lost its route.
func (l *links) silence(name string) error {
	for _, direction := range []string{"upstream", "downstream"} {
		if err := l.toxic(name, fmt.Sprintf(`{"type":"timeout","stream":%q,"attributes":{"timeout":0}}`, direction)); err != nil {
			return err
		}
	}
	return nil
}

func (l *links) toxic(name, spec string) error {
	if err := within(5*time.Second, func() error {
		_, err := l.get(name).Toxics.AddToxicJson(bytes.NewBufferString(spec))
		return err
	}); err != nil {
		return fmt.Errorf("link %s: %w", name, err)
	}
	return nil
}

// within bounds an operation that waits for connections which may be on their
// way out.
func within(d time.Duration, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-time.After(d):
		return fmt.Errorf("the proxy did not answer in %s", d)
	}
}

func (l *links) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.all {
		p.Stop()
	}
}
