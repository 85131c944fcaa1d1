package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
)

var restClient = &http.Client{Timeout: 15 * time.Second}

// rest makes one call to an edge. status 0 means that there was no answer.
func (r *runner) rest(ctx context.Context, edge int, token, method, path string, body, dst any) (status int, err error) {
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.world.edges[edge]+path, reader)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	response, err := restClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return response.StatusCode, fmt.Errorf("%s %s: %d %.200s", method, path, response.StatusCode, raw)
	}
	if dst == nil {
		return response.StatusCode, nil
	}
	return response.StatusCode, json.Unmarshal(raw, dst)
}

// wander joins and leaves a room until the person is quiet. A call that was
// not answered is repeated until it is, so that in the end everybody knows
// whether the person is in.
func (p *person) wander(ctx context.Context) {
	room := p.r.rooms[p.id%len(p.r.rooms)]
	for in := true; run.Pause(ctx, p.say+time.Duration(p.id%4)*p.say/2); in = !in {
		p.mu.Lock()
		quiet := p.quiet
		p.mu.Unlock()
		if quiet {
			return
		}
		if in {
			p.insist(ctx, http.MethodPost, "/api/rooms/"+room.ID+"/leave", struct{}{})
		} else {
			p.comes(room.ID)
			p.insist(ctx, http.MethodPost, "/api/rooms/join", wire.JoinRoomRequest{RoomCode: &room.RoomCode})
		}
		if ctx.Err() != nil {
			return
		}
		p.mu.Lock()
		if in {
			p.rooms, p.left[room.ID] = nil, time.Now()
			delete(p.resume, room.ID)
		} else {
			p.rooms = []string{room.ID}
			p.resume[room.ID] = time.Now()
		}
		p.mu.Unlock()
	}
}

// comes says that the person asks to be let in. From then on it may be in: the
// answer can be held up for long by an edge that hangs.
func (p *person) comes(room string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.left, room)
}

// insist repeats a call until it was answered with anything but "later".
func (p *person) insist(ctx context.Context, method, path string, body any) {
	p.mu.Lock()
	p.busy = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.busy = false
		p.mu.Unlock()
	}()
	for edge := p.id; ; edge++ {
		status, err := p.r.rest(ctx, edge%replicas, p.account.Token, method, path, body, nil)
		switch {
		case err == nil || status == http.StatusConflict || status == http.StatusForbidden: // done, perhaps by an earlier try
			return
		case status == http.StatusInternalServerError || status >= 400 && status < 500 && status != http.StatusTooManyRequests:
			p.r.verdict.add(kindRefusal, p.account.Name, "", "%v", err)
		}
		p.r.trace(p, "asks again: %v", err)
		if !run.Pause(ctx, 300*time.Millisecond) {
			return
		}
	}
}
