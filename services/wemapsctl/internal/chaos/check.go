package chaos

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/wemaps/wemaps/libs/run"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/wemapsctl/internal/stack"
)

// stored is a message as Postgres has it.
type stored struct {
	seq             int64
	id, sender, key string
	kind            string // of a system message
	look
}

// check lets everything come to rest and compares what everybody knows.
func (r *runner) check(ctx context.Context) error {
	r.note("checking")
	for _, p := range r.people {
		p.mu.Lock()
		p.quiet = true
		p.mu.Unlock()
	}
	r.await(ctx, settleWithin, kindLost, "is not acked", func() (waiting []string) {
		for _, p := range r.people {
			p.mu.Lock()
			for _, o := range p.pending {
				waiting = append(waiting, p.account.Name+" "+o.clientID)
			}
			if p.busy {
				waiting = append(waiting, p.account.Name+" is joining or leaving")
			}
			p.mu.Unlock()
		}
		return waiting
	})
	log, err := r.readPostgres(ctx)
	if err != nil {
		return err
	}
	r.checkDelivered(ctx, log)
	for room, messages := range log {
		checkLog(r.verdict, room, messages)
	}
	r.eachBook(func(p *person, b *book) { checkBook(b, p.account.ID, log[b.room]) })
	r.checkOrderOfSpeech(log)
	r.checkChanges(ctx, log)
	if err := r.checkReads(ctx); err != nil {
		return err
	}
	if err := r.checkHistory(ctx, log); err != nil {
		return err
	}
	r.checkPositions(ctx)
	if err := r.checkMembership(ctx); err != nil {
		return err
	}
	r.checkSockets(ctx)
	return nil
}

// await polls until waiting has nothing to wait for; what is left after the
// time is a violation.
func (r *runner) await(ctx context.Context, within time.Duration, k kind, what string, waiting func() []string) {
	deadline := time.Now().Add(within)
	for {
		left := waiting()
		if len(left) == 0 || ctx.Err() != nil {
			return
		}
		if time.Now().After(deadline) {
			for _, l := range left[:min(len(left), 20)] {
				r.verdict.add(k, "", "", "%s %s, %s after the end", l, what, within)
			}
			return
		}
		run.Pause(ctx, 100*time.Millisecond)
	}
}

// eachBook visits the books of those who were members all the time.
func (r *runner) eachBook(visit func(p *person, b *book)) {
	for _, p := range r.people {
		if p.habit == visitor {
			continue
		}
		p.mu.Lock()
		for _, room := range slices.Sorted(maps.Keys(p.books)) {
			visit(p, p.books[room])
		}
		p.mu.Unlock()
	}
}

