package session

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const shardCount = 64 // a power of two, well above the number of cores

// registry finds sessions by connection and users by id. No two of its locks
// are ever held together.
type registry struct {
	seed   maphash.Seed
	conns  [shardCount]connShard
	people [shardCount]userShard
}

type connShard struct {
	mu sync.RWMutex
	m  map[string]*Session
}

type userShard struct {
	mu sync.Mutex
	m  map[string]*user
}

// user is what the sessions of one user on this edge share.
type user struct {
	id      string
	sockets int // guarded by its shard
	name    atomic.Pointer[string]

	mu       sync.Mutex
	chat     bucket
	joins    bucket
	history  bucket
	sos      bucket
	typing   bucket
	updates  bucket       // of the first room, which mostly is the only one
	updated  string       // that room
	moreRoom []roomBucket // of further rooms
}

type roomBucket struct {
	room string
	b    bucket
}

func newRegistry() *registry {
	r := &registry{seed: maphash.MakeSeed()}
	for i := range shardCount {
		r.conns[i].m = map[string]*Session{}
		r.people[i].m = map[string]*user{}
	}
	return r
}

func (r *registry) shard(key string) uint64 { return maphash.String(r.seed, key) % shardCount }

// enter counts one more socket of a user; nil when there are limit already.
func (r *registry) enter(userID, name string, limit int) *user {
	s := &r.people[r.shard(userID)]
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.m[userID]
	if u == nil {
		u = &user{id: userID}
		s.m[userID] = u
	}
	if u.sockets >= limit {
		return nil
	}
	u.sockets++
	if old := u.name.Load(); old == nil || *old != name {
		u.name.Store(&name)
	}
	return u
}

// rename gives a user who is here another name.
func (r *registry) rename(userID, name string) {
	s := &r.people[r.shard(userID)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.m[userID]; u != nil {
		u.name.Store(&name)
	}
}

func (r *registry) exit(u *user) {
	s := &r.people[r.shard(u.id)]
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.sockets--; u.sockets == 0 {
		delete(s.m, u.id)
	}
}

func (r *registry) add(s *Session) {
	shard := &r.conns[r.shard(s.conn.ID())]
	shard.mu.Lock()
	shard.m[s.conn.ID()] = s
	shard.mu.Unlock()
}

func (r *registry) remove(s *Session) {
	shard := &r.conns[r.shard(s.conn.ID())]
	shard.mu.Lock()
	delete(shard.m, s.conn.ID())
	shard.mu.Unlock()
}

func (r *registry) get(connID string) *Session {
	shard := &r.conns[r.shard(connID)]
	shard.mu.RLock()
	defer shard.mu.RUnlock()
	return shard.m[connID]
}

// all lists the sessions of this moment.
func (r *registry) all() []*Session {
	var all []*Session
	for i := range r.conns {
		r.each(i, func(s *Session) { all = append(all, s) })
	}
	return all
}

// each calls fn for the sessions of one shard, under its lock.
func (r *registry) each(shard int, fn func(*Session)) {
	s := &r.conns[shard]
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, session := range s.m {
		fn(session)
	}
}

// bucketOf finds the update bucket of a room the user is a member of. The
// caller holds u.mu.
func (u *user) bucketOf(room string) *bucket {
	if u.updated == "" || u.updated == room {
		u.updated = room
		return &u.updates
	}
	for i := range u.moreRoom {
		if u.moreRoom[i].room == room {
			return &u.moreRoom[i].b
		}
	}
	u.moreRoom = append(u.moreRoom, roomBucket{room: room})
	return &u.moreRoom[len(u.moreRoom)-1].b
}
