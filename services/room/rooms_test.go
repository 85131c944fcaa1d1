package main

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
)

func TestCreateHasTheContractsShape(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.person("Ann")
	var raw struct{ Room map[string]any }
	ann.do("POST", "/api/rooms", with(draft("  Trip to the lake "), "unknown", 1)).into(http.StatusCreated, &raw)
	for _, field := range []string{"id", "roomCode", "name", "destinationName", "destinationLat", "destinationLng", "maxMembers", "status", "expiresAt", "createdAt", "updatedAt"} {
		if raw.Room[field] == nil {
			t.Errorf("field %s is missing", field)
		}
	}
	r := ann.create(draft("Second"))
	if raw.Room["name"] != "Trip to the lake" || r.MaxMembers != 8 || r.Status != "active" || r.DestinationLat != 47.25 {
		t.Errorf("got %v, %+v", raw.Room, r)
	}
	if life := r.ExpiresAt.Sub(r.CreatedAt.Time); life != 24*time.Hour {
		t.Errorf("lives for %v", life)
	}
	for body, code := range map[string]wire.Code{
		`{`: wire.CodeInvalidJSON, `[]`: wire.CodeInvalidJSON, // inherited mistake 19
		`{"name":"Trip","destinationName":"Lake","destinationLat":"abc","destinationLng":1}`:                wire.CodeValidation,
		`{"name":"Trip","destinationName":"Lake","destinationLat":1}`:                                       wire.CodeValidation,
		`{"name":"Tr\u0000ip","destinationName":"Lake","destinationLat":1,"destinationLng":1}`:              wire.CodeValidation,
		`{"name":"Trip","destinationName":"Lake","destinationLat":1,"destinationLng":1,"maxMembers":51}`:    wire.CodeValidation,
		`{"name":"Trip","destinationName":"Lake","destinationLat":1,"destinationLng":1,"expiresIn":0.9}`:    wire.CodeValidation,
		`{"name":"Trip","destinationName":"Lake","destinationLat":1,"destinationLng":1,"maxMembers":"ten"}`: wire.CodeValidation,
	} {
		ann.do("POST", "/api/rooms", body).fails(http.StatusBadRequest, code)
	}
	(&person{w: w}).do("GET", "/api/rooms", nil).fails(http.StatusUnauthorized, wire.CodeTokenRequired)
	(&person{w: w, token: "x"}).do("GET", "/api/rooms", nil).fails(http.StatusUnauthorized, wire.CodeInvalidToken)
	ann.do("GET", "/api/rooms/x/y/z", nil).fails(http.StatusNotFound, wire.CodeRouteNotFound)
}

// inherited mistakes 1 and 3: the owner and those who had just joined got 403; those who left still saw the room.
func TestMembersSeeTheRoomAtOnceAndOthersDoNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob, eve := w.person("Ann"), w.person("Bob"), w.person("Eve")
	r := ann.create(draft("Trip"))
	got := ann.room(r.ID)
	// inherited mistakes 2 and 16: no members, creator "Unknown"; the owner's nickname was the room's name.
	if got.MemberCount != 1 || len(got.Room.Members) != 1 || *got.Room.CreatedBy != "Ann" || *got.Room.UserRole != "owner" || got.Members[0].Nickname != "Ann" {
		t.Fatalf("owner sees %+v", got)
	}
	bob.do("GET", "/api/rooms/"+r.ID, nil).fails(http.StatusForbidden, wire.CodeAccessDenied)
	joined := bob.join(strings.ToLower(r.RoomCode))
	if joined.IsRejoining || joined.Member.Nickname != "Bob" || joined.Member.JoinOrder != 2 || joined.Member.Role != "member" || *joined.Room.CreatedBy != "Ann" {
		t.Fatalf("joined as %+v", joined)
	}
	for _, p := range []*person{ann, bob} {
		if got := p.room(r.ID); got.MemberCount != 2 || got.Members[0].UserID != ann.id || got.Members[1].UserName != "Bob" {
			t.Fatalf("%s sees %+v", p.name, got)
		}
	}
	if list := bob.rooms(); len(list) != 1 || *list[0].MemberCount != 2 || *list[0].UserRole != "member" || *list[0].CreatedBy != "Ann" {
		t.Fatalf("list %+v", list)
	}
	if m := w.members(r.ID); len(m) != 2 || !m[ann.id] || !m[bob.id] {
		t.Fatalf("cached members right after the answer: %v", m)
	}
	bob.leave(r.ID)
	if m := w.members(r.ID); len(m) != 1 || m[bob.id] {
		t.Fatalf("cached members right after leaving: %v", m)
	}
	bob.do("GET", "/api/rooms/"+r.ID, nil).fails(http.StatusForbidden, wire.CodeAccessDenied)
	if len(bob.rooms()) != 0 {
		t.Fatal("still listed for one who left")
	}
	for _, id := range []string{"x", "undefined", "00000000-0000-7000-8000-000000000000", strings.Repeat("a", 36)} { // inherited mistake 11
		eve.do("GET", "/api/rooms/"+id, nil).fails(http.StatusNotFound, wire.CodeRoomNotFound)
		eve.do("POST", "/api/rooms/"+id+"/leave", nil).fails(http.StatusNotFound, wire.CodeRoomNotFound)
	}
	eve.do("POST", "/api/rooms/"+r.ID+"/leave", nil).fails(http.StatusForbidden, wire.CodeNotMember)
}

