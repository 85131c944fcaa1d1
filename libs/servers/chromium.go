package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// EnvChromium names the browser's binary when it is in an unusual place.
const EnvChromium = "WEMAPS_CHROMIUM"

const minChromium = 123 // what the page is built for

var chromiumVersion = regexp.MustCompile(`(?m)^(?:Chromium|Google Chrome)[^\d]*((\d+)\.[.\d]+)`)

// FindChromium looks for Chromium or Chrome, with which the page is tested.
func FindChromium(ctx context.Context) (Origin, error) {
	if path := os.Getenv(EnvChromium); path != "" {
		o, err := checkChromium(ctx, path)
		if err != nil {
			return Origin{}, fmt.Errorf("%s=%s: %w", EnvChromium, path, err)
		}
		return o, nil
	}
	var paths []string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			paths = append(paths, path)
		}
	}
	paths = append(paths, "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")
	return firstFitting(ctx, fmt.Sprintf("Chromium %d or newer", minChromium), paths, checkChromium)
}

// ProvideChromium is FindChromium, then the system's package manager.
func ProvideChromium(ctx context.Context, say func(string)) (Origin, error) {
	return provide(ctx, say, provision{
		what: fmt.Sprintf("Chromium %d or newer", minChromium), find: FindChromium, env: EnvChromium, machineOnly: true,
		packages: map[string][]string{"apt-get": {"chromium"}, "dnf": {"chromium"}, "apk": {"chromium"}, "brew": {"--cask", "chromium"}},
	})
}

func checkChromium(ctx context.Context, path string) (Origin, error) {
	if _, err := os.Stat(path); err != nil {
		return Origin{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return Origin{}, fmt.Errorf("%s --version: %w", path, err)
	}
	m := chromiumVersion.FindStringSubmatch(string(out))
	if m == nil {
		return Origin{}, fmt.Errorf("%s does not tell its version", path)
	}
	if major, err := strconv.Atoi(m[2]); err != nil || major < minChromium {
		return Origin{}, fmt.Errorf("%s is version %s, older than %d", path, m[1], minChromium)
	}
	return Origin{Path: path, Version: m[1]}, nil
}
