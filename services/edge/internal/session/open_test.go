package session

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/token"
	"github.com/wemaps/wemaps/libs/wire"
)

// busyDoor is one at which something happens after it has looked at a token, and before anybody knows of the session.
type busyDoor struct {
	happens func()
	revoked bool
	name    string
}

func (d *busyDoor) Admit(context.Context, string, string) (token.Claims, []string, error) {
	c, _ := d.Again(context.Background(), "")
	d.happens()
	return c, nil, nil
}

func (d *busyDoor) Again(context.Context, string) (token.Claims, error) {
	if d.revoked {
		return token.Claims{}, wire.NewError(wire.CodeInvalidToken)
	}
	return token.Claims{UserID: "u1", Name: d.name, SessionID: "s1", ExpiresAt: time.Now().Add(time.Hour)}, nil
}

// A session that is ended, or a user who is renamed, in the moment in which a socket comes in: the bus tells of it once, and
// finds no such socket.
func TestWhatIsToldWhileASocketComesIn(t *testing.T) {
	t.Parallel()
	door := &busyDoor{name: "Ann", happens: func() {}}
	m := New(Config{EdgeID: "e1"}, Deps{Door: door, Presence: modelPresence{}, Log: zap.NewNop(), Registry: prometheus.NewRegistry()})
	open := func() (*Session, error) { return m.Open(context.Background(), &modelClient{}, Handshake{Token: "t"}) }

	door.happens = func() { door.name = "Anna"; m.Rename("u1", "Anna") }
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if s.name() != "Anna" {
		t.Errorf("the name is %q", s.name())
	}
	s.end(false)

	door.happens = func() {
		door.revoked = true
		m.Each(func(_, sessionID string, _ func()) { t.Errorf("session %s is there already", sessionID) })
	}
	var we *wire.Error
	if _, err = open(); !errors.As(err, &we) || we.Code != wire.CodeInvalidToken {
		t.Errorf("a socket of an ended session came in: %v", err)
	}
	if m.Count() != 0 {
		t.Errorf("%d sessions are left", m.Count())
	}
}
