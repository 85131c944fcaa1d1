package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// RefreshPrefix begins every refresh token, so that scanners and people know
// one when they find it where it does not belong.
const RefreshPrefix = "wm_ref_"

// RetryWindow is how long after its use a refresh token still gives the same
// successor. A phone that loses the answer in a tunnel tries again with the
// spent token; without the window that would end its session.
const RetryWindow = 10 * time.Second

const maxAgent = 200 // characters of a User-Agent that are kept

// Rotation replaces a refresh token by its successor.
type Rotation struct {
	Hash, NextHash []byte
	Agent          string
	Now            time.Time
	ExpiresAt      time.Time // of the successor and the session
	TokensUntil    time.Time
}

// RefreshState is what is known of a refresh token that was presented.
type RefreshState struct {
	ExpiresAt      time.Time
	SessionEnded   bool
	SpentAt        time.Time // zero = not spent
	SpentAgent     string    // who spent it
	SuccessorSpent bool
}

// Verdict is what to do about a presented refresh token.
type Verdict int

// The verdicts.
const (
	Refuse     Verdict = iota // too late, or the session has ended
	Advance                   // spend it and store its successor
	Repeat                    // the client did not hear us: the same successor again
	EndSession                // two parties hold the chain: neither may go on
)

// Judge decides about a refresh token. Successors are derived from their
// predecessors, so repeating one stores nothing; and as soon as anybody has
// used the successor, its predecessor is known to have arrived.
func (r Rotation) Judge(st RefreshState) Verdict {
	switch {
	case st.SessionEnded || !r.Now.Before(st.ExpiresAt):
		return Refuse
	case st.SpentAt.IsZero():
		return Advance
	case !st.SuccessorSpent && r.Now.Sub(st.SpentAt) <= RetryWindow && st.SpentAgent == r.Agent:
		return Repeat
	}
	return EndSession
}

// start opens a session.
func (s *Service) start(ctx context.Context, user User, from Client) (Tokens, error) {
	now := s.now()
	id := s.newID()
	access, expires, err := s.issuer.Issue(user, id, now)
	if err != nil {
		return Tokens{}, err
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	refresh := RefreshPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	session := Session{ID: id, UserID: user.ID, UserAgent: cut(from.Agent), CreatedAt: now, LastUsedAt: now,
		ExpiresAt: now.Add(max(s.RefreshTTL, s.TokenTTL)), TokensUntil: expires}
	if err := s.store.StartSession(ctx, session, hashToken(refresh)); err != nil {
		return Tokens{}, err
	}
	return Tokens{Access: access, ExpiresAt: expires, Refresh: refresh}, nil
}

// Refresh trades a refresh token for new tokens. The reuse of a spent one ends
// the session, except as RetryWindow says.
func (s *Service) Refresh(ctx context.Context, refresh string, from Client) (Tokens, error) {
	if !strings.HasPrefix(refresh, RefreshPrefix) {
		return Tokens{}, ErrInvalidToken
	}
	now := s.now()
	next := s.successor(refresh)
	r := Rotation{Hash: hashToken(refresh), NextHash: hashToken(next), Agent: cut(from.Agent), Now: now,
		ExpiresAt: now.Add(max(s.RefreshTTL, s.TokenTTL)), TokensUntil: now.Add(s.TokenTTL)}
	verdict := Refuse
	user, session, err := s.store.Rotate(ctx, r, func(st RefreshState) Verdict {
		verdict = r.Judge(st)
		return verdict
	})
	if err != nil {
		return Tokens{}, err
	}
	switch verdict {
	case Advance, Repeat:
	case EndSession:
		s.announce.Revoked(ctx, []Session{session})
		return Tokens{}, ErrSessionEnded
	default:
		return Tokens{}, ErrInvalidToken
	}
	access, expires, err := s.issuer.Issue(user, session.ID, now)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{Access: access, ExpiresAt: expires, Refresh: next}, nil
}

// Renew gives a new access token for a live session.
func (s *Service) Renew(ctx context.Context, userID, sessionID string) (Tokens, error) {
	now := s.now()
	user, err := s.store.Touch(ctx, userID, sessionID, now, now.Add(s.TokenTTL))
	if err != nil {
		return Tokens{}, err
	}
	access, expires, err := s.issuer.Issue(user, sessionID, now)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{Access: access, ExpiresAt: expires}, nil
}

// Active returns the user of a live session.
func (s *Service) Active(ctx context.Context, userID, sessionID string) (User, error) {
	return s.store.Active(ctx, userID, sessionID, s.now())
}

// Sessions lists live sessions, newest first.
func (s *Service) Sessions(ctx context.Context, userID string) ([]Session, error) {
	return s.store.Sessions(ctx, userID, s.now())
}

// EndSession ends one of the user's sessions.
func (s *Service) EndSession(ctx context.Context, userID, sessionID string) error {
	ended, err := s.store.EndSession(ctx, userID, sessionID, s.now())
	if err != nil {
		return err
	}
	s.announce.Revoked(ctx, []Session{ended})
	return nil
}

// EndSessions ends all of the user's sessions.
func (s *Service) EndSessions(ctx context.Context, userID string) error {
	ended, err := s.store.EndSessions(ctx, userID, s.now())
	if err != nil {
		return err
	}
	s.announce.Revoked(ctx, ended)
	return nil
}

// successor derives the next refresh token of the chain. Without the secret
// nobody can, though they hold the predecessor.
func (s *Service) successor(refresh string) string {
	mac := hmac.New(sha256.New, s.Secret)
	mac.Write([]byte("refresh\x00" + refresh))
	return RefreshPrefix + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// cut bounds a User-Agent and drops what Postgres or a log would choke on.
func cut(agent string) string {
	agent = strings.ToValidUTF8(strings.ReplaceAll(agent, "\x00", ""), "")
	if r := []rune(agent); len(r) > maxAgent {
		return string(r[:maxAgent])
	}
	return agent
}
