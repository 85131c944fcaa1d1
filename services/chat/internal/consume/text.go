package consume

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/wemaps/wemaps/libs/wire"
)

// cleanText is a message's text as it is stored: Unicode NFC, trimmed, line
// ends as \n. Refused are texts that show nothing, are longer than
// wire.MaxMessageRunes characters, or hold control characters other than tab
// and line feed.
func cleanText(raw string) (string, error) {
	text := strings.TrimSpace(norm.NFC.String(strings.ReplaceAll(strings.ToValidUTF8(raw, "\uFFFD"), "\r\n", "\n")))
	visible := false
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return "", wire.Invalid("content", "must not contain control characters")
		}
		visible = visible || unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	if n := utf8.RuneCountInString(text); !visible || n > wire.MaxMessageRunes {
		return "", wire.Invalid("content", fmt.Sprintf("must have 1 to %d characters", wire.MaxMessageRunes))
	}
	return text, nil
}

// checkID refuses ids that are too long or hold what no id holds.
func checkID(field, id string, longest int) error {
	if len(id) > longest || !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl) {
		return wire.Invalid(field, fmt.Sprintf("must have at most %d bytes and no control characters", longest))
	}
	return nil
}

// cleanName keeps a name storable; its rules are auth's business.
func cleanName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
}
