package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/edge/internal/bus"
	"github.com/wemaps/wemaps/services/edge/internal/hub"
	"github.com/wemaps/wemaps/services/edge/internal/native"
	"github.com/wemaps/wemaps/services/edge/internal/presence"
	"github.com/wemaps/wemaps/services/edge/internal/session"
	"github.com/wemaps/wemaps/services/edge/internal/socketio"
)

// socketIOApp lets the sessions speak Socket.IO.
type socketIOApp struct{ sessions *session.Manager }

func (a socketIOApp) Open(ctx context.Context, c socketio.AppConn, h socketio.AppHandshake) (socketio.AppSession, error) {
	s, err := a.sessions.Open(ctx, c, session.Handshake{Token: h.Token, RemoteIP: h.RemoteIP, UserAgent: h.UserAgent,
		Origin: h.Origin, Query: h.Query, Auth: h.Auth})
	if err != nil {
		return nil, refusal{err}
	}
	return s, nil
}

// refusal shows a client the sentence of an error, and its code as data.
type refusal struct{ error }

func (r refusal) wire() *wire.Error {
	var we *wire.Error
	if !errors.As(r.error, &we) {
		return wire.NewError(wire.CodeInternal)
	}
	return we
}

// Error is what existing apps compare.
func (r refusal) Error() string { return r.wire().Message }

// ErrorData implements socketio.ErrorData.
func (r refusal) ErrorData() json.RawMessage {
	data, _ := json.Marshal(r.wire().OnSocket("", "", "")) // always marshals
	return data
}

// Temporary implements socketio.Temporary: what is wrong is on this side. Where there are
// too many connections already, the client is told.
func (r refusal) Temporary() bool {
	e := r.wire()
	return wire.Lookup(e.Code).Retryable && e.HTTPStatus() >= http.StatusInternalServerError
}

// nativeApp lets the sessions speak the native protocol.
type nativeApp struct{ sessions *session.Manager }

func (a nativeApp) Open(ctx context.Context, c *native.Conn, h native.Handshake) (native.Session, error) {
	s, err := a.sessions.Open(ctx, c, session.Handshake(h))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// seats shows presence who is here.
type seats struct{ rooms *hub.Hub }

func (s seats) Seats(roomID string) []presence.Seat {
	members := s.rooms.Members(roomID)
	all := make([]presence.Seat, 0, len(members))
	for _, m := range members {
		if seat, ok := m.(*session.Seat); ok && seat.Entered() {
			all = append(all, presence.Seat{UserID: seat.UserID(), UserName: seat.UserName(), SocketID: seat.SocketID()})
		}
	}
	return all
}

// viewers shows the bus who watches.
type viewers struct{ *bus.Bus }

func (v viewers) EnterViewer(ctx context.Context, w *session.Viewer) error {
	return v.Bus.EnterViewer(ctx, w)
}
func (v viewers) LeaveViewer(w *session.Viewer) { v.Bus.LeaveViewer(w) }
