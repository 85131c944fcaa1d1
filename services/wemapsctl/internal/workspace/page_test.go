package workspace

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestNewEnough(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"v20.19.0": true, "v20.18.3": false, "v18.20.4": false, "v22.0.0": true, "v24.1.2-nightly": true, "": false, "v": false, "vx.y.z": false} {
		if got := newEnough(version); got != want {
			t.Errorf("%q: %t", version, got)
		}
	}
}

// Whatever the page is made of makes it be built again; what it is not made of does not.
func TestPageState(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := func() {
		t.Helper()
		want, _, err := pageState(root)
		if err != nil {
			t.Fatal(err)
		}
		write(pageStamp, want)
	}
	is := func(name string, want bool) {
		t.Helper()
		if got, err := PageIsBuilt(root); err != nil || got != want {
			t.Errorf("%s: built is %t, %v", name, got, err)
		}
	}
	write(pageDir+"/package.json", "{}")
	write(pageDir+"/src/a.ts", "1")
	write(sdkDir+"/src/b.ts", "1")
	is("never", false)
	build()
	is("built", true)
	if err := PreparePage(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, pageDir, "node_modules")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("packages for a page that is built: %v", err)
	}
	for _, path := range []string{"/node_modules/x/index.js", "/embed/dist/index.html", "/README.md", "/docs/a.png", "/web.go", "/.gitignore"} {
		write(pageDir+path, "other")
		is(path, true)
	}
	for _, path := range []string{pageDir + "/src/a.ts", pageDir + "/src/new.ts", pageDir + "/package.json", sdkDir + "/src/b.ts"} {
		write(path, "other")
		is(path, false)
		build()
	}
	if err := os.Rename(filepath.Join(root, pageDir, "src/a.ts"), filepath.Join(root, pageDir, "src/c.ts")); err != nil {
		t.Fatal(err)
	}
	is("a file has another name", false)
	build()
	if err := errors.Join(ForgetPage(root), ForgetPage(root)); err != nil {
		t.Fatal(err)
	}
	is("forgotten", false)
	// What was built comes in place of what was there.
	write(pageDist+"/old.js", "x")
	write(pageNext+"/index.html", "<page>")
	want, _, err := pageState(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := placePage(root, want); err != nil {
		t.Fatal(err)
	}
	is("placed", true)
	if _, err := os.Stat(filepath.Join(root, pageDist, "old.js")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old page is still there: %v", err)
	}
}
