package store

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/services/location/internal/privacy"
	"github.com/wemaps/wemaps/services/location/internal/track"
)

// Weeks come with the first fix of each, and go whole when their last moment is older than the retention. Nobody meets a
// week that another replica has dropped.
func TestWeeksComeAndGo(t *testing.T) {
	t.Parallel()
	db, err := pg.Open(testenv.Postgres(t, "location"), 4)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	now := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC) // a Wednesday
	clock := func() time.Time { return now }
	one, two := NewTracks(db, 30*24*time.Hour), NewTracks(db, 30*24*time.Hour)
	one.now, two.now = clock, clock
	if _, err := db.ExecContext(t.Context(), `INSERT INTO location.recordings (room_id, user_id, since) VALUES ('r', 'ann', $1)`, now.Add(-60*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	fix := func(at time.Time) track.Fix {
		nan := math.NaN()
		return track.Fix{Room: "r", User: "ann", Device: "app", Received: now.UnixMilli(), Level: privacy.Exact,
			Point: track.Point{At: at.UnixMilli(), Latitude: 46, Longitude: 14, Accuracy: nan, Speed: nan, Bearing: nan, Altitude: nan}}
	}
	store := func(tracks *Tracks, want int, at ...time.Time) {
		t.Helper()
		fixes := make([]track.Fix, len(at))
		for i := range at {
			fixes[i] = fix(at[i])
		}
		if n, err := tracks.Append(t.Context(), fixes); err != nil || n != want {
			t.Fatalf("%d stored, %v; want %d", n, err, want)
		}
	}
	monday := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	// Both sides of a Monday, three weeks ago, and what is older than the retention.
	store(one, 3, monday, monday.Add(-time.Millisecond), monday.Add(-21*day), now.Add(-31*day))
	store(two, 1, monday, monday.Add(time.Second), monday.Add(-21*day)) // two of them are there already
	holds(t, db, "the weeks of what was stored", 4, "20260511", "20260525", "20260601")

	now = now.Add(13 * day) // the 16th of June, 30 days after the 17th of May, which is the last day of the oldest week
	if err := one.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, db, "a week whose end is not old enough", 4, "20260511", "20260525", "20260601")
	now = now.Add(day)
	if err := one.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, db, "a week that is old", 3, "20260525", "20260601")
	now = now.Add(-day)
	late := monday.Add(-14*day - time.Second)
	if _, err := two.Append(t.Context(), []track.Fix{fix(late)}); err == nil {
		t.Error("a week that was dropped is still there")
	}
	store(two, 1, late) // who tries again finds out that it has to be made
	holds(t, db, "a week that came again", 4, "20260511", "20260525", "20260601")
}

// holds tells whether there are just these weeks, and so many points in them.
func holds(t *testing.T, db *sqlx.DB, what string, points int, weeks ...string) {
	t.Helper()
	var names []string
	var n int
	if err := db.SelectContext(t.Context(), &names, selectWeeks); err != nil {
		t.Fatal(err)
	}
	if err := db.GetContext(t.Context(), &n, `SELECT count(*) FROM location.track_points`); err != nil {
		t.Fatal(err)
	}
	want := make([]string, len(weeks))
	for i, w := range weeks {
		want[i] = weekPrefix + w
	}
	if !slices.Equal(names, want) || n != points {
		t.Errorf("%s: %v with %d points, want %v with %d", what, names, n, fmt.Sprint(want), points)
	}
}
