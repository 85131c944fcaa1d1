package e2e

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// The TypeScript SDK keeps the contract with the real system, and its types are those of the documents.
func TestTheSDKKeepsTheContract(t *testing.T) {
	t.Parallel()
	const dir = "../../../libs/sdk-ts"
	npmInstall(t, dir)
	e := start(t, stack.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	for _, args := range [][]string{
		{"npm", "run", "-s", "generate", "--", "--check"},
		{"npm", "run", "-s", "check"},
		{"npm", "test"},
	} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // a fixed list
		cmd.Dir = dir
		cmd.Env = append(cmd.Environ(), "WEMAPS_URL="+e.URL(0), "NO_COLOR=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
}
