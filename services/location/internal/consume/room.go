package consume

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/location/internal/geofence"
	"github.com/wemaps/wemaps/services/location/internal/navigation"
	"github.com/wemaps/wemaps/services/location/internal/position"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/publish"
)

// roomMemory is what is remembered of one room. It changes in commit only,
// except for what was read from the store.
type roomMemory struct {
	plan     *navigation.Plan
	version  int64 // of the room that plan was made from
	route    *navigation.Route
	fences   []geofence.Fence
	group    navigation.Group
	saved    map[string]publish.Saved // of everybody who has taken part, by user
	online   []string
	viewers  int64
	members  []string // of whom the wishes are known
	wishes   map[string]wish
	certain  bool                 // whoever is not in wishes has said nothing
	asked    map[string]time.Time // who was asked where they are, and when
	calls    []json.RawMessage    // open ones for help
	recorded map[string]bool
	loadedAt time.Time
	lookedAt time.Time
}

// watches tells whether anybody but user would see a position.
func (r *roomMemory) watches(user string) bool {
	if r.viewers > 0 {
		return true
	}
	for _, u := range r.online {
		if u != user {
			return true
		}
	}
	return false
}

// roomWork is what a batch does to one room.
type roomWork struct {
	id      string
	room    *position.Room
	memory  *roomMemory
	plan    *navigation.Plan
	refresh bool // what is remembered may be old
	moved   bool // somebody has
	due     bool // the group must be looked at now

	looked bool
	group  navigation.Group
	saves  map[string]publish.Saved
	at     time.Time
}

// visit brings what is known of the batch's rooms into b.rooms.
func (h *Commands) visit(ctx context.Context, b *batch) error {
	var missing []Query
	var at []int
	for i := range b.rooms {
		w := &b.rooms[i]
		w.at = b.now
		memory, ok := h.rooms.Get(w.id)
		if !ok && w.room == nil {
			continue // nobody navigates there
		}
		w.memory = memory
		if !ok || w.refresh || memory.old(w.room, b.now) {
			q := Query{Room: w.id}
			if w.room != nil {
				q.Members = w.room.Members
			}
			missing, at = append(missing, q), append(at, i)
		}
	}
	if len(missing) > 0 {
		ways, err := h.Ways.Load(ctx, missing)
		if err != nil {
			return err
		}
		for i, way := range ways {
			h.learn(&b.rooms[at[i]], way, b.now)
		}
	}
	for i := range b.rooms {
		if w := &b.rooms[i]; w.memory != nil && w.room != nil {
			w.plan = w.memory.planFor(w.room)
			w.group = w.memory.group
		}
	}
	return nil
}

// learn takes over what was read. What a process has decided itself it knows
// better than the store.
func (h *Commands) learn(w *roomWork, way Way, now time.Time) {
	m := w.memory
	if m == nil {
		m = &roomMemory{group: way.Group, saved: way.Saved}
		if m.saved == nil {
			m.saved = map[string]publish.Saved{}
		}
		w.memory = m
		h.rooms.Put(w.id, m)
	}
	m.route, m.fences, m.online, m.viewers, m.loadedAt = way.Route, way.Fences, way.Online, way.Viewers, now
	m.calls, m.recorded = way.Calls, way.Recorded
	m.plan = nil
	m.heed(way)
	if w.room != nil {
		m.members = w.room.Members
	}
}

// old tells whether what is known must be read again. Of a new member it is not
// known what that one wants to be seen.
func (r *roomMemory) old(room *position.Room, now time.Time) bool {
	every := refreshEvery
	if !r.certain {
		every = uncertainFor
	}
	return now.Sub(r.loadedAt) >= every || room != nil && !slices.Equal(r.members, room.Members)
}

// planFor is the way that a room wants to go, made anew when that changes.
func (r *roomMemory) planFor(room *position.Room) *navigation.Plan {
	destination := navigation.Point{Lat: room.DestinationLat, Lng: room.DestinationLng}
	if r.plan == nil || r.version != room.Version || r.plan.Destination != destination {
		waypoints := make([]navigation.Point, len(room.Waypoints))
		for i, w := range room.Waypoints {
			waypoints[i] = navigation.Point{Lat: w[0], Lng: w[1]}
		}
		r.plan, r.version = navigation.NewPlan(destination, waypoints, r.route), room.Version
	}
	return r.plan
}

