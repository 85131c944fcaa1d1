// Package username decides what a user name may be and when two names are the
// same.
package username

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/wemaps/wemaps/services/auth/internal/account"
)

// Bounds of a name in characters (code points) after trimming.
const (
	Min = 2
	Max = 50
)

// Parse checks a name and finds its key. The text is kept as given, except for
// spaces around it and the composition of accents (NFC). The key decides which
// names are the same: those that differ only in upper and lower case, in the
// width or composition of characters, in invisible characters, or in the
// number of spaces look alike on a phone, and on a phone nobody chooses
// between "anna" and "Anna " on purpose. Errors are *account.NameError.
func Parse(raw string) (account.Name, error) {
	text := norm.NFC.String(strings.TrimSpace(raw))
	n := utf8.RuneCountInString(text)
	if n < Min || n > Max {
		return account.Name{}, &account.NameError{Reason: fmt.Sprintf("must have %d to %d characters", Min, Max)}
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' || directional(r) {
			return account.Name{}, &account.NameError{Reason: "must not contain control characters"}
		}
	}
	key := foldKey(text)
	if key == "" {
		return account.Name{}, &account.NameError{Reason: "must contain something visible"}
	}
	return account.Name{Text: text, Key: key}, nil
}

// directional tells whether r turns the direction of the text around it: with
// such a character a name can rewrite how its neighbours on the screen read.
func directional(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// foldKey is close to Unicode's NFKC_Casefold, with spaces collapsed.
func foldKey(text string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, text)
	// Folding can undo a composition and the other way round; the second pass
	// makes the key stable.
	fold := cases.Fold()
	folded := norm.NFKC.String(fold.String(norm.NFKC.String(visible)))
	return strings.Join(strings.Fields(fold.String(folded)), " ")
}