func (r *runner) readPostgres(ctx context.Context) (map[string][]stored, error) {
	db, err := sql.Open("postgres", r.world.admin)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, `SELECT room_id, seq, id, sender_id, client_key, content, kind, rev, deleted_at IS NOT NULL, reactions FROM chat.messages ORDER BY room_id, seq`)
	if err != nil {
		return nil, fmt.Errorf("read the messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	log := map[string][]stored{}
	for rows.Next() {
		var room string
		var m stored
		var raw []byte
		if err := rows.Scan(&room, &m.seq, &m.id, &m.sender, &m.key, &m.content, &m.kind, &m.rev, &m.deleted, &raw); err != nil {
			return nil, fmt.Errorf("read the messages: %w", err)
		}
		var reactions []wire.Reaction // the service's own type has the same fields
		if err := json.Unmarshal(raw, &reactions); err != nil {
			return nil, fmt.Errorf("read the messages: %w", err)
		}
		m.key, m.reactions = strings.TrimPrefix(m.key, "c:"), shown(reactions)
		log[room] = append(log[room], m)
	}
	return log, rows.Err()
}

// checkDelivered waits until everybody has heard everything, without anything
// new being said.
func (r *runner) checkDelivered(ctx context.Context, log map[string][]stored) {
	r.await(ctx, 30*time.Second, kindLost, "of what is stored", func() (waiting []string) {
		r.eachBook(func(p *person, b *book) {
			if n := int64(len(log[b.room])); b.upTo < n {
				waiting = append(waiting, fmt.Sprintf("%s in room %s has heard %d of %d, without gap up to %d: not all", p.account.Name, b.room, len(b.got), n, b.upTo))
			}
		})
		return waiting
	})
}

// checkLog looks at one room as it is stored.
func checkLog(v *verdict, room string, messages []stored) {
	keys := map[string]int64{}
	for i, m := range messages {
		if m.seq != int64(i+1) {
			v.add(kindDisorder, "", room, "message %d has seq %d", i+1, m.seq)
			return
		}
		key := m.sender + " " + m.key
		if before, ok := keys[key]; ok {
			v.add(kindDoubled, "", room, "clientId %s is stored as seq %d and as seq %d", m.key, before, m.seq)
		}
		keys[key] = m.seq
	}
}

// checkBook compares what a client was told with what is stored.
func checkBook(b *book, user string, messages []stored) {
	at := func(seq int64) (stored, bool) {
		if seq < 1 || seq > int64(len(messages)) {
			return stored{}, false
		}
		return messages[seq-1], true
	}
	for clientID, a := range b.acked {
		m, ok := at(a.seq)
		if !ok || m.id != a.id || m.sender != user || m.key != clientID {
			b.verdict.addAt(a.at, kindLost, b.client, b.room, "clientId %s was acked as seq %d (%s), where %+v is stored", clientID, a.seq, a.id, m)
		}
	}
	for seq, id := range b.got {
		if m, ok := at(seq); !ok || m.id != id {
			b.verdict.add(kindLost, b.client, b.room, "heard seq %d as %s, where %+v is stored", seq, id, m)
		}
	}
}

// checkOrderOfSpeech holds that those who wait for each ack are stored in the
// order in which they spoke.
func (r *runner) checkOrderOfSpeech(log map[string][]stored) {
	patient := map[string]string{}
	for _, p := range r.people {
		if !p.bursts() {
			patient[p.account.ID] = p.account.Name
		}
	}
	for room, messages := range log {
		last := map[string]int{}
		for _, m := range messages {
			name, ok := patient[m.sender]
			if !ok || m.kind != "" {
				continue
			}
			var id, n int
			if _, err := fmt.Sscanf(m.key, "%d-%d-", &id, &n); err != nil || n != last[m.sender]+1 {
				r.verdict.add(kindDisorder, name, room, "seq %d is %q, after number %d", m.seq, m.key, last[m.sender])
			}
			last[m.sender] = n
		}
	}
}

// checkHistory reads every room through REST, by each edge.
func (r *runner) checkHistory(ctx context.Context, log map[string][]stored) error {
	for i, room := range r.rooms {
		reader := r.people[i]
		for edge := range replicas {
			var heard []wire.Message
			for more := true; more; {
				var page struct {
					Messages []wire.Message `json:"messages"`
					HasMore  bool           `json:"hasMore"`
				}
				path := fmt.Sprintf("/api/rooms/%s/messages?after=%d&limit=%d&system=true", room.ID, len(heard), wire.MaxHistoryLimit)
				if _, err := r.rest(ctx, edge, reader.account.Token, "GET", path, nil, &page); err != nil {
					r.verdict.add(kindLost, reader.account.Name, room.ID, "history through edge %d: %v", edge, err)
					return nil
				}
				heard = append(heard, page.Messages...)
				more = page.HasMore && len(page.Messages) > 0
			}
			same := slices.EqualFunc(heard, log[room.ID], func(m wire.Message, s stored) bool {
				return m.Seq == s.seq && m.ID == s.id && m.Kind == s.kind && (s.kind != "" || m.ClientID == s.key) && m.UserID == s.sender && m.Rev == s.rev && s.same(lookOf(m))
			})
			if !same {
				r.verdict.add(kindLost, reader.account.Name, room.ID, "history through edge %d has %d messages, stored are %d, and they are not the same", edge, len(heard), len(log[room.ID]))
			}
		}
	}
	return ctx.Err()
}

// readLogs looks for what no process may say.
func (r *runner) readLogs() {
	for _, p := range r.world.processes(stack.Services...) {
		raw, err := os.ReadFile(p.Log())
		if err != nil {
			r.verdict.add(kindCrash, p.Name, "", "%v", err)
			continue
		}
		for line := range strings.Lines(string(raw)) {
			if strings.Contains(line, "DATA RACE") || strings.HasPrefix(line, "panic") || strings.Contains(line, `"level":"panic"`) || strings.HasPrefix(line, "fatal error") {
				r.verdict.add(kindCrash, p.Name, "", "%s", strings.TrimSpace(line))
			}
		}
	}
}
