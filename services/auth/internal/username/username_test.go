package username

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// inherited mistake 25: names that differ in surrounding spaces were different users.
func TestSameName(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ a, b string }{
		{"Anna", " Anna "}, {"Anna", "\u00a0Anna\t"}, {"Anna", "anna"}, {"Anna Maria", "Anna   Maria"},
		{"Zoë", "Zoe\u0308"}, {"Straße", "STRASSE"}, {"Ａnna", "Anna"}, {"An\u200dna", "Anna"}, {"ΣΊΣΥΦΟΣ", "σίσυφος"},
	} {
		a, errA := Parse(tc.a)
		b, errB := Parse(tc.b)
		if errA != nil || errB != nil || a.Key != b.Key {
			t.Errorf("%q (%q, %v) and %q (%q, %v) must be the same name", tc.a, a.Key, errA, tc.b, b.Key, errB)
		}
	}
	for _, tc := range []struct{ a, b string }{{"Anna", "Ana"}, {"Anna Maria", "AnnaMaria"}, {"Zoe", "Zoë"}} {
		a, _ := Parse(tc.a)
		b, _ := Parse(tc.b)
		if a.Key == b.Key {
			t.Errorf("%q and %q must be different names", tc.a, tc.b)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"  Bo ": "Bo", "李雷": "李雷", "Zoe\u0308": "Zoë", "Anna  B": "Anna  B", strings.Repeat("ü", 50): strings.Repeat("ü", 50), "👩‍🚀 Jo": "👩‍🚀 Jo",
	} {
		if got, err := Parse(raw); err != nil || got.Text != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", raw, got.Text, err, want)
		}
	}
	for _, raw := range []string{"", " ", "A", " A ", strings.Repeat("x", 51), "A\nB", "A\x00B", "A\x7fB", "A\u2028B", "A\u202eB", "\u200b\u200b\u200b", "A\ufffdB"} {
		var nameErr *account.NameError
		if _, err := Parse(raw); !errors.As(err, &nameErr) {
			t.Errorf("Parse(%q) must be refused, got %v", raw, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"Anna", " ẞ", "ﬃ", "a\u0345", "\u1e9e\u0308"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if !utf8.ValidString(raw) {
			t.Skip("bodies are checked to be UTF-8 before")
		}
		name, err := Parse(raw)
		if err != nil {
			return
		}
		again, err := Parse(name.Text)
		if err != nil || again != name {
			t.Fatalf("a parsed name must parse to itself: %q → %+v, %v", raw, again, err)
		}
		if strings.TrimSpace(name.Key) != name.Key || foldKey(name.Key) != name.Key {
			t.Fatalf("key of %q is not stable: %q → %q", raw, name.Key, foldKey(name.Key))
		}
	})
}
