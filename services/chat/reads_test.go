package main

import (
	"encoding/json"
	"testing"

	"github.com/wemaps/wemaps/libs/wire"
)

func TestReadReceipts(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	ears, replies := b.listen(wire.ChannelRoom(room)), b.listen(wire.ChannelReplies(edgeID))
	base, _ := b.replica()
	url := base + "/api/rooms/" + room + "/messages"
	read := func(user string, seq int64) wire.MessageRead {
		t.Helper()
		return into[wire.MessageRead](t, b.do(replies, wire.CommandRead, room, user, wire.MarkRead{Seq: seq}), wire.EventMessageRead)
	}
	unread := func(user string) (u wire.UnreadResponse) {
		t.Helper()
		status, body := b.call("GET", url+"/unread", b.bearer(user), "")
		if err := json.Unmarshal(body, &u); err != nil || status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		return u
	}
	if r := read("bob", 5); r.Seq != 0 || r.ReadAt != nil {
		t.Fatalf("nothing was said: %+v", r)
	}
	first := b.said(replies, room, "ann", "1")
	b.said(replies, room, "ann", "2")
	b.said(replies, room, "bob", "3")
	b.said(replies, room, "ann", "4")
	if u := unread("bob"); u.Unread != 3 || u.LastSeq != 4 || u.ReadSeq != 0 {
		t.Fatalf("%+v", u)
	}
	into[wire.MessageDeleted](t, b.do(replies, wire.CommandDelete, room, "ann", wire.DeleteMessage{MessageID: first.ID}), wire.EventMessageDeleted)
	if u := unread("bob"); u.Unread != 2 {
		t.Fatalf("%+v", u)
	}
	if r := read("bob", 2); r.Seq != 2 || r.UserID != "bob" || r.ReadAt == nil {
		t.Fatalf("%+v", r)
	}
	if r := read("bob", 1); r.Seq != 2 { // never backward, and nobody hears of it
		t.Fatalf("%+v", r)
	}
	if u := unread("bob"); u.Unread != 1 || u.ReadSeq != 2 {
		t.Fatalf("%+v", u)
	}
	status, body := b.call("PUT", url+"/read", b.bearer("bob"), `{"seq":99}`)
	var r wire.MessageRead
	if err := json.Unmarshal(body, &r); err != nil || status != 200 || r.Seq != 4 { // no further than what was said
		t.Fatalf("%d %s", status, body)
	}
	told := ears.until(t, 7)
	if len(told) != 7 || told[5].Event != wire.EventMessageRead || told[6].Event != wire.EventMessageRead {
		t.Fatalf("%+v", told)
	}
	status, body = b.call("GET", url+"/receipts", b.bearer("ann"), "")
	var all wire.ReceiptsResponse
	if err := json.Unmarshal(body, &all); err != nil || status != 200 || len(all.Receipts) != 1 || all.Receipts[0].Seq != 4 || all.Receipts[0].UserID != "bob" {
		t.Fatalf("%d %s", status, body)
	}
	for _, path := range []string{"/receipts", "/unread"} {
		if status, body := b.call("GET", url+path, b.bearer("eve"), ""); status != 403 {
			t.Fatalf("%s to a stranger: %d %s", path, status, body)
		}
	}
	if se := socketError(t, b.do(replies, wire.CommandRead, room, "bob", wire.MarkRead{})); se.Code != wire.CodeValidation {
		t.Fatalf("%+v", se)
	}
}

func TestChangesOverREST(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	replies := b.listen(wire.ChannelReplies(edgeID))
	base, _ := b.replica()
	m := b.said(replies, room, "ann", "hello")
	url := base + "/api/rooms/" + room + "/messages/" + m.ID
	for _, c := range []struct {
		method, url, user, body string
		status                  int
	}{
		{"PATCH", url, "ann", `{"content":"hi"}`, 200},
		{"PATCH", url, "bob", `{"content":"hi"}`, 403},
		{"PATCH", url, "ann", `{"content":" "}`, 400},
		{"POST", url + "/reactions", "bob", `{"emoji":"👍"}`, 200},
		{"POST", url + "/reactions", "bob", `{"emoji":"x"}`, 400},
		{"POST", url + "/reactions", "bob", `{"emoji":"👍","remove":true}`, 200},
		{"DELETE", url, "eve", "", 403},
		{"DELETE", url, "bob", "", 403},
		{"DELETE", url, "ann", "", 200},
		{"DELETE", url, "ann", "", 200},
		{"PATCH", url, "ann", `{"content":"again"}`, 410},
		{"DELETE", url + "x", "ann", "", 404},
	} {
		if status, body := b.call(c.method, c.url, b.bearer(c.user), c.body); status != c.status {
			t.Fatalf("%s %s by %s: %d %s, want %d", c.method, c.body, c.user, status, body, c.status)
		}
	}
	status, body := b.call("GET", base+"/api/rooms/"+room+"/messages?afterRev=1", b.bearer("bob"), "")
	var h wire.ChatHistory
	if err := json.Unmarshal(body, &h); err != nil || status != 200 || h.Rev != 4 || len(h.Changed) != 1 {
		t.Fatalf("%d %s", status, body)
	}
}
