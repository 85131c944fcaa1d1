// Package jsonscan checks JSON (RFC 8259) in one pass and without memory of its
// own, and cuts its outermost level into parts. The standard library needs two
// passes and copies for that, and a client's packet is looked at this closely
// only once.
package jsonscan

import (
	"encoding/json"
	"errors"
)

// What is wrong with a text.
var (
	ErrJSON    = errors.New("invalid JSON")
	ErrNesting = errors.New("JSON is nested too deeply")
	ErrPayload = errors.New("invalid payload") // JSON of another kind
)

type scanner struct {
	b     []byte
	at    int
	depth int // levels that may still open
}

// SplitArray appends the elements of the array that b is to dst; they share b.
func SplitArray(dst []json.RawMessage, b []byte, depth int) ([]json.RawMessage, error) {
	s := scanner{b: b, depth: depth}
	s.space()
	if !s.take('[') {
		return dst, ErrPayload
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
				return dst, ErrJSON
			}
		}
	}
	return dst, s.end()
}

// CheckObject reports whether b is one JSON object.
func CheckObject(b []byte, depth int) error {
	s := scanner{b: b, depth: depth}
	s.space()
	if s.peek() != '{' {
		return ErrPayload
	}
	if err := s.value(); err != nil {
		return err
	}
	return s.end()
}

// EachMember calls fn with the key, in its quotes, and the value of each member of the object that b is; they share
// b. Members before a fault have been handed over when it is found.
func EachMember(b []byte, depth int, fn func(key, value []byte)) error {
	s := scanner{b: b, depth: depth - 1}
	if s.space(); !s.take('{') {
		return ErrPayload
	}
	if s.space(); s.take('}') {
		return s.end()
	}
	for {
		s.space()
		from := s.at
		if err := s.text(); err != nil {
			return err
		}
		key := b[from:s.at:s.at]
		if s.space(); !s.take(':') {
			return ErrJSON
		}
		s.space()
		from = s.at
		if err := s.value(); err != nil {
			return err
		}
		fn(key, b[from:s.at:s.at])
		if s.space(); s.take('}') {
			return s.end()
		}
		if !s.take(',') {
			return ErrJSON
		}
	}
}

func (s *scanner) end() error {
	if s.space(); s.at < len(s.b) {
		return ErrJSON
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
			return ErrNesting
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
				return ErrJSON
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
			return ErrJSON
		}
	}
}

func (s *scanner) word(w string) error {
	if len(s.b)-s.at < len(w) || string(s.b[s.at:s.at+len(w)]) != w {
		return ErrJSON
	}
	s.at += len(w)
	return nil
}

func (s *scanner) text() error {
	if !s.take('"') {
		return ErrJSON
	}
	for s.at < len(s.b) {
		c := s.b[s.at]
		s.at++
		switch {
		case c == '"':
			return nil
		case c < ' ':
			return ErrJSON
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		}
	}
	return ErrJSON
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
				return ErrJSON
			}
			s.at++
		}
		return nil
	}
	return ErrJSON
}

func (s *scanner) number() error {
	s.take('-')
	if !s.take('0') && s.digits() == 0 {
		return ErrJSON
	}
	if s.take('.') && s.digits() == 0 {
		return ErrJSON
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		if s.digits() == 0 {
			return ErrJSON
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
