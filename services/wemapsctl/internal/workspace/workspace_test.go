package workspace

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whoever starts WeMaps for the first time waits for these before anything else is done: an HTTP client in one of them costs as much
// as all the rest of it.
func TestWhatIsCompiledFirstIsSmall(t *testing.T) {
	t.Parallel()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"github.com/go-task/task/v3/cmd/task", "github.com/wemaps/wemaps/services/wemapsctl/cmd/up"} {
		cmd := exec.Command("go", "list", "-deps", program)
		cmd.Dir = root
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		packages := strings.Fields(string(out))
		for _, large := range []string{"net/http", "crypto/tls", "database/sql"} {
			if slices.Contains(packages, large) {
				t.Errorf("%s needs %s", program, large)
			}
		}
		if !slices.Contains(packages, program) {
			t.Errorf("%s is not among what it is made of: %q", program, packages)
		}
	}
}

func TestReadEnv(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want map[string]string
	}{
		{"", map[string]string{}},
		{"# a comment\n\nA=1\nB = two words \n", nil}, // a space before the sign is no name
		{"A=1\r\nB=\nC=x=y==\n", map[string]string{"A": "1", "B": "", "C": "x=y=="}},
		{"export A='1 2'\nB=\"q\"\nC='\n", map[string]string{"A": "1 2", "B": "q", "C": "'"}},
		{"=1\n", nil},
		{"no sign\n", nil},
	} {
		path := filepath.Join(t.TempDir(), ".env")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadEnv(path)
		if (err != nil) != (c.want == nil) || !maps.Equal(got, c.want) {
			t.Errorf("%q: %v, %v; want %v", c.text, got, err, c.want)
		}
	}
	if got, err := ReadEnv(filepath.Join(t.TempDir(), "missing")); err != nil || len(got) != 0 {
		t.Errorf("missing file: %v, %v", got, err)
	}
}
