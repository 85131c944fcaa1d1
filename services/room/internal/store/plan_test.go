package store

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"
)

// node is a step of a plan that was carried out.
type node struct {
	Type    string  `json:"Node Type"`
	Index   string  `json:"Index Name"`
	Rows    float64 `json:"Actual Rows"` // of each loop, as the others
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Joined  float64 `json:"Rows Removed by Join Filter"`
	Hit     float64 `json:"Shared Hit Blocks"` // of this and all below
	Read    float64 `json:"Shared Read Blocks"`
	Plans   []node  `json:"Plans"`
}

func (n node) most() (rows float64, where string) {
	rows, where = n.Loops*(n.Rows+n.Removed+n.Joined), n.Type+" "+n.Index
	for _, p := range n.Plans {
		if r, w := p.most(); r > rows {
			rows, where = r, w
		}
	}
	return rows, where
}

// Two rooms, of which one has another version by now, a new member and an event each.
const (
	saveTypes = `uuid[], bigint[], text[], text[], text[], float8[], float8[], text[], int[], text[], timestamptz[], timestamptz[], bigint[], int[],
		uuid[], text[], uuid[], text[], text[], text[], text[], boolean[], int[], timestamptz[], timestamptz[], timestamptz[],
		uuid[], bigint[], text[], text[], text[], text[], text[], timestamptz[]`
	savedIDs = `'{00000000-0000-7000-8000-000000000007,00000000-0000-7000-8000-000000000008}'`
	saveArgs = savedIDs + `, '{1,9}', '{A00007,A00008}', '{"",""}', '{"",""}', '{0,0}', '{0,0}', '{"[]","[]"}', '{8,8}', '{active,active}',
		'{2100-01-01,2100-01-01}', '{2100-01-01,2100-01-01}', '{1,1}', '{3,3}',
		` + savedIDs + `, '{s7,s8}', ` + savedIDs + `, '{"",""}', '{"",""}', '{member,member}', '{active,active}', '{f,f}', '{2,2}',
		'{2100-01-01,2100-01-01}', '{2100-01-01,2100-01-01}', '{2100-01-01,2100-01-01}',
		` + savedIDs + `, '{2,2}', '{x,x}', '{"",""}', '{"",""}', '{"",""}', '{"",""}', '{2100-01-01,2100-01-01}'`
)

// A service prepares its statements when it is new, and then there is nothing in its tables. The plans must be good when
// they have grown, for they are kept: reading through all rooms once made a join slower with each room that there was.
func TestPlansOfEmptyTables(t *testing.T) {
	t.Parallel()
	conn, err := newStore(t).db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	statements := []struct{ name, types, query, args string }{
		{"rooms", "uuid[]", selectRooms, `'{00000000-0000-7000-8000-000000000007,00000000-0000-7000-8000-000000000008}'`},
		{"lists", "text[], int", selectLists, `'{u7,u8}', 200`},
		{"by_id", "uuid[]", selectByID, `'{00000000-0000-7000-8000-000000000007,00000000-0000-7000-8000-000000000008}'`},
		{"by_code", "text[]", selectByCode, `'{A00007,A00008}'`},
		{"ended", "text[]", selectEnded, `'{A01007,A01008}'`},
		{"save", saveTypes, saveRooms, saveArgs},
		{"versions", "timestamptz, uuid, int", selectActive, `'2100-01-01', '00000000-0000-7000-8000-000000000007', 5`},
		{"next", "int", `SELECT expires_at FROM rooms WHERE ` + expiring + ` ORDER BY expires_at LIMIT $1`, `1`},
		{"seen", "text[], timestamptz[]", updateSeen, `'{u7,u8}', '{2099-01-01,2099-01-01}'`},
		{"due", "timestamptz, int, text", expireDue, `'2000-01-01', 10, 'room.expired'`},
	}
	exec := func(query string) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range statements {
		exec(fmt.Sprintf(`PREPARE %s (%s) AS %s`, s.name, s.types, s.query))
		exec(fmt.Sprintf(`EXECUTE %s(%s)`, s.name, s.args))
	}
	exec(`INSERT INTO rooms (id, room_code, name, destination_name, destination_lat, destination_lng, max_members, status,
			expires_at, created_at, updated_at, created_by, created_by_name, version, next_order)
		SELECT ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'A' || lpad(i::text, 5, '0'), '', '', 0, 0, 8,
			CASE WHEN i <= 1000 THEN 'active' ELSE 'closed' END, '2100-01-01', now(), now(), '', '', 1, 2
		FROM generate_series(1, 2000) i`)
	exec(`INSERT INTO members (room_id, user_id, id, user_name, nickname, role, status, join_order, joined_at, last_seen)
		SELECT id, CASE WHEN room_code < 'A00100' THEN 'u' || substr(room_code, 2)::int ELSE 'crowd' || substr(room_code, 6) END, gen_random_uuid(), '', '', 'owner', 'active', 1, now(), now() FROM rooms`)
	check := func(when string) {
		t.Helper()
		for _, s := range statements {
			plan := explain(t, conn, fmt.Sprintf(`EXECUTE %s(%s)`, s.name, s.args))
			rows, where := plan.most()
			if pages := plan.Hit + plan.Read; rows > 20 || pages > 60 {
				t.Errorf("%s, %s: %.0f rows were looked at by %s, %.0f pages in all", when, s.name, rows, where, pages)
			}
		}
	}
	check("planned when empty")
	exec(`ANALYZE rooms`)
	exec(`ANALYZE members`)
	check("planned when most rooms are a few users'")
}

func explain(t *testing.T, conn *sqlx.Conn, query string) node {
	t.Helper()
	var raw []byte
	if err := conn.GetContext(t.Context(), &raw, `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) `+query); err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(raw, &plans); err != nil {
		t.Fatal(err)
	}
	return plans[0].Plan
}