// inherited mistake 4: each repeated leave lowered the count again; inherited mistake 16: rejoining.
func TestLeaveRejoinAndHandOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob, cat := w.person("Ann"), w.person("Bob"), w.person("Cat")
	r := ann.create(draft("Trip"))
	first := bob.join(r.RoomCode)
	cat.join(r.RoomCode)
	ann.tryJoin(r.RoomCode).fails(http.StatusConflict, wire.CodeAlreadyMember)
	for range 3 {
		ann.leave(r.ID)
	}
	got := cat.room(r.ID)
	if got.MemberCount != 2 || got.Members[0].Role != "owner" || got.Members[0].UserID != bob.id {
		t.Fatalf("after the owner left three times: %+v", got)
	}
	again := ann.join(r.RoomCode)
	if !again.IsRejoining || again.Member.Role != "member" || again.Member.JoinOrder != 4 {
		t.Fatalf("rejoined as %+v", again.Member)
	}
	bob.leave(r.ID)
	back := bob.join(r.RoomCode)
	if back.Member.ID != first.Member.ID || !back.IsRejoining {
		t.Fatalf("member row changed from %s to %s", first.Member.ID, back.Member.ID)
	}
	owners := 0
	for _, m := range bob.room(r.ID).Members {
		if m.Role == "owner" {
			owners++
		}
	}
	if owners != 1 {
		t.Fatalf("%d owners", owners)
	}
	for _, p := range []*person{ann, bob, cat} {
		p.leave(r.ID)
	}
	// inherited mistake 17: joining a closed room was a 500.
	ann.tryJoin(r.RoomCode).fails(http.StatusGone, wire.CodeRoomClosed)
	if c, ok := w.cached(r.ID); !ok || c.Status != "closed" || len(w.members(r.ID)) != 0 {
		t.Fatalf("cache of a closed room: %+v", c)
	}
	w.eventually(5*time.Second, "the code of a closed room leads nowhere", func() bool { return !w.exists(wire.KeyRoomCode(r.RoomCode)) })
	want := "room.created member.joined member.joined member.left owner.changed member.joined member.left owner.changed " +
		"member.joined member.left member.left member.left room.closed "
	w.eventually(5*time.Second, "all events are in the stream", func() bool { return types(w.streamed(r.ID)) == want })
	var last int64
	for _, e := range w.streamed(r.ID) {
		if e.Version < last {
			t.Errorf("version %d after %d", e.Version, last)
		}
		last = e.Version
	}
}

