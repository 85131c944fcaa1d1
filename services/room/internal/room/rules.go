package room

import "time"

// New makes a room from a checked draft. Its creator is the owner and has join order 1.
func New(id, memberID, code string, by User, d Draft, now time.Time) *Room {
	life, most := float64(DefaultLifeHours), DefaultMembers
	if d.LifeHours != nil {
		life = *d.LifeHours
	}
	if d.MaxMembers != nil {
		most = *d.MaxMembers
	}
	r := &Room{
		ID: id, Code: code, Name: d.Name, Destination: d.Destination, MaxMembers: most, Status: Active,
		ExpiresAt: now.Add(hours(life)), CreatedAt: now, CreatorID: by.ID, CreatorName: by.Name, NextOrder: 1,
	}
	r.touch(now)
	m := r.enter(memberID, by, "", now)
	m.Role = Owner
	r.tell(EventCreated, m, by.ID, "", now)
	return r
}

// Join lets the user in, or in again: their row is used again, but they queue at the end for ownership and have no
// role from before. The nickname is checked, or empty for the one from before or else the user's name. memberID is
// used for a new row only.
func (r *Room) Join(memberID string, u User, nickname string, now time.Time) (rejoining bool, err error) {
	if err := r.open(now); err != nil {
		return false, err
	}
	m := r.Find(u.ID)
	switch {
	case m != nil && m.Status == Present: // before ErrFull: who is in is not kept out by themselves
		return false, ErrAlreadyMember
	case m != nil && m.Banned:
		return false, ErrBanned
	case r.Count() >= r.MaxMembers:
		return false, ErrFull
	}
	r.touch(now)
	rejoining = m != nil
	r.tell(EventMemberJoined, r.enter(memberID, u, nickname, now), u.ID, "", now)
	return rejoining, nil
}

func (r *Room) enter(memberID string, u User, nickname string, now time.Time) *Member {
	m := r.Find(u.ID)
	if m == nil {
		r.Members = append(r.Members, Member{ID: memberID, UserID: u.ID, Nickname: u.Name})
		m = &r.Members[len(r.Members)-1]
	}
	if nickname != "" {
		m.Nickname = nickname
	}
	m.UserName, m.Role, m.Status = u.Name, Ordinary, Present
	m.JoinOrder, m.JoinedAt, m.LeftAt, m.LastSeen = r.NextOrder, now, time.Time{}, now
	r.NextOrder++
	r.mark(m)
	return m
}

// Leave takes the user out. Leaving twice changes nothing. The owner hands over to the lowest join order; the last
// one out closes the room.
func (r *Room) Leave(userID string, now time.Time) error {
	m := r.Find(userID)
	switch {
	case m == nil || m.Status == Removed:
		return ErrNotMember
	case m.Status == Left:
		return nil
	}
	r.touch(now)
	r.goes(m, Left, now)
	r.tell(EventMemberLeft, m, userID, "", now)
	r.settle(m, userID, now)
	return nil
}

func (r *Room) goes(m *Member, status Presence, now time.Time) {
	m.Status, m.LeftAt = status, now
	r.mark(m)
}

// settle sees to an owner and to the room's end after gone went.
func (r *Room) settle(gone *Member, actorID string, now time.Time) {
	if r.StatusAt(now) != Active {
		return
	}
	if r.Count() == 0 {
		r.Status = Closed
		r.tell(EventClosed, nil, actorID, "", now)
		return
	}
	if gone.Role == Owner {
		r.handOver(gone, r.heir(), Ordinary, actorID, now)
	}
}

// heir is who has waited longest; somebody who may only look inherits only from nobody else.
func (r *Room) heir() *Member {
	var best *Member
	for i := range r.Members {
		m := &r.Members[i]
		if m.Status != Present {
			continue
		}
		if best == nil || (best.Role == Viewer) != (m.Role == Viewer) && best.Role == Viewer ||
			(best.Role == Viewer) == (m.Role == Viewer) && m.JoinOrder < best.JoinOrder {
			best = m
		}
	}
	return best
}

func (r *Room) handOver(from, to *Member, fromBecomes Role, actorID string, now time.Time) {
	from.Role, to.Role = fromBecomes, Owner
	r.mark(from)
	r.mark(to)
	r.tell(EventOwnerChanged, to, actorID, "", now)
}

// Update changes what a checked patch names. Owners and admins may.
func (r *Room) Update(actorID string, p Patch, now time.Time) error {
	actor, err := r.allowed(actorID, now, Owner, Admin)
	if err != nil {
		return err
	}
	if p.MaxMembers != nil && *p.MaxMembers < r.Count() {
		return &InvalidError{"maxMembers", "must not be below the number of members in the room"}
	}
	if p.LifeHours != nil {
		end := now.Add(hours(*p.LifeHours))
		if end.Before(r.ExpiresAt) { // somebody may count on the time that was promised; closing is the way to end early
			return &InvalidError{"expiresIn", "can only extend the room's life"}
		}
		r.ExpiresAt = end
	}
	r.touch(now)
	before := r.Destination
	set(&r.Name, p.Name)
	set(&r.Destination.Name, p.DestinationName)
	set(&r.Destination.Lat, p.DestinationLat)
	set(&r.Destination.Lng, p.DestinationLng)
	set(&r.Waypoints, p.Waypoints)
	set(&r.MaxMembers, p.MaxMembers)
	r.tell(EventUpdated, nil, actorID, "", now)
	if r.Destination != before {
		r.tell(EventDestinationChanged, actor, actorID, "", now)
	}
	return nil
}

