package socketio

import (
	"encoding/json"
	"errors"
)

var (
	errJSON    = errors.New("invalid JSON")
	errNesting = errors.New("JSON is nested too deeply")
	errPayload = errors.New("invalid payload")
)

// scanner checks JSON (RFC 8259) in one pass and without memory of its own. The
// standard library needs two passes and copies to split an array, and a client's
// packet is looked at this closely only once.
type scanner struct {
	b     []byte
	at    int
	depth int // levels that may still open
}

// splitArray appends the elements of the array that b is to dst; they share b.
func splitArray(dst []json.RawMessage, b []byte, depth int) ([]json.RawMessage, error) {
	s := scanner{b: b, depth: depth}
	s.space()
	if !s.take('[') {
		return dst, errPayload
	}
	s.depth--
	if s.space(); !s.take(']') {
		for {
			s.space()
			from := s.at
			if err := s.value(); err != nil {
				return dst, err
			}
			dst = append(dst, b[from:s.at:s.at])
			s.space()
			if s.take(']') {
				break
			}
			if !s.take(',') {
				return dst, errJSON
			}
		}
	}
	return dst, s.end()
}

// checkObject reports whether b is one JSON object.
func checkObject(b []byte, depth int) error {
	s := scanner{b: b, depth: depth}
	s.space()
	if s.peek() != '{' {
		return errPayload
	}
	if err := s.value(); err != nil {
		return err
	}
	return s.end()
}

func (s *scanner) end() error {
	if s.space(); s.at < len(s.b) {
		return errJSON
	}
	return nil
}

// peek returns 0, which no JSON contains, at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.b) {
		return s.b[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) space() {
	for s.at < len(s.b) {
		switch s.b[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) value() error {
	switch c := s.peek(); c {
	case '"':
		return s.text()
	case '{', '[':
		if s.depth--; s.depth < 0 {
			return errNesting
		}
		s.at++
		err := s.members(c == '{', c+2) // '{' and '[' are two before '}' and ']'
		s.depth++
		return err
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

func (s *scanner) members(object bool, end byte) error {
	if s.space(); s.take(end) {
		return nil
	}
	for {
		s.space()
		if object {
			if err := s.text(); err != nil {
				return err
			}
			if s.space(); !s.take(':') {
				return errJSON
			}
			s.space()
		}
		if err := s.value(); err != nil {
			return err
		}
		s.space()
		if s.take(end) {
			return nil
		}
		if !s.take(',') {
			return errJSON
		}
	}
}

func (s *scanner) word(w string) error {
	if len(s.b)-s.at < len(w) || string(s.b[s.at:s.at+len(w)]) != w {
		return errJSON
	}
	s.at += len(w)
	return nil
}

func (s *scanner) text() error {
	if !s.take('"') {
		return errJSON
	}
	for s.at < len(s.b) {
		c := s.b[s.at]
		s.at++
		switch {
		case c == '"':
			return nil
		case c < ' ':
			return errJSON
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		}
	}
	return errJSON
}

func (s *scanner) escape() error {
	c := s.peek()
	s.at++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			if !isHex(s.peek()) {
				return errJSON
			}
			s.at++
		}
		return nil
	}
	return errJSON
}

func (s *scanner) number() error {
	s.take('-')
	if !s.take('0') && s.digits() == 0 {
		return errJSON
	}
	if s.take('.') && s.digits() == 0 {
		return errJSON
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		if s.digits() == 0 {
			return errJSON
		}
	}
	return nil
}

func (s *scanner) digits() (n int) {
	for isDigit(s.peek()) {
		s.at++
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
