package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
)

// Who may do what with a message of Ann's, over sockets and over REST alike.
func TestPermissionsAreTheSameOverSocketsAndREST(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob", "adi", "olga")
	b.cacheRoom(wire.RoomCache{ID: room, Status: wire.RoomStatusActive, ExpiresAt: wire.At(time.Now().Add(time.Hour)),
		Roles: map[string]string{"olga": wire.RoleOwner, "adi": wire.RoleAdmin}})
	replies := b.listen(wire.ChannelReplies(edgeID))
	base, _ := b.replica()
	url := base + "/api/rooms/" + room + "/messages"
	members, author, moderators := "ann bob adi olga", "ann", "ann adi olga"
	n := 0
	text := func() string { n++; return "text " + strconv.Itoa(n) }
	for name, op := range map[string]struct {
		may    string
		kind   string
		data   func(m wire.Message) any
		method string
		path   func(m wire.Message) string
		denied wire.Code // to a member who may not
	}{
		"say": {members, wire.CommandSend, func(wire.Message) any { return wire.SendMessage{Content: text()} },
			"POST", func(wire.Message) string { return "" }, ""},
		"reply": {members, wire.CommandSend, func(m wire.Message) any { return wire.SendMessage{Content: text(), ReplyTo: m.ID} },
			"POST", func(wire.Message) string { return "" }, ""},
		"mention": {members, wire.CommandSend, func(wire.Message) any { return wire.SendMessage{Content: text(), Mentions: []string{"bob"}} },
			"POST", func(wire.Message) string { return "" }, ""},
		"edit": {author, wire.CommandEdit, func(m wire.Message) any { return wire.EditMessage{MessageID: m.ID, Content: text()} },
			"PATCH", func(m wire.Message) string { return "/" + m.ID }, wire.CodeForbidden},
		"delete": {moderators, wire.CommandDelete, func(m wire.Message) any { return wire.DeleteMessage{MessageID: m.ID} },
			"DELETE", func(m wire.Message) string { return "/" + m.ID }, wire.CodeForbidden},
		"react": {members, wire.CommandReact, func(m wire.Message) any { return wire.ReactToMessage{MessageID: m.ID, Emoji: "👍"} },
			"POST", func(m wire.Message) string { return "/" + m.ID + "/reactions" }, ""},
		"read": {members, wire.CommandRead, func(m wire.Message) any { return wire.MarkRead{Seq: m.Seq} },
			"PUT", func(wire.Message) string { return "/read" }, ""},
		"history": {members, wire.CommandHistory, func(wire.Message) any { return wire.HistoryRequest{} },
			"GET", func(wire.Message) string { return "" }, ""},
	} {
		for _, user := range []string{"ann", "bob", "adi", "olga", "eve"} {
			want := wire.Code("")
			switch {
			case user == "eve":
				want = wire.CodeNotMember
			case !slices.Contains(strings.Fields(op.may), user):
				want = op.denied
			}
			m := b.said(replies, room, "ann", text())
			if e := b.do(replies, op.kind, room, user, op.data(m)); e.Event == wire.EventError || want != "" {
				if se := socketError(t, e); se.Code != want {
					t.Errorf("%s by %s over a socket: %s, want %q", name, user, se.Code, want)
				}
			}
			m = b.said(replies, room, "ann", text())
			body := ""
			if op.method != "GET" && op.method != "DELETE" {
				raw, err := json.Marshal(op.data(m))
				if err != nil {
					t.Fatal(err)
				}
				body = string(raw)
			}
			status, answer := b.call(op.method, url+op.path(m), b.bearer(user), body)
			var refusal wire.ErrorBody
			if status >= 400 {
				if err := json.Unmarshal(answer, &refusal); err != nil {
					t.Fatal(err)
				}
			}
			if refusal.Code != want {
				t.Errorf("%s by %s over REST: %d %s, want %q", name, user, status, answer, want)
			}
		}
	}
}
