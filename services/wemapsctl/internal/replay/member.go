package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/client"
)

// member is one person on the way.
type member struct {
	*journey
	index   int
	account client.Account
	track   *Track
	delay   time.Duration // of the start, in real time

	mu     sync.Mutex
	socket *client.Socket // nil while disconnected
	where  Where
	onWay  bool
	ended  bool
}

var errJoin = errors.New("no answer to join-room")

// connect opens a socket and is in the room when it returns.
func (m *member) connect(ctx context.Context) error {
	socket, err := client.Dial(ctx, m.opt.Base, m.account.Token, m.opt.Protocol)
	if err != nil {
		return fmt.Errorf("%s: %w", m.account.Name, err)
	}
	stop := context.AfterFunc(ctx, socket.Close)
	timeout := time.AfterFunc(10*time.Second, socket.Close)
	defer timeout.Stop()
	if err := socket.Send(wire.EventJoinRoom, "", wire.RoomRef{RoomID: m.room.ID}); err != nil {
		stop()
		return fmt.Errorf("%s: %w", m.account.Name, err)
	}
	for {
		packet, err := socket.Read()
		switch {
		case err != nil:
			stop()
			return fmt.Errorf("%s: %w: %w", m.account.Name, errJoin, err)
		case packet.Event == wire.EventError:
			socket.Close()
			return fmt.Errorf("%s: %w", m.account.Name, client.Refusal(packet.Data))
		case packet.Event == wire.EventJoinedRoom:
			m.mu.Lock()
			m.socket = socket
			m.mu.Unlock()
			return nil
		}
		m.take(packet)
	}
}

// listen reads until ctx ends, connecting again when the connection is lost.
func (m *member) listen(ctx context.Context) {
	for ctx.Err() == nil {
		m.mu.Lock()
		socket := m.socket
		m.mu.Unlock()
		if socket == nil {
			if err := m.connect(ctx); err != nil {
				m.tally.fail(err.Error())
				run.Pause(ctx, time.Second)
				continue
			}
			m.tally.reconnected()
			continue
		}
		packet, err := socket.Read()
		if err == nil {
			m.take(packet)
			continue
		}
		socket.Close()
		m.mu.Lock()
		m.socket = nil
		m.mu.Unlock()
		if ctx.Err() == nil {
			m.tally.fail(m.account.Name + ": " + err.Error())
			run.Pause(ctx, 200*time.Millisecond)
		}
	}
}

func (m *member) take(packet client.Packet) {
	switch packet.Event {
	case wire.EventLocationConfirmed:
		m.tally.confirm(m.index)
	case wire.EventError:
		m.tally.fail(m.account.Name + ": " + client.Refusal(packet.Data).Error())
	case wire.EventLocationUpdated:
		var l wire.Location
		if err := json.Unmarshal(packet.Data, &l); err != nil {
			m.tally.fail(fmt.Sprintf("%s: a position that cannot be read: %v", m.account.Name, err))
			return
		}
		if sender, ok := m.byID[l.UserID]; ok && sender != m.index && l.RoomID == m.room.ID {
			m.tally.hear(m.index, sender, l.RecordedAt.UnixMilli(), l.DistanceToDestination, time.Now())
		}
	}
}

// drive sends where the member is until the track or ctx ends.
func (m *member) drive(ctx context.Context) {
	if !run.Pause(ctx, m.delay) {
		return
	}
	ticker := time.NewTicker(m.opt.Every)
	defer ticker.Stop()
	start := time.Now()
	for {
		elapsed := time.Duration(float64(time.Since(start)) * m.opt.Speed)
		where := m.track.Where(elapsed)
		m.mu.Lock()
		m.where, m.onWay, m.ended = where, true, where.Done
		socket := m.socket
		m.mu.Unlock()
		sent := socket != nil && m.report(socket, where)
		if where.Done && sent {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// maxSpeed is the fastest that the contract takes, in m/s.
const maxSpeed = 15_000.0

func (m *member) report(socket *client.Socket, w Where) bool {
	now := wire.At(time.Now())
	speed := min(w.Speed*m.opt.Speed, maxSpeed) // what the clock says: else nobody could go so fast
	update := wire.LocationUpdate{RoomID: m.room.ID, Latitude: &w.Lat, Longitude: &w.Lon, Speed: &speed, Bearing: &w.Bearing, RecordedAt: &now}
	if !math.IsNaN(w.Ele) {
		update.Altitude = &w.Ele
	}
	fix := now.UnixMilli()
	m.tally.did(m.index, fix) // before it is sent: the answer may be quick
	if err := socket.Send(wire.EventLocationUpdate, "", update); err != nil {
		m.tally.unsent(m.index, fix)
		return false
	}
	return true
}
