package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// call returns status and body of a request; body "" sends none.
func (b *bed) call(method, url, bearer, body string) (int, []byte) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		b.t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, data
}

func TestREST(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	ears := b.listen(wire.ChannelRoom(room))
	base, _ := b.replica()
	other, _ := b.replica() // most likely owns nothing: replies must find their way
	url := "/api/rooms/" + room + "/messages"
	ann, eve := b.bearer("ann"), b.bearer("eve")

	status, body := b.call("POST", other+url, ann, `{"content":"hello","clientId":"c1","ignored":1}`)
	var posted struct{ Message wire.Message }
	if err := json.Unmarshal(body, &posted); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	if m := posted.Message; m.Content != "hello" || m.Seq != 1 || m.UserName != "name of ann" || m.ClientID != "c1" || time.Since(m.Timestamp.Time) > time.Minute {
		t.Fatalf("%+v", m)
	}
	if e := ears.until(t, 1)[0]; e.Seq != 1 {
		t.Fatalf("%+v", e)
	}
	if status, again := b.call("POST", base+url, ann, `{"content":"hello","clientId":"c1"}`); status != http.StatusCreated || !bytes.Equal(again, body) {
		t.Fatalf("retry: %d %s, want %s", status, again, body)
	}
	for _, u := range []string{base, other} {
		status, body := b.call("GET", u+url, ann, "")
		var h wire.ChatHistory
		if err := json.Unmarshal(body, &h); err != nil || status != http.StatusOK || len(h.Messages) != 1 || h.HasMore {
			t.Fatalf("%d %s", status, body)
		}
	}
	for name, c := range map[string]struct {
		method, path, bearer, body string
		status                     int
		code                       wire.Code
	}{
		"no token":         {"GET", url, "", "", 401, wire.CodeTokenRequired},
		"bad token":        {"POST", url, "x", `{}`, 401, wire.CodeInvalidToken},
		"stranger reads":   {"GET", url, eve, "", 403, wire.CodeNotMember},
		"stranger writes":  {"POST", url, eve, `{"content":"x"}`, 403, wire.CodeNotMember},
		"no such room":     {"GET", "/api/rooms/nope/messages", ann, "", 404, wire.CodeRoomNotFound},
		"no room to write": {"POST", "/api/rooms/nope/messages", ann, `{"content":"x"}`, 404, wire.CodeRoomNotFound},
		"blank":            {"POST", url, ann, `{"content":"  "}`, 400, wire.CodeValidation}, // inherited mistake 10
		"no content":       {"POST", url, ann, `{}`, 400, wire.CodeValidation},
		"bad type":         {"POST", url, ann, `{"content":5}`, 400, wire.CodeValidation},
		"malformed":        {"POST", url, ann, `{"content":`, 400, wire.CodeInvalidJSON},           // inherited mistake 19
		"NUL":              {"POST", url, ann, `{"content":"a\u0000b"}`, 400, wire.CodeValidation}, // inherited mistake 19
		"bad limit":        {"GET", url + "?limit=201", ann, "", 400, wire.CodeValidation},
		"zero limit":       {"GET", url + "?limit=0", ann, "", 400, wire.CodeValidation},
		"bad before":       {"GET", url + "?before=x", ann, "", 400, wire.CodeValidation},
		"unknown":          {"GET", url + "/x", ann, "", 404, wire.CodeRouteNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := b.call(c.method, base+c.path, c.bearer, c.body)
			var e wire.ErrorBody
			if err := json.Unmarshal(body, &e); err != nil || status != c.status || e.Code != c.code {
				t.Fatalf("%d %s, want %d %s", status, body, c.status, c.code)
			}
		})
	}
	// 19's NUL must have left nothing behind, nor anything else that was refused
	if got := b.stored(room); len(got) != 1 {
		t.Fatalf("stored %q", got)
	}
}