// inherited mistake 17: re-joining a full room one is in said ROOM_FULL.
func TestFullRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob, cat := w.person("Ann"), w.person("Bob"), w.person("Cat")
	r := ann.create(with(draft("Trip"), "maxMembers", 2))
	bob.join(r.RoomCode)
	cat.tryJoin(r.RoomCode).fails(http.StatusConflict, wire.CodeRoomFull)
	bob.tryJoin(r.RoomCode).fails(http.StatusConflict, wire.CodeAlreadyMember)
	bob.leave(r.ID)
	cat.join(r.RoomCode)
	bob.tryJoin(r.RoomCode).fails(http.StatusConflict, wire.CodeRoomFull)
}

// inherited mistake 14: eight concurrent joins made six 429s, 32 made 153 of 160.
func TestRaceForTheLastSeat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.person("Ann")
	people := w.people(50)
	r := ann.create(with(draft("Trip"), "maxMembers", 2))
	answers := make([]answer, len(people))
	race(len(people), func(i int) { answers[i] = people[i].tryJoin(r.RoomCode) })
	won := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			won++
		} else {
			a.fails(http.StatusConflict, wire.CodeRoomFull)
		}
	}
	if won != 1 {
		t.Fatalf("%d won one seat", won)
	}
	if got := ann.room(r.ID); got.MemberCount != 2 {
		t.Fatalf("%d members", got.MemberCount)
	}
}

// inherited mistakes 14 and 16: everybody in, no join order twice.
func TestManyJoinAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.person("Ann")
	people := w.people(32)
	r := ann.create(with(draft("Trip"), "maxMembers", 50))
	answers := make([]answer, len(people))
	race(len(people), func(i int) { answers[i] = people[i].tryJoin(r.RoomCode) })
	orders := map[int]bool{1: true}
	slowest := time.Duration(0)
	for _, a := range answers {
		var out wire.JoinRoomResponse
		a.into(http.StatusOK, &out)
		if orders[out.Member.JoinOrder] {
			t.Errorf("join order %d twice", out.Member.JoinOrder)
		}
		orders[out.Member.JoinOrder] = true
		slowest = max(slowest, a.took)
	}
	t.Logf("slowest of 32 joins: %v", slowest)
	if got := ann.room(r.ID); got.MemberCount != 33 || len(w.members(r.ID)) != 33 {
		t.Fatalf("%d members, %d cached", got.MemberCount, len(w.members(r.ID)))
	}
	// All leave at once: one owner at each time, and the room closes with the last.
	race(len(people), func(i int) { people[i].leave(r.ID) })
	if got := ann.room(r.ID); got.MemberCount != 1 || got.Members[0].Role != "owner" {
		t.Fatalf("after all left: %+v", got)
	}
}

func TestSamePersonJoinsOnceHoweverOftenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.person("Ann"), w.person("Bob")
	r := ann.create(draft("Trip"))
	answers := make([]answer, 16)
	race(len(answers), func(i int) { answers[i] = bob.tryJoin(r.RoomCode) })
	in := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			in++
		} else {
			a.fails(http.StatusConflict, wire.CodeAlreadyMember)
		}
	}
	if in != 1 || ann.room(r.ID).MemberCount != 2 {
		t.Fatalf("joined %d times, %d members", in, ann.room(r.ID).MemberCount)
	}
}

func TestListIsNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.person("Ann")
	var want []string
	for _, name := range []string{"One", "Two", "Three"} {
		want = append([]string{ann.create(draft(name)).ID}, want...)
	}
	var got []string
	for _, r := range ann.rooms() {
		got = append(got, r.ID)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	if body := w.person("Eve").do("GET", "/api/rooms", nil).body; strings.TrimSpace(string(body)) != `{"rooms":[]}` {
		t.Errorf("empty list is %s", body)
	}
}