func set[T any](dst, src *T) {
	if src != nil {
		*dst = *src
	}
}

// SetCode gives the room another code; the old one leads nowhere from then on. Owners and admins may.
func (r *Room) SetCode(actorID, code string, now time.Time) error {
	if _, err := r.allowed(actorID, now, Owner, Admin); err != nil {
		return err
	}
	r.touch(now)
	r.tell(EventUpdated, nil, actorID, r.Code, now)
	r.Code = code
	return nil
}

// Close ends the room for everybody. Closing it again changes nothing. Only the owner may.
func (r *Room) Close(actorID string, now time.Time) error {
	m := r.Present(actorID)
	switch {
	case m == nil:
		return ErrAccessDenied
	case m.Role != Owner:
		return ErrForbidden
	case r.StatusAt(now) != Active:
		return nil
	}
	r.touch(now)
	r.Status = Closed
	r.tell(EventClosed, nil, actorID, "", now)
	return nil
}

// Expire ends the room when its time has come. It tells whether it did.
func (r *Room) Expire(now time.Time) bool {
	if r.Status != Active || now.Before(r.ExpiresAt) {
		return false
	}
	r.touch(now)
	r.Status = Expired
	r.tell(EventExpired, nil, "", "", now)
	return true
}

// Remove takes another member out, and with ban keeps them out, even if they are out already. The owner removes
// anybody, an admin ordinary members and viewers; nobody themselves, for that is leaving.
func (r *Room) Remove(actorID, userID string, ban bool, now time.Time) error {
	actor, err := r.allowed(actorID, now, Owner, Admin)
	if err != nil {
		return err
	}
	m := r.Find(userID)
	switch {
	case m == nil || m.Status != Present && !ban:
		return ErrNoSuchMember
	case userID == actorID, m.Status == Present && rank(m.Role) >= rank(actor.Role):
		return ErrForbidden
	case m.Banned:
		return nil
	}
	r.touch(now)
	reason := ReasonRemoved
	if ban {
		reason, m.Banned = ReasonBanned, true
	}
	if m.Status != Present {
		m.Status = Removed
		r.mark(m)
	} else {
		r.goes(m, Removed, now)
	}
	r.tell(EventMemberRemoved, m, actorID, reason, now)
	return nil
}

// Unban lets somebody join again. Lifting no ban changes nothing.
func (r *Room) Unban(actorID, userID string, now time.Time) error {
	if _, err := r.allowed(actorID, now, Owner, Admin); err != nil {
		return err
	}
	m := r.Find(userID)
	switch {
	case m == nil:
		return ErrNoSuchMember
	case !m.Banned:
		return nil
	}
	r.touch(now)
	m.Banned = false
	r.mark(m)
	r.tell(EventUpdated, m, actorID, "", now)
	return nil
}

// SetRole makes a member an admin, an ordinary member or a viewer. Only the owner may; ownership is handed over by
// Transfer.
func (r *Room) SetRole(actorID, userID string, role Role, now time.Time) error {
	if role != Admin && role != Ordinary && role != Viewer {
		return &InvalidError{"role", "must be admin, member or viewer"}
	}
	if _, err := r.allowed(actorID, now, Owner); err != nil {
		return err
	}
	m := r.Present(userID)
	switch {
	case m == nil:
		return ErrNoSuchMember
	case userID == actorID:
		return ErrForbidden
	case m.Role == role:
		return nil
	}
	r.touch(now)
	m.Role = role
	r.mark(m)
	r.tell(EventMemberRole, m, actorID, "", now)
	return nil
}

// Transfer hands the room to another member; the owner before becomes an admin. Only the owner may.
func (r *Room) Transfer(actorID, userID string, now time.Time) error {
	owner, err := r.allowed(actorID, now, Owner)
	if err != nil {
		return err
	}
	m := r.Present(userID)
	switch {
	case m == nil:
		return ErrNoSuchMember
	case userID == actorID:
		return nil
	}
	r.touch(now)
	r.handOver(owner, m, Admin, actorID, now)
	return nil
}

// open is nil while the room can be joined and changed.
func (r *Room) open(now time.Time) error {
	switch r.StatusAt(now) {
	case Closed:
		return ErrClosed
	case Expired:
		return ErrExpired
	}
	return nil
}

// allowed returns the actor's row if the room is open and they have one of the roles in it.
func (r *Room) allowed(actorID string, now time.Time, roles ...Role) (*Member, error) {
	m := r.Present(actorID)
	if m == nil {
		return nil, ErrAccessDenied // whoever is outside does not even learn whether the room is open
	}
	if err := r.open(now); err != nil {
		return nil, err
	}
	for _, role := range roles {
		if m.Role == role {
			return m, nil
		}
	}
	return nil, ErrForbidden
}

func rank(r Role) int {
	switch r {
	case Owner:
		return 3
	case Admin:
		return 2
	case Ordinary:
		return 1
	}
	return 0
}
