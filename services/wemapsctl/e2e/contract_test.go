package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// The official client and plain fetch, as an existing app uses them.
func TestInheritedContractWithTheOfficialClient(t *testing.T) {
	t.Parallel()
	npmInstall(t, "js")
	e := start(t, stack.Options{})
	proxy := checkAgainstOpenAPI(t, e.URL(0))
	cmd := exec.Command("node", "--test", "--test-reporter=spec", "contract.test.mjs")
	cmd.Dir = "js"
	cmd.Env = append(os.Environ(), "WEMAPS_URL="+proxy)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// installs are of folders, each once: npm ci takes everything away first, which another test may be using.
var installs sync.Map

// npmInstall brings the packages of a folder that tests run in.
func npmInstall(t *testing.T, dir string) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		t.Fatal("these tests drive the official npm client: install Node.js 20 or later with npm")
	}
	install, _ := installs.LoadOrStore(dir, sync.OnceValue(func() error {
		cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("npm ci: %w\n%s", err, out)
		}
		return nil
	}))
	if err := install.(func() error)(); err != nil {
		t.Fatal(err)
	}
}
