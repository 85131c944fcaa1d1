package consume

import (
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// errNotJSON says that a command's data is not one JSON object.
var errNotJSON = errors.New("not a JSON object")

// scanner reads JSON (RFC 8259) from a string without copying it. It exists
// because encoding/json needs about ten times as long for a fix, which would be
// a third of the whole cost of an update.
type scanner struct {
	s string
	i int
}

const maxDepth = 1000

func (sc *scanner) space() {
	for sc.i < len(sc.s) {
		switch sc.s[sc.i] {
		case ' ', '\t', '\n', '\r':
			sc.i++
		default:
			return
		}
	}
}

// next is the next byte that is not space, without reading it; 0 at the end.
func (sc *scanner) next() byte {
	sc.space()
	if sc.i < len(sc.s) {
		return sc.s[sc.i]
	}
	return 0
}

// take reads the byte c, after space.
func (sc *scanner) take(c byte) bool {
	if sc.next() != c {
		return false
	}
	sc.i++
	return true
}

// text reads a string.
func (sc *scanner) text() (string, bool) {
	if !sc.take('"') {
		return "", false
	}
	start, plain := sc.i, true
	for sc.i < len(sc.s) {
		switch c := sc.s[sc.i]; {
		case c == '"':
			raw := sc.s[start:sc.i]
			sc.i++
			if plain || utf8.ValidString(raw) && !hasEscape(raw) {
				return raw, true
			}
			var s string
			err := json.Unmarshal([]byte(sc.s[start-1:sc.i]), &s)
			return s, err == nil
		case c == '\\':
			plain = false
			sc.i += 2
		case c < ' ':
			return "", false
		default:
			plain = plain && c < utf8.RuneSelf
			sc.i++
		}
	}
	return "", false
}

func hasEscape(raw string) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' {
			return true
		}
	}
	return false
}

// number reads a number and returns its text.
func (sc *scanner) number() (string, bool) {
	sc.space()
	start := sc.i
	if sc.i < len(sc.s) && sc.s[sc.i] == '-' {
		sc.i++
	}
	switch {
	case sc.i < len(sc.s) && sc.s[sc.i] == '0':
		sc.i++
	case !sc.digits():
		return "", false
	}
	if sc.i < len(sc.s) && sc.s[sc.i] == '.' {
		sc.i++
		if !sc.digits() {
			return "", false
		}
	}
	if sc.i < len(sc.s) && (sc.s[sc.i] == 'e' || sc.s[sc.i] == 'E') {
		sc.i++
		if sc.i < len(sc.s) && (sc.s[sc.i] == '+' || sc.s[sc.i] == '-') {
			sc.i++
		}
		if !sc.digits() {
			return "", false
		}
	}
	return sc.s[start:sc.i], true
}

func (sc *scanner) digits() bool {
	start := sc.i
	for sc.i < len(sc.s) && sc.s[sc.i] >= '0' && sc.s[sc.i] <= '9' {
		sc.i++
	}
	return sc.i > start
}

func (sc *scanner) literal(word string) bool {
	sc.space()
	if len(sc.s)-sc.i < len(word) || sc.s[sc.i:sc.i+len(word)] != word {
		return false
	}
	sc.i += len(word)
	return true
}

// skip reads any value and forgets it.
func (sc *scanner) skip(depth int) bool {
	switch c := sc.next(); c {
	case '"':
		_, ok := sc.text()
		return ok
	case 't':
		return sc.literal("true")
	case 'f':
		return sc.literal("false")
	case 'n':
		return sc.literal("null")
	case '{', '[':
		if depth >= maxDepth {
			return false
		}
		if c == '{' {
			return sc.object(func(string) bool { return sc.skip(depth + 1) })
		}
		return sc.array(depth)
	default:
		_, ok := sc.number()
		return ok
	}
}

func (sc *scanner) array(depth int) bool {
	sc.i++
	if sc.take(']') {
		return true
	}
	for sc.skip(depth + 1) {
		if sc.take(']') {
			return true
		}
		if !sc.take(',') {
			return false
		}
	}
	return false
}

// object reads an object; member is called before each value and must read it.
func (sc *scanner) object(member func(key string) bool) bool {
	if !sc.take('{') {
		return false
	}
	if sc.take('}') {
		return true
	}
	for {
		key, ok := sc.text()
		if !ok || !sc.take(':') || !member(key) {
			return false
		}
		if sc.take('}') {
			return true
		}
		if !sc.take(',') {
			return false
		}
	}
}
