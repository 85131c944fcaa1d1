package message

import (
	"strings"
	"testing"
)

func TestRefKeys(t *testing.T) {
	// not parallel: it counts allocations
	seen := map[string]bool{}
	for _, parts := range [][4]string{{"e", "s", "1", "text"}, {"e", "s", "2", "text"}, {"e", "s", "1", "texts"}, {"e", "s1", "", "text"}, {"es", "", "1", "text"},
		{"e", "s", "1", strings.Repeat("long", 500)}, {"e", "s", "1", strings.Repeat("long", 501)}} {
		key := RefKey(parts[0], parts[1], parts[2], parts[3])
		if len(key) != 24 || !strings.HasPrefix(key, "r:") || strings.Contains(key, "\x00") {
			t.Errorf("%q", key)
		}
		if seen[key] || key != RefKey(parts[0], parts[1], parts[2], parts[3]) {
			t.Errorf("%q is not the key of %q alone, or not always", key, parts)
		}
		seen[key] = true
	}
	if n := testing.AllocsPerRun(100, func() { RefKey("edge", "socket", "ref", "text") }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
