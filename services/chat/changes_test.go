package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
	"github.com/wemaps/wemaps/services/chat/internal/publish"
	"github.com/wemaps/wemaps/services/chat/internal/store"
)

// do sends a command and returns the answer to it.
func (b *bed) do(replies *ear, kind, room, user string, data any) wire.Envelope {
	b.t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		b.t.Fatal(err)
	}
	before := len(replies.heard())
	b.command(wire.Command{Type: kind, RoomID: room, UserID: user, UserName: "name of " + user,
		Origin: wire.Origin{EdgeID: edgeID, SocketID: "socket", Ref: fmt.Sprint("ref", before)}, Data: string(raw)}, 2)
	return replies.until(b.t, before+1)[before]
}

// said sends a message and returns it.
func (b *bed) said(replies *ear, room, user, content string) wire.Message {
	b.t.Helper()
	return into[wire.Message](b.t, b.do(replies, wire.CommandSend, room, user, wire.SendMessage{Content: content}), wire.EventNewMessage)
}

func into[T any](t testing.TB, e wire.Envelope, event string) (v T) {
	t.Helper()
	if e.Event != event {
		t.Fatalf("got %s %s, want %s", e.Event, e.Data, event)
	}
	if err := json.Unmarshal([]byte(e.Data), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestChangesAreHeardNumberedAndKept(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob", "olga")
	b.cacheRoom(wire.RoomCache{ID: room, Status: wire.RoomStatusActive, ExpiresAt: wire.At(time.Now().Add(time.Hour)),
		Roles: map[string]string{"olga": wire.RoleOwner}})
	ears, replies := b.listen(wire.ChannelRoom(room)), b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	hello, second, third := b.said(replies, room, "ann", "hello"), b.said(replies, room, "ann", "second"), b.said(replies, room, "bob", "third")

	edited := into[wire.Message](t, b.do(replies, wire.CommandEdit, room, "ann", wire.EditMessage{MessageID: hello.ID, Content: " hi "}), wire.EventMessageEdited)
	if edited.Content != "hi" || edited.Rev != 1 || edited.EditedAt == nil || edited.Seq != 1 || edited.ID != hello.ID || !edited.Timestamp.Equal(hello.Timestamp.Time) {
		t.Fatalf("%+v", edited)
	}
	reaction := into[wire.MessageReaction](t, b.do(replies, wire.CommandReact, room, "bob", wire.ReactToMessage{MessageID: hello.ID, Emoji: "🎉"}), wire.EventMessageReaction)
	if reaction.Rev != 2 || reaction.UserID != "bob" || len(reaction.Reactions) != 1 || !slices.Equal(reaction.Reactions[0].UserIDs, []string{"bob"}) {
		t.Fatalf("%+v", reaction)
	}
	// the same reaction again changes nothing and is heard by nobody else
	again := into[wire.MessageReaction](t, b.do(replies, wire.CommandReact, room, "bob", wire.ReactToMessage{MessageID: hello.ID, Emoji: "🎉"}), wire.EventMessageReaction)
	if again.Rev != 2 {
		t.Fatalf("%+v", again)
	}
	into[wire.MessageReaction](t, b.do(replies, wire.CommandReact, room, "ann", wire.ReactToMessage{MessageID: second.ID, Emoji: "👍"}), wire.EventMessageReaction)
	gone := into[wire.MessageDeleted](t, b.do(replies, wire.CommandDelete, room, "olga", wire.DeleteMessage{MessageID: second.ID}), wire.EventMessageDeleted)
	if gone.Rev != 4 || gone.UserID != "ann" || gone.DeletedBy != "olga" || gone.Seq != 2 {
		t.Fatalf("%+v", gone)
	}
	into[wire.MessageDeleted](t, b.do(replies, wire.CommandDelete, room, "ann", wire.DeleteMessage{MessageID: second.ID}), wire.EventMessageDeleted) // twice is fine
	for name, c := range map[string]struct {
		kind, user string
		data       any
		code       wire.Code
	}{
		"another's text":        {wire.CommandEdit, "olga", wire.EditMessage{MessageID: hello.ID, Content: "x"}, wire.CodeForbidden},
		"another's message":     {wire.CommandDelete, "bob", wire.DeleteMessage{MessageID: hello.ID}, wire.CodeForbidden},
		"stranger":              {wire.CommandReact, "eve", wire.ReactToMessage{MessageID: hello.ID, Emoji: "👍"}, wire.CodeNotMember},
		"edit of a deleted":     {wire.CommandEdit, "ann", wire.EditMessage{MessageID: second.ID, Content: "x"}, wire.CodeMessageDeleted},
		"reaction to deleted":   {wire.CommandReact, "ann", wire.ReactToMessage{MessageID: second.ID, Emoji: "👍"}, wire.CodeMessageDeleted},
		"no such message":       {wire.CommandDelete, "ann", wire.DeleteMessage{MessageID: "018f3e1c-0000-7000-8000-000000000000"}, wire.CodeMessageNotFound},
		"not an id":             {wire.CommandDelete, "ann", wire.DeleteMessage{MessageID: "x"}, wire.CodeMessageNotFound},
		"no id":                 {wire.CommandDelete, "ann", wire.DeleteMessage{}, wire.CodeValidation},
		"blank":                 {wire.CommandEdit, "ann", wire.EditMessage{MessageID: hello.ID, Content: " "}, wire.CodeValidation},
		"reaction of no kind":   {wire.CommandReact, "ann", wire.ReactToMessage{MessageID: hello.ID, Emoji: "text"}, wire.CodeValidation},
		"edited to nothing new": {wire.CommandEdit, "ann", wire.EditMessage{MessageID: hello.ID, Content: "hi"}, ""},
	} {
		e := b.do(replies, c.kind, room, c.user, c.data)
		if c.code == "" {
			if m := into[wire.Message](t, e, wire.EventMessageEdited); m.Rev != 2 {
				t.Fatalf("%s: %+v", name, m)
			}
		} else if se := socketError(t, e); se.Code != c.code {
			t.Fatalf("%s: got %+v, want %s", name, se, c.code)
		}
	}
	heard := ears.until(t, 7)
	if len(heard) != 7 {
		t.Fatalf("the room heard %d events, want 3 messages and 4 changes", len(heard))
	}

	// History shows the current state, and what was changed since.
	for afterRev, want := range map[int64][]int64{0: {2, 4}, 2: {4}, 4: nil} {
		h := into[wire.ChatHistory](t, b.do(replies, wire.CommandHistory, room, "ann", wire.HistoryRequest{After: &third.Seq, AfterRev: &afterRev}), wire.EventChatHistory)
		var revs []int64
		for _, raw := range h.Changed {
			revs = append(revs, messageOf(t, raw).Rev)
		}
		if !slices.Equal(revs, want) || h.Rev != 4 || len(h.Messages) != 0 || h.HasMoreChanged {
			t.Fatalf("after rev %d: %v %+v", afterRev, revs, h)
		}
	}
	zero, one := int64(0), 1
	h := into[wire.ChatHistory](t, b.do(replies, wire.CommandHistory, room, "ann", wire.HistoryRequest{AfterRev: &zero, Limit: one}), wire.EventChatHistory)
	if h.Rev != 2 || !h.HasMoreChanged || len(h.Changed) != 1 {
		t.Fatalf("%+v", h)
	}
	h = into[wire.ChatHistory](t, b.do(replies, wire.CommandHistory, room, "bob", wire.HistoryRequest{}), wire.EventChatHistory)
	if m := messageOf(t, h.Messages[0]); m.Content != "hi" || m.Rev != 2 || len(m.Reactions) != 1 {
		t.Fatalf("%+v", m)
	}
	if m := messageOf(t, h.Messages[1]); m.Content != "" || m.DeletedAt == nil || len(m.Reactions) != 0 {
		t.Fatalf("%+v", m)
	}
	if got := b.stored(room); !slices.Equal(got, []string{"hi", "", "third"}) {
		t.Fatalf("stored %q: a deleted text must be gone", got)
	}
}

// An edit was sent, and sent again because its answer did not come; both arrive,
// the first one late, after its author has written something else.
func TestADelayedEditUndoesNothing(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann", "bob")
	replies := b.listen(wire.ChannelReplies(edgeID))
	base, _ := b.replica()
	m := b.said(replies, room, "ann", "hello")
	edit := func(content string, on *wire.Time) wire.Envelope {
		return b.do(replies, wire.CommandEdit, room, "ann", wire.EditMessage{MessageID: m.ID, Content: content, BasedOn: on})
	}
	first := into[wire.Message](t, edit("first", &m.Timestamp), wire.EventMessageEdited)
	if again := into[wire.Message](t, edit("first", &m.Timestamp), wire.EventMessageEdited); again.Rev != first.Rev {
		t.Errorf("sent again it was another edit: %+v", again)
	}
	into[wire.MessageReaction](t, b.do(replies, wire.CommandReact, room, "bob", wire.ReactToMessage{MessageID: m.ID, Emoji: "🎉"}), wire.EventMessageReaction)
	second := into[wire.Message](t, edit("second", first.EditedAt), wire.EventMessageEdited) // a reaction is not another text
	if se := socketError(t, edit("first", &m.Timestamp)); se.Code != wire.CodeMessageChanged {
		t.Errorf("%+v", se)
	}
	url := base + "/api/rooms/" + room + "/messages/" + m.ID
	stale, _ := json.Marshal(wire.EditMessage{Content: "first", BasedOn: &m.Timestamp})
	if status, body := b.call("PATCH", url, b.bearer("ann"), string(stale)); status != 409 {
		t.Errorf("%d %s", status, body)
	}
	if got := b.stored(room); !slices.Equal(got, []string{"second"}) {
		t.Errorf("stored %q", got)
	}
	fresh, _ := json.Marshal(wire.EditMessage{Content: "third", BasedOn: second.EditedAt})
	if status, body := b.call("PATCH", url, b.bearer("ann"), string(fresh)); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	into[wire.Message](t, edit("whatever it is", nil), wire.EventMessageEdited)
}

func messageOf(t testing.TB, raw json.RawMessage) (m wire.Message) {
	t.Helper()
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Whatever is changed in whatever batches, given twice in part or whole: the
// numbers have no gaps, redeliveries change nothing, a client that follows
// pages of changes ends with the state in Postgres, and cache and archive
// agree.
func TestChangesThroughRedeliveries(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	ctx := t.Context()
	list := &store.List{Client: b.redis}
	archive := &store.Archive{DB: b.db, Encode: publish.Encode}
	publisher := &publish.Publisher{Client: b.redis, Lists: list}
	w := b.writer(24 * time.Hour)
	history := &message.History{Cache: list, Archive: archive, Retention: 24 * time.Hour, Now: time.Now}
	slow := &message.History{Cache: noCache{}, Archive: archive, Retention: 24 * time.Hour, Now: time.Now}
	rooms := 0
	rapid.Check(t, func(rt *rapid.T) {
		rooms++
		room := fmt.Sprintf("changed-%d", rooms)
		const n = 5
		stored, err := w.Append(ctx, drafts(room, 0, n, 0, "m"))
		if err != nil {
			rt.Fatal(err)
		}
		sent := make([]publish.Sent, n)
		for i := range stored {
			sent[i].Stored = stored[i]
		}
		if err := publisher.Batch(ctx, sent, nil); err != nil {
			rt.Fatal(err)
		}
		entry, rev, known := 100, int64(0), int64(0)
		client := map[int64]string{}
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			var batch []message.Change
			for range rapid.IntRange(1, 5).Draw(rt, "changes") {
				entry++
				m := stored[rapid.IntRange(0, n-1).Draw(rt, "message")]
				batch = append(batch, message.Change{Kind: message.ChangeKind(rapid.IntRange(1, 4).Draw(rt, "kind")), RoomID: room, MessageID: m.ID,
					UserID: "ann", Entry: fmt.Sprintf("%d-0", entry), Content: fmt.Sprint("edit", rapid.IntRange(0, 2).Draw(rt, "text")), Emoji: "👍"})
			}
			changed, err := w.Change(ctx, batch)
			if err != nil {
				rt.Fatal(err)
			}
			made := applied(rt, changed, &rev)
			if rapid.Bool().Draw(rt, "redelivered") {
				again, err := w.Change(ctx, batch)
				if err != nil {
					rt.Fatal(err)
				}
				before := rev
				if applied(rt, again, &rev); rev != before {
					rt.Fatalf("a redelivered batch was applied again: %+v", again)
				}
			}
			if rapid.Bool().Draw(rt, "published") { // else the owner died here
				if err := publisher.Changes(ctx, made); err != nil {
					rt.Fatal(err)
				}
			}
			head, err := w.Head(ctx, room)
			if err != nil || head.Rev != rev {
				rt.Fatalf("rev %d, want %d: %v", head.Rev, rev, err)
			}
			if rapid.Bool().Draw(rt, "refilled") {
				if _, err := history.Refill(ctx, room, head); err != nil {
					rt.Fatal(err)
				}
			}
			known = catchUp(rt, history, room, head, known, client)
			all := message.Query{RoomID: room, After: -1, AfterRev: -1, Limit: 50}
			got, _, err := history.Page(ctx, all, head)
			if err != nil {
				rt.Fatal(err)
			}
			want, _, err := slow.Page(ctx, all, head)
			if err != nil {
				rt.Fatal(err)
			}
			for i, item := range want.Items {
				if string(got.Items[i].JSON) != string(item.JSON) {
					rt.Fatalf("cache %s, archive %s", got.Items[i].JSON, item.JSON)
				}
				if item.Rev > 0 && client[item.Seq] != string(item.JSON) {
					rt.Fatalf("the client has %s, stored is %s", client[item.Seq], item.JSON)
				}
			}
		}
	})
}

// applied checks that what was new took the next numbers.
func applied(t *rapid.T, changed []message.Changed, rev *int64) (made []publish.Change) {
	for _, c := range changed {
		if c.Err != nil {
			continue
		}
		if c.Outcome == message.New {
			if *rev++; c.Rev != *rev {
				t.Fatalf("rev %d, want %d", c.Rev, *rev)
			}
		}
		made = append(made, publish.Change{Changed: c})
	}
	return made
}

// catchUp is a client that was away.
func catchUp(t *rapid.T, h *message.History, room string, head message.Head, known int64, client map[int64]string) int64 {
	for {
		page, _, err := h.Page(t.Context(), message.Query{RoomID: room, After: head.Last, AfterRev: known, Limit: 2}, head)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Changed {
			client[item.Seq] = string(item.JSON)
		}
		if known = page.Rev; !page.HasMoreChanged {
			return known
		}
	}
}

// Two replicas, killed connections: every change is answered, made once, and
// heard or to be found.
func TestChangesWhileConnectionsAreKilled(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	room := b.room("ann")
	ears, replies := b.listen(wire.ChannelRoom(room)), b.listen(wire.ChannelReplies(edgeID))
	b.replica()
	b.replica()
	m := b.said(replies, room, "ann", "0")
	const n = 150
	for i := 1; i <= n; i++ {
		data, _ := json.Marshal(wire.EditMessage{MessageID: m.ID, Content: fmt.Sprint(i)})
		b.command(wire.Command{Type: wire.CommandEdit, RoomID: room, UserID: "ann", Origin: wire.Origin{EdgeID: edgeID, SocketID: "s", Ref: fmt.Sprint("edit", i)}, Data: string(data)}, 2)
		if i%30 == 0 {
			if _, err := b.admin.Exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
				t.Fatal(err)
			}
		}
	}
	testenv.Eventually(t, 30*time.Second, "every edit is answered", func() bool {
		refs := map[string]bool{}
		for _, e := range replies.heard() {
			refs[e.Origin.Ref] = true
		}
		return len(refs) == n+1
	})
	if got := b.stored(room); !slices.Equal(got, []string{fmt.Sprint(n)}) {
		t.Fatalf("stored %q", got)
	}
	if rev := count(t, b.db, `SELECT last_rev FROM chat.rooms`); rev != n {
		t.Fatalf("%d changes were made of %d", rev, n)
	}
	testenv.Eventually(t, 5*time.Second, "the newest is heard", func() bool {
		for _, e := range ears.heard() {
			if e.Event == wire.EventMessageEdited && into[wire.Message](t, e, e.Event).Rev == n {
				return true
			}
		}
		return false
	})
}
