// Package client is what replay and load know of WeMaps: its public REST API
// and its two socket protocols, and nothing of its inside.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// REST calls the API of one deployment over connections that are kept.
type REST struct {
	base string
	http *http.Client
}

// NewREST calls base, e.g. http://localhost:8080, with up to parallel requests
// at once.
func NewREST(base string, parallel int) *REST {
	return &REST{base: strings.TrimRight(base, "/"), http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConns:        parallel,
		MaxIdleConnsPerHost: parallel,
		MaxConnsPerHost:     parallel,
	}}}
}

// Account is a signed-in user.
type Account struct {
	ID, Name, Token string
}

// APIError is an answer that says no.
type APIError struct {
	Status int
	wire.ErrorBody
}

func (e *APIError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.ErrorBody.Error)
}

// SignIn signs in by an open name, which is created if nobody has it.
func (r *REST) SignIn(ctx context.Context, name string) (Account, error) {
	var out wire.SignInResponse
	if err := r.call(ctx, http.MethodPost, "/api/auth/signin", "", wire.SignInRequest{Name: name}, &out); err != nil {
		return Account{}, fmt.Errorf("sign in as %q: %w", name, err)
	}
	return Account{ID: out.User.ID, Name: out.User.Name, Token: out.Token}, nil
}

// SignUp creates a claimed name.
func (r *REST) SignUp(ctx context.Context, name, password string) error {
	if err := r.call(ctx, http.MethodPost, "/api/auth/signup", "", wire.SignInRequest{Name: name, Password: &password}, nil); err != nil {
		return fmt.Errorf("sign up as %q: %w", name, err)
	}
	return nil
}

// SignInWith signs in by a claimed name.
func (r *REST) SignInWith(ctx context.Context, name, password string) error {
	if err := r.call(ctx, http.MethodPost, "/api/auth/signin", "", wire.SignInRequest{Name: name, Password: &password}, nil); err != nil {
		return fmt.Errorf("sign in as %q: %w", name, err)
	}
	return nil
}

// CreateRoom creates a room for a day; a becomes its owner.
func (r *REST) CreateRoom(ctx context.Context, a Account, name, destination string, lat, lng float64, maxMembers int) (wire.Room, error) {
	var out wire.RoomResponse
	in := wire.CreateRoomRequest{Name: &name, DestinationName: &destination, DestinationLat: &lat, DestinationLng: &lng, MaxMembers: &maxMembers}
	if err := r.call(ctx, http.MethodPost, "/api/rooms", a.Token, in, &out); err != nil {
		return wire.Room{}, fmt.Errorf("create a room: %w", err)
	}
	return out.Room, nil
}

// JoinRoom joins by code.
func (r *REST) JoinRoom(ctx context.Context, a Account, code string) error {
	if err := r.call(ctx, http.MethodPost, "/api/rooms/join", a.Token, wire.JoinRoomRequest{RoomCode: &code}, nil); err != nil {
		return fmt.Errorf("join room %s: %w", code, err)
	}
	return nil
}

// LeaveRoom leaves; the last one out closes the room.
func (r *REST) LeaveRoom(ctx context.Context, a Account, roomID string) error {
	if err := r.call(ctx, http.MethodPost, "/api/rooms/"+roomID+"/leave", a.Token, struct{}{}, nil); err != nil {
		return fmt.Errorf("leave the room: %w", err)
	}
	return nil
}

// Get reads path and forgets the answer.
func (r *REST) Get(ctx context.Context, a Account, path string) error {
	return r.call(ctx, http.MethodGet, path, a.Token, nil, nil)
}

func (r *REST) call(ctx context.Context, method, path, token string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, body)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20)) // to the end, else the connection is not kept
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		e := &APIError{Status: resp.StatusCode}
		if json.Unmarshal(raw, &e.ErrorBody) != nil || e.Code == "" {
			e.ErrorBody.Error = strings.TrimSpace(string(raw[:min(len(raw), 200)]))
		}
		return e
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

// Busy tells whether err asks to come again later.
func Busy(err error) bool {
	var e *APIError
	return errors.As(err, &e) && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable)
}
