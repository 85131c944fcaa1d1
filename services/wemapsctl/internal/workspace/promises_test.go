package workspace

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every promise in the README names the tests that hold it: they must be there.
func TestPromisesNameTestsThatExist(t *testing.T) {
	t.Parallel()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	const heading = "## Promises and the tests that hold them\n"
	_, section, ok := strings.Cut(string(readme), heading)
	if !ok {
		t.Fatalf("no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	file := regexp.MustCompile("`((?:libs|services)/[^`]*_test\\.go)`")
	name := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[^`]*)`")
	rows := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(strings.TrimSpace(cells[1]), "kind") || strings.HasPrefix(cells[1], "--") {
			continue // prose, and the head of the table
		}
		rows++
		if !name.MatchString(cells[3]) {
			t.Errorf("no test holds %q", strings.TrimSpace(cells[2]))
		}
		// Each file is followed by the tests in it.
		source, in := "", ""
		for _, at := range regexp.MustCompile("`[^`]*`").FindAllString(cells[3], -1) {
			switch {
			case file.MatchString(at):
				in = strings.Trim(at, "`")
				text, err := os.ReadFile(filepath.Join(root, in))
				if err != nil {
					t.Errorf("%q: %v", strings.TrimSpace(cells[2]), err)
				}
				source = string(text)
			case !name.MatchString(at):
				t.Errorf("%s is neither a file nor a test", at)
			case !strings.Contains(source, "\nfunc "+strings.Trim(at, "`")+"("):
				t.Errorf("%q: there is no %s in %q", strings.TrimSpace(cells[2]), at, in)
			}
		}
	}
	if rows < 15 {
		t.Errorf("only %d promises were found", rows)
	}
}
