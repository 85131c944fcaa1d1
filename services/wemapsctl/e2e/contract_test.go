package e2e

import (
	"os"
	"os/exec"
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

// npmInstall makes dir's locked packages available.
func npmInstall(t *testing.T, dir string) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		t.Fatal("these tests drive the official npm client: install Node.js 20 or later with npm")
	}
	cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}