// inherited mistake 14: only wrong guesses count, whoever else joins from the same place.
func TestGuessingIsLimitedAndJoiningIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, eve := w.person("Ann"), w.person("Eve")
	eve.addr = "6.6.6.6, 203.0.113.7"
	r := ann.create(with(draft("Trip"), "maxMembers", 50))
	for range 10 {
		eve.tryJoin("ZZZZZZ").fails(http.StatusNotFound, wire.CodeRoomNotFound)
	}
	limited := eve.tryJoin("ZZZZZZ").fails(http.StatusTooManyRequests, wire.CodeRateLimited)
	if limited.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	eve.tryJoin(r.RoomCode).fails(http.StatusTooManyRequests, wire.CodeRateLimited) // not even a hit shows
	eve.do("POST", "/api/rooms/join", map[string]any{"roomCode": "ab"}).fails(http.StatusBadRequest, wire.CodeValidation)
	for _, p := range w.people(30) {
		p.addr = "203.0.113.7"
		p.join(r.RoomCode)
	}
	// The same address under ever new names ends, too; what the client itself writes in front does not help.
	last := answer{}
	for i, p := range w.people(70) {
		p.addr = string(rune('1'+i%9)) + ".1.1.1, 203.0.113.7"
		if last = p.tryJoin("ZZZZZZ"); last.status != http.StatusNotFound {
			break
		}
	}
	last.fails(http.StatusTooManyRequests, wire.CodeRateLimited)
}

func TestManageRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob, cat, eve := w.person("Ann"), w.person("Bob"), w.person("Cat"), w.person("Eve")
	r := ann.create(draft("Trip"))
	bob.join(r.RoomCode)
	cat.join(r.RoomCode)
	heard := w.listen(r.ID)
	path := "/api/rooms/" + r.ID
	var out wire.RoomResponse
	ann.do("PATCH", path, map[string]any{"name": "Other trip", "maxMembers": 3, "waypoints": []any{map[string]any{"name": "Pass", "lat": 46.5, "lng": 8.4}}}).into(http.StatusOK, &out)
	if out.Room.Name != "Other trip" || out.Room.MaxMembers != 3 || len(out.Room.Waypoints) != 1 || *out.Room.MemberCount != 3 {
		t.Fatalf("patched to %+v", out.Room)
	}
	ann.do("PATCH", path, `{}`).fails(http.StatusBadRequest, wire.CodeNoUpdates)
	ann.do("PATCH", path, `{"maxMembers":2}`).fails(http.StatusBadRequest, wire.CodeValidation)
	bob.do("PATCH", path, `{"name":"Mine now"}`).fails(http.StatusForbidden, wire.CodeForbidden)
	eve.do("PATCH", path, `{"name":"Mine now"}`).fails(http.StatusForbidden, wire.CodeAccessDenied)

	ann.do("PUT", path+"/members/"+bob.id+"/role", `{"role":"admin"}`).into(http.StatusOK, &out)
	bob.do("DELETE", path+"/members/"+ann.id, nil).fails(http.StatusForbidden, wire.CodeForbidden)
	bob.do("DELETE", path+"/members/"+eve.id, nil).fails(http.StatusNotFound, wire.CodeMemberNotFound)
	if a := bob.do("POST", path+"/members/"+cat.id+"/ban", nil); a.status != http.StatusOK || w.members(r.ID)[cat.id] {
		t.Fatalf("ban: %d %s, cached %v", a.status, a.body, w.members(r.ID))
	}
	cat.do("GET", path, nil).fails(http.StatusForbidden, wire.CodeAccessDenied)
	cat.tryJoin(r.RoomCode).fails(http.StatusForbidden, wire.CodeBanned)
	bob.do("DELETE", path+"/members/"+cat.id+"/ban", nil)
	cat.join(r.RoomCode)

	bob.do("POST", path+"/code", nil).into(http.StatusOK, &out)
	// Eventually: the relay may just be writing what it read before, which it corrects with its next batch.
	w.eventually(5*time.Second, "the new code and only it leads to the room", func() bool {
		return out.Room.RoomCode != r.RoomCode && !w.exists(wire.KeyRoomCode(r.RoomCode)) && w.exists(wire.KeyRoomCode(out.Room.RoomCode))
	})
	eve.tryJoin(r.RoomCode).fails(http.StatusNotFound, wire.CodeRoomNotFound)
	ann.do("POST", path+"/transfer", map[string]any{"userId": cat.id}).into(http.StatusOK, &out)
	if *out.Room.UserRole != "admin" || *cat.room(r.ID).Room.UserRole != "owner" {
		t.Errorf("after the transfer: %+v", out.Room)
	}
	ann.do("POST", path+"/close", nil).fails(http.StatusForbidden, wire.CodeForbidden)
	for range 2 {
		cat.do("POST", path+"/close", nil).into(http.StatusOK, &out)
	}
	if out.Room.Status != "closed" || len(ann.rooms()) != 0 || len(w.members(r.ID)) != 0 {
		t.Errorf("after closing: %+v", out.Room)
	}
	ann.do("PATCH", path, `{"name":"Too late"}`).fails(http.StatusGone, wire.CodeRoomClosed)
	want := "room-updated room-updated member-removed room-updated room-updated room-updated room-closed "
	w.eventually(5*time.Second, "the sockets heard it all", func() bool { return heard.names() == want })
	var closed wire.RoomClosed
	if err := json.Unmarshal([]byte(heard.last().Data), &closed); err != nil || closed.Reason != "closed" || closed.RoomID != r.ID {
		t.Errorf("room-closed says %s", heard.last().Data)
	}
}

func TestShareLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, bob := w.person("Ann"), w.person("Bob")
	nobody := &person{w: w}
	r := ann.create(draft("Trip"))
	bob.join(r.RoomCode)
	path := "/api/rooms/" + r.ID + "/shares"
	bob.do("POST", path, nil).fails(http.StatusForbidden, wire.CodeForbidden)
	var made wire.ShareResponse
	ann.do("POST", path, `{"expiresIn":168}`).into(http.StatusCreated, &made)
	if made.Share.ExpiresAt.After(r.ExpiresAt.Time) {
		t.Errorf("link lives until %v, the room until %v", made.Share.ExpiresAt, r.ExpiresAt)
	}
	var shown wire.SharedRoomResponse
	seen := nobody.do("GET", "/api/rooms/shared/"+made.Share.Token, nil).into(http.StatusOK, &shown)
	if shown.Room.MemberCount != 2 || shown.Room.Members[1].Nickname != "Bob" {
		t.Errorf("shown %+v", shown.Room)
	}
	for _, secret := range []string{r.RoomCode, bob.id, r.ID} {
		if strings.Contains(string(seen.body), secret) {
			t.Errorf("the link shows %s", secret)
		}
	}
	var list wire.SharesResponse
	ann.do("GET", path, nil).into(http.StatusOK, &list)
	if len(list.Shares) != 1 || list.Shares[0].Token != "" {
		t.Errorf("list %+v", list)
	}
	// Edges let viewers in by what is in Redis: it comes back when that is lost, and goes with the link.
	key := wire.KeyShare(wire.HashOfToken(made.Share.Token))
	if !w.exists(key) {
		t.Error("edges do not know the link")
	}
	if err := w.redis.Do(t.Context(), w.redis.B().Flushall().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	w.eventually(10*time.Second, "the link is known again", func() bool { return w.exists(key) })
	w.publishKeys(w.key.Public().(ed25519.PublicKey))
	told := make(chan string, 1)
	listening := make(chan struct{}, 8)
	go redisx.Subscribe(t.Context(), w.redis, wire.ChannelShares, func() { listening <- struct{}{} }, func(m string) { told <- m }, func(error) {})
	<-listening
	nobody.do("GET", "/api/rooms/shared/x"+made.Share.Token, nil).fails(http.StatusNotFound, wire.CodeShareNotFound)
	ann.do("DELETE", path+"/"+made.Share.ID, nil)
	if id := <-told; id != made.Share.ID || w.exists(key) {
		t.Errorf("edges hear %q, the link is known: %t", id, w.exists(key))
	}
	nobody.do("GET", "/api/rooms/shared/"+made.Share.Token, nil).fails(http.StatusNotFound, wire.CodeShareNotFound)
	ann.do("DELETE", path+"/"+made.Share.ID, nil).fails(http.StatusNotFound, wire.CodeShareNotFound)
}
