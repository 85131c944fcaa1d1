package chaos

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// checkChanges waits until every message looks to everybody as it is stored, and
// holds that each change that was acked is.
func (r *runner) checkChanges(ctx context.Context, log map[string][]stored) {
	is := map[string]look{}
	for _, messages := range log {
		for _, m := range messages {
			is[m.id] = m.look
		}
	}
	r.eachBook(func(p *person, b *book) {
		for id, mine := range b.changes.mine {
			if what := mine.missing(is[id], p.account.ID); what != "" {
				r.verdict.add(kindLost, b.client, b.room, "%s of %s was acked with number %d, stored is %s", what, id, mine.rev, is[id])
			}
		}
	})
	r.await(ctx, 20*time.Second, kindLost, "after the last change", func() (waiting []string) {
		r.eachBook(func(p *person, b *book) {
			for id, l := range b.changes.looks {
				if !l.same(is[id]) {
					waiting = append(waiting, fmt.Sprintf("%s in room %s knows %s as %s and not as %s", p.account.Name, b.room, id, l, is[id]))
				}
			}
		})
		return waiting
	})
}

// missing is what of a claim is not so, or "".
func (c claim) missing(is look, user string) string {
	switch {
	case c.deleted && !is.deleted:
		return "the deletion"
	case is.deleted:
		return "" // by whoever wrote it: nothing else can be seen of it
	case c.content != "" && c.content != is.content:
		return "the edit " + c.content
	}
	for emoji, on := range c.reacted {
		has := false
		for _, r := range strings.Fields(is.reactions) {
			has = has || strings.HasPrefix(r, emoji) && strings.Contains(r, user)
		}
		if has != on {
			return "the reaction " + emoji
		}
	}
	return ""
}

// checkReads holds that what somebody has read stays read.
func (r *runner) checkReads(ctx context.Context) error {
	db, err := sql.Open("postgres", r.world.admin)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(ctx, `SELECT room_id, user_id, seq FROM chat.reads`)
	if err != nil {
		return fmt.Errorf("read the receipts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	read := map[[2]string]int64{}
	for rows.Next() {
		var room, user string
		var seq int64
		if err := rows.Scan(&room, &user, &seq); err != nil {
			return fmt.Errorf("read the receipts: %w", err)
		}
		read[[2]string{room, user}] = seq
	}
	r.eachBook(func(p *person, b *book) {
		if got := read[[2]string{b.room, p.account.ID}]; got < b.changes.read {
			r.verdict.add(kindLost, b.client, b.room, "read up to %d was acked, stored is %d", b.changes.read, got)
		}
	})
	return rows.Err()
}
