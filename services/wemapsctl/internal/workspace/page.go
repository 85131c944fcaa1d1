package workspace

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Places of the page, below the project's root.
const (
	pageDir   = "services/edge/web"
	pageDist  = pageDir + "/embed/dist"
	pageStamp = pageDist + "/.fingerprint"
	pageNext  = pageDir + "/dist" // while it is being built
	sdkDir    = "libs/sdk-ts"
)

// ErrNoNode says that the page cannot be built on this machine as it is.
var ErrNoNode = errors.New("building the page needs Node 20.19 or later with npm, which is not on this machine")

// PageDir is where the page is when it is built.
func PageDir(root string) string { return filepath.Join(root, pageDist) }

// BuildPage builds the page that the edge embeds, unless it is there and none of its sources has changed since. say
// hears of work that takes long. Several callers at once build it once. If may is given the finished page comes to its
// place when may is closed: a compiler that embeds it must not see it change.
func BuildPage(ctx context.Context, root string, say func(format string, args ...any), may <-chan struct{}) error {
	unlock, err := lockPage(root)
	if err != nil {
		return err
	}
	defer unlock()
	want, built, err := pageState(root)
	if err != nil || built {
		return err
	}
	if !HasNode(ctx) {
		return ErrNoNode
	}
	say("building the page")
	dir := filepath.Join(root, pageDir)
	if err := installPackages(ctx, dir, forBuilding); err != nil {
		return err
	}
	if err := npm(ctx, dir, []string{"WEMAPS_PAGE_OUT=dist", "WEMAPS_PAGE_QUICK=1"}, "run", "-s", "build"); err != nil {
		return err
	}
	if may != nil {
		select {
		case <-may:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return placePage(root, want)
}

// ForgetPage makes a page that was built from other sources count as none. Not beside a compiler that embeds it.
func ForgetPage(root string) error {
	if err := os.Remove(filepath.Join(root, pageStamp)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the page: %w", err)
	}
	return nil
}

// placePage puts the built page where it is embedded and served from.
func placePage(root, fingerprint string) error {
	next, dist := filepath.Join(root, pageNext), filepath.Join(root, pageDist)
	if err := os.RemoveAll(dist); err != nil {
		return fmt.Errorf("build the page: %w", err)
	}
	if err := os.Rename(next, dist); err != nil {
		return fmt.Errorf("build the page: %w", err)
	}
	if err := os.WriteFile(filepath.Join(root, pageStamp), []byte(fingerprint), 0o600); err != nil {
		return fmt.Errorf("build the page: %w", err)
	}
	return nil
}

// InstallPage installs what building and testing the page needs, unless it is there.
func InstallPage(ctx context.Context, root string) error {
	unlock, err := lockPage(root)
	if err != nil {
		return err
	}
	defer unlock()
	if !HasNode(ctx) {
		return ErrNoNode
	}
	return installPackages(ctx, filepath.Join(root, pageDir), forTesting)
}

// PreparePage installs what building the page needs, if it has to be built and can be.
func PreparePage(ctx context.Context, root string) error {
	unlock, err := lockPage(root)
	if err != nil {
		return err
	}
	defer unlock()
	if _, built, err := pageState(root); err != nil || built || !HasNode(ctx) {
		return err
	}
	return installPackages(ctx, filepath.Join(root, pageDir), forBuilding)
}

// PageIsBuilt tells whether BuildPage would have nothing to do.
func PageIsBuilt(root string) (bool, error) {
	_, built, err := pageState(root)
	return built, err
}

// pageState is the fingerprint of the page's sources, and whether the page that is there was made of them.
func pageState(root string) (want string, built bool, err error) {
	if want, err = fingerprint(root); err != nil {
		return "", false, err
	}
	have, err := os.ReadFile(filepath.Join(root, pageStamp))
	return want, err == nil && string(have) == want, nil
}

// lockPage keeps others from building at the same time. The lock ends with the process, however that ends.
func lockPage(root string) (unlock func(), err error) {
	f, err := os.Open(filepath.Join(root, pageDir, "package.json"))
	if err != nil {
		return nil, fmt.Errorf("lock the page: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock the page: %w", err)
	}
	return func() { _ = f.Close() }, nil
}

// fingerprint is a hash of all that the page is made of.
func fingerprint(root string) (string, error) {
	sum := sha256.New()
	for _, dir := range []string{pageDir, sdkDir + "/src"} {
		base := filepath.Join(root, dir)
		err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			switch d.Name() {
			case "node_modules", "embed", "docs", "dist":
				if d.IsDir() {
					return filepath.SkipDir
				}
			}
			if !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(d.Name(), ".md") || strings.HasSuffix(d.Name(), ".go") {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(sum, "%s %d\n", strings.TrimPrefix(path, root), len(data))
			_, _ = sum.Write(data) // a hash takes everything
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("look at the page's sources: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// HasNode tells whether there are npm and a Node that is new enough.
func HasNode(ctx context.Context) bool {
	if _, err := exec.LookPath("npm"); err != nil {
		return false
	}
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return false
	}
	return newEnough(strings.TrimSpace(string(out)))
}

func newEnough(version string) bool {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return errors.Join(err1, err2) == nil && (major > 20 || major == 20 && minor >= 19)
}

// purpose is what packages are installed for. The page is built without what it is tested with, a third of all.
type purpose struct {
	stamp string   // in node_modules, a copy of the lock file that they were installed from
	flags []string // of npm ci
}

var (
	forBuilding = purpose{".package-lock.build", []string{"--omit=dev"}}
	forTesting  = purpose{".package-lock.stamp", nil}
)

// installPackages does so unless they are those of the lock file already.
func installPackages(ctx context.Context, dir string, what purpose) error {
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return fmt.Errorf("install the page's packages: %w", err)
	}
	modules := filepath.Join(dir, "node_modules")
	for _, enough := range []purpose{forTesting, what} {
		if have, err := os.ReadFile(filepath.Join(modules, enough.stamp)); err == nil && bytes.Equal(have, lock) {
			return nil
		}
	}
	args := append([]string{"ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"}, what.flags...)
	if err := npm(ctx, dir, nil, args...); err != nil { // which removes the stamps, too
		return err
	}
	if err := os.WriteFile(filepath.Join(modules, what.stamp), lock, 0o600); err != nil {
		return fmt.Errorf("install the page's packages: %w", err)
	}
	return nil
}

func npm(ctx context.Context, dir string, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "npm", args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm %s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// PageCommand is `wemapsctl web`.
func PageCommand(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	root, err := Root()
	if err != nil {
		return err
	}
	built := false
	err = BuildPage(ctx, root, func(format string, args ...any) {
		built = true
		fmt.Printf(format+"\n", args...)
	}, nil)
	if err == nil && !built {
		fmt.Println("the page is built already")
	}
	return err
}
