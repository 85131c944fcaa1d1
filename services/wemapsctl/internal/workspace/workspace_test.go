package workspace

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

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
