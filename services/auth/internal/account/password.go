package account

import (
	"unicode"
	"unicode/utf8"
)

// Bounds of a new password, in characters. Every byte counts: nothing is cut,
// trimmed or normalised.
const (
	MinPassword = 6
	MaxPassword = 100
)

// CheckNewPassword holds the rules for passwords that are set now. Passwords
// of imported accounts are only ever compared.
func CheckNewPassword(field, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case password == "":
		return &FieldError{field, "is required"}
	case n < MinPassword:
		return &FieldError{field, "must have at least 6 characters"}
	case n > MaxPassword:
		return &FieldError{field, "must have at most 100 characters"}
	}
	var lower, upper, digit bool
	for _, r := range password {
		lower = lower || unicode.IsLower(r)
		upper = upper || unicode.IsUpper(r)
		digit = digit || unicode.IsDigit(r)
	}
	switch {
	case !lower:
		return &FieldError{field, "must contain a lower-case letter"}
	case !upper:
		return &FieldError{field, "must contain an upper-case letter"}
	case !digit:
		return &FieldError{field, "must contain a digit"}
	}
	return nil
}
