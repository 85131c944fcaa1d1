package up

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

// page is the page while it is being built, beside the services: they are up as soon as they are built themselves, and
// the edge shows the page when it is there. Without the page there is still a system. The next `up` embeds it.
type page struct {
	dir    string        // where it will be; empty when there is nothing to wait for
	may    chan struct{} // closed when no compiler reads dir any more
	done   chan struct{} // closed when it is there, or does not come
	err    error         // why it does not; to be read after done
	cancel context.CancelFunc
}

func startPage(ctx context.Context, cfg config, out *console) *page {
	p := &page{may: make(chan struct{}), done: make(chan struct{}), cancel: func() {}}
	built, err := workspace.PageIsBuilt(cfg.root)
	switch {
	case !slices.Contains(cfg.only, "edge") || built && err == nil:
		close(p.done)
		return p
	case !workspace.HasNode(ctx):
		out.say("going on without the page: %v", workspace.ErrNoNode)
		close(p.done)
		return p
	}
	if err := workspace.ForgetPage(cfg.root); err != nil { // else the edge would show the one of yesterday
		out.say("going on without the page: %v", err)
		close(p.done)
		return p
	}
	p.dir = workspace.PageDir(cfg.root)
	ctx, p.cancel = context.WithCancel(ctx)
	go func() {
		defer close(p.done)
		p.err = workspace.BuildPage(ctx, cfg.root, out.say, p.may)
	}()
	return p
}

// place lets the page come to its place as soon as it is built.
func (p *page) place() { close(p.may) }

// stop ends the building, if it still goes on.
func (p *page) stop() {
	p.cancel()
	<-p.done
}

// environment tells the edge where the page will be.
func (p *page) environment() []string {
	if p.dir == "" {
		return nil
	}
	return []string{"PAGE_DIR=" + p.dir}
}

// tell says what became of the page, when that is known.
func (p *page) tell(out *console, began time.Time) {
	if p.dir == "" {
		return
	}
	select {
	case <-p.done:
	default:
		out.say("the page is still being built; a tab that waits for it shows it by itself")
	}
	go func() {
		switch <-p.done; {
		case p.err == nil:
			out.say("the page is there after %.1f s", time.Since(began).Seconds())
		case !errors.Is(p.err, context.Canceled):
			out.say("going on without the page: %v", p.err)
		}
	}()
}
