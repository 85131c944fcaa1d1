package api

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Many askers cause one question, and one that gives up spoils nobody's answer.
func TestHealthIsAskedOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	h := NewHealth(map[string]Check{
		"a": func(ctx context.Context) error { asked.Add(1); return ctx.Err() },
		"b": func(context.Context) error { return errNotReady },
		"c": func(context.Context) error { return errors.New("refused") },
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			s := h.States(gone)
			if s["a"] != "OK" || s["b"] != "NOT_READY" || s["c"] != "UNREACHABLE" {
				t.Errorf("%v", s)
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestDocsListEverything(t *testing.T) {
	t.Parallel()
	p, err := docsPage([]byte(`{"paths":{"/a":{"parameters":[],"get":{"summary":"reads <a>"},"post":{}}}}`),
		[]byte(`{"operations":{"x":{"action":"receive","messages":[{"$ref":"#/channels/s/messages/join"}]}},
			"components":{"messages":{"join":{"summary":"comes in"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<code>GET</code>", "<code>POST</code>", "reads &lt;a&gt;", "<code>join</code>", "comes in", "client → server"} {
		if !strings.Contains(string(p.html), want) {
			t.Errorf("%q is missing", want)
		}
	}
	for _, bad := range [][2]string{{"x", "{}"}, {"{}", "x"}} {
		if _, err := docsPage([]byte(bad[0]), []byte(bad[1])); err == nil {
			t.Error("nonsense was taken for a document")
		}
	}
}