// look judges the groups that have moved, and collects what must survive.
func (h *Commands) look(b *batch) {
	for i := range b.rooms {
		w := &b.rooms[i]
		if !w.moved || !w.due && b.now.Sub(w.memory.lookedAt) < lookEvery {
			continue
		}
		w.looked = true
		h.lookAt(b, w)
	}
	for i := range b.members {
		if m := &b.members[i]; m.save && m.roomAt >= 0 {
			m.save = false
			b.rooms[m.roomAt].keep(h.Effects, m.key.User, publish.Saved{Saved: m.nav.Saved, Name: m.name, Visits: m.visits})
		}
	}
}

func (h *Commands) lookAt(b *batch, w *roomWork) {
	people := h.people(b, w)
	if h.Router != nil {
		h.Router.Ask(w.id, w.plan, people)
	}
	h.silent(b, w, people)
	before := w.group
	l := w.group.Look(w.plan.ID, people, b.now.UnixMilli())
	for _, s := range l.Straggles {
		h.Effects.Straggles(publish.Who{Room: w.id, User: s.User, Name: h.member(b, w, s.User).name}, s)
	}
	for _, user := range l.Changed {
		h.member(b, w, user).save = true
	}
	if len(l.Arrived) > 0 {
		h.Effects.GroupArrived(w.id, l.Arrived, l.ArrivedAt, w.plan.ID)
	}
	if w.group != before && w.group.Arrived != before.Arrived {
		h.Effects.Keep(w.id, wire.NavigationGroup, w.group, w.room.ExpiresAt)
	}
}

// silent tells once of members who have stopped saying where they are.
func (h *Commands) silent(b *batch, w *roomWork, people []navigation.Person) {
	for _, p := range people {
		if p.Member.Heard == 0 || b.now.UnixMilli()-p.Member.Heard < staleAfter.Milliseconds() {
			continue
		}
		if m := h.member(b, w, p.User); !m.stale && m.shown != privacy.Hidden {
			m.stale = true
			h.Effects.Stale(publish.Who{Room: w.id, User: p.User, Name: m.name}, time.UnixMilli(p.Member.Heard))
		}
	}
}

// people are the members of a room of whom anything is known. Those that the
// batch did not touch are brought into it, since a look changes them.
func (h *Commands) people(b *batch, w *roomWork) []navigation.Person {
	for _, user := range w.room.Members {
		h.member(b, w, user)
	}
	people := make([]navigation.Person, 0, len(w.room.Members))
	for _, user := range w.room.Members {
		if j, ok := b.index[position.Key{Room: w.id, User: user}]; ok {
			people = append(people, navigation.Person{User: user, Member: &b.members[j].nav})
		}
	}
	return people
}

// member finds a member of a room in the batch, or brings it there; nil if
// nothing is known. A pointer is good until the next call.
func (h *Commands) member(b *batch, w *roomWork, user string) *member {
	key := position.Key{Room: w.id, User: user}
	if j, ok := b.index[key]; ok {
		return &b.members[j]
	}
	known, ok := h.members.Get(key)
	if !ok {
		saved, ok := w.memory.saved[user]
		if !ok {
			return nil
		}
		known.nav.Saved, known.visits, known.name = saved.Saved, saved.Visits, saved.Name
	}
	j := len(b.members)
	b.index[key] = j
	b.members = append(b.members, member{key: key, memory: known, roomAt: b.roomIndex[w.id], last: -1, leave: -1})
	return &b.members[j]
}

// keep lets saved survive.
func (w *roomWork) keep(effects Effects, user string, saved publish.Saved) {
	effects.Keep(w.id, user, saved, w.room.ExpiresAt)
	if w.saves == nil {
		w.saves = map[string]publish.Saved{}
	}
	w.saves[user] = saved
}

// commit makes the work the memory.
func (w *roomWork) commit() {
	if w.memory == nil {
		return
	}
	maps.Copy(w.memory.saved, w.saves)
	w.memory.group = w.group
	if w.looked {
		w.memory.lookedAt = w.at
	}
}
