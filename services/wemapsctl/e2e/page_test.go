package e2e

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/workspace"
)

const pageDir = root + "/services/edge/web"

// People with browsers and with apps use the page of the real system; its security policy, errors and what stops people
// who cannot see or point count as failures. Not beside other tests: a browser has a machine to itself elsewhere, too.
func TestThePageInBrowsers(t *testing.T) {
	e := start(t, stack.Options{})
	browse(t, e, nil, "dialogs.test.mjs", "german.test.mjs", "install.test.mjs")
	browse(t, e, nil, "page.test.mjs", "places.test.mjs")
	browse(t, e, nil, "behind.test.mjs", "follow.test.mjs", "unseen.test.mjs", "version.test.mjs")
}

// An edge that forgets people at once, and has a map of somebody else: a laptop sleeps, and tiles come from another server.
func TestThePageElsewhere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	style := "http://" + l.Addr().String() + "/style.json" // is served by the test of it, and by nobody in the other
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	e := start(t, stack.Options{Env: map[string][]string{"edge": {"RECOVERY_WINDOW=1s", "PRESENCE_GRACE=1s",
		"MAP_STYLE_URL=" + style, "MAP_ATTRIBUTION=Maps <by> a test & more"}}})
	browse(t, e, []string{"WEMAPS_MAP=" + style}, "style.test.mjs", "return.test.mjs")
}

// browse runs tests of the page, from the folder page.
func browse(t *testing.T, e *env, more []string, files ...string) {
	t.Helper()
	npmInstall(t, "page")
	chromium, err := servers.ProvideChromium(t.Context(), func(s string) { t.Log(s) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 12*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{"--test", "--test-concurrency=1", "--test-reporter=spec"}, files...)...)
	cmd.Dir = "page"
	cmd.Env = append(append(os.Environ(), "WEMAPS_URL="+e.URL(0), "WEMAPS_CHROMIUM="+chromium.Path), more...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "paint, ") || strings.Contains(line, "frames, ") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// The page's own tests, and its types.
func TestThePageOnItsOwn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	if err := workspace.InstallPage(ctx, root); err != nil { // not beside somebody who builds it
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "-s", "check"}, {"test"}} {
		cmd := exec.CommandContext(ctx, "npm", args...)
		cmd.Dir = pageDir
		cmd.Env = append(cmd.Environ(), "NO_COLOR=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("npm %v: %v\n%s", args, err, out)
		}
	}
}
