package room

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of the contract. Lengths are in characters after trimming.
const (
	MinName, MaxName               = 3, 100
	MinPlaceName, MaxPlaceName     = 1, 200
	MinNickname, MaxNickname       = 1, 50
	MinMembers, MaxMembers         = 2, 50
	DefaultMembers                 = 8
	MinLifeHours, MaxLifeHours     = 1, 168
	DefaultLifeHours               = 24
	MaxWaypoints                   = 20
	MinShareHours, MaxShareHours   = 1, 168
	DefaultShareHours, MaxShares   = 24, 20
	CodeLength                     = 6
	codeAlphabet                   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	invalidFormat, invalidNumberOf = "must be %d to %d characters", "must be %v to %v"
)

// Draft is a room as somebody asks for it; nil means the default.
type Draft struct {
	Name        string
	Destination Place
	MaxMembers  *int
	LifeHours   *float64
}

// Check trims the texts and checks every bound; the error is an *InvalidError.
func (d *Draft) Check() error {
	var err error
	if d.Name, err = text("name", d.Name, MinName, MaxName); err != nil {
		return err
	}
	if err := d.Destination.check("destinationName", "destinationLat", "destinationLng"); err != nil {
		return err
	}
	if d.MaxMembers != nil {
		if err := between("maxMembers", float64(*d.MaxMembers), MinMembers, MaxMembers); err != nil {
			return err
		}
	}
	if d.LifeHours != nil {
		return between("expiresIn", *d.LifeHours, MinLifeHours, MaxLifeHours)
	}
	return nil
}

// Patch is a change to a room; nil leaves a field as it is.
type Patch struct {
	Name            *string
	DestinationName *string
	DestinationLat  *float64
	DestinationLng  *float64
	Waypoints       *[]Place
	MaxMembers      *int
	LifeHours       *float64 // counted from now
}

// Check trims the texts and checks every bound that does not depend on the room.
func (p *Patch) Check() error {
	if *p == (Patch{}) {
		return ErrNoUpdates
	}
	if p.Name != nil {
		name, err := text("name", *p.Name, MinName, MaxName)
		if err != nil {
			return err
		}
		p.Name = &name
	}
	if p.DestinationName != nil {
		name, err := text("destinationName", *p.DestinationName, MinPlaceName, MaxPlaceName)
		if err != nil {
			return err
		}
		p.DestinationName = &name
	}
	for _, n := range []struct {
		field    string
		value    *float64
		low, top float64
	}{{"destinationLat", p.DestinationLat, -90, 90}, {"destinationLng", p.DestinationLng, -180, 180},
		{"expiresIn", p.LifeHours, MinLifeHours, MaxLifeHours}} {
		if n.value != nil {
			if err := between(n.field, *n.value, n.low, n.top); err != nil {
				return err
			}
		}
	}
	if p.MaxMembers != nil {
		if err := between("maxMembers", float64(*p.MaxMembers), MinMembers, MaxMembers); err != nil {
			return err
		}
	}
	return p.checkWaypoints()
}

func (p *Patch) checkWaypoints() error {
	if p.Waypoints == nil {
		return nil
	}
	if len(*p.Waypoints) > MaxWaypoints {
		return &InvalidError{"waypoints", fmt.Sprintf("must be at most %d", MaxWaypoints)}
	}
	for i := range *p.Waypoints {
		at := fmt.Sprintf("waypoints[%d].", i)
		if err := (*p.Waypoints)[i].check(at+"name", at+"lat", at+"lng"); err != nil {
			return err
		}
	}
	return nil
}

func (p *Place) check(name, lat, lng string) error {
	var err error
	if p.Name, err = text(name, p.Name, MinPlaceName, MaxPlaceName); err != nil {
		return err
	}
	if err := between(lat, p.Lat, -90, 90); err != nil {
		return err
	}
	return between(lng, p.Lng, -180, 180)
}

// CheckNickname trims a nickname and checks its bounds.
func CheckNickname(s string) (string, error) { return text("nickname", s, MinNickname, MaxNickname) }

// CheckCode brings a code as people type it into its form.
func CheckCode(s string) (string, error) {
	code := strings.ToUpper(strings.TrimSpace(s))
	if len(code) != CodeLength || strings.Trim(code, codeAlphabet) != "" {
		return "", &InvalidError{"roomCode", fmt.Sprintf("must be %d letters or digits", CodeLength)}
	}
	return code, nil
}

// hours turns a number of hours, within its bounds, into a duration of whole milliseconds.
func hours(h float64) time.Duration {
	return time.Duration(h * float64(time.Hour)).Truncate(time.Millisecond)
}

func text(field, s string, low, top int) (string, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n < low || n > top {
		return "", &InvalidError{field, fmt.Sprintf(invalidFormat, low, top)}
	}
	// Postgres refuses NUL, and no other control character belongs into a name either.
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", &InvalidError{field, "must not contain control characters"}
	}
	return s, nil
}

func between(field string, v, low, top float64) error {
	if math.IsNaN(v) || v < low || v > top {
		return &InvalidError{field, fmt.Sprintf(invalidNumberOf, low, top)}
	}
	return nil
}
