package consume

import "github.com/wemaps/wemaps/services/location/internal/navigation"

// Router knows how long ways take, by a routing engine. Both methods are called
// on the hot path and never block; see routing.Advisor.
type Router interface {
	// Estimate is the time of arrival, Unix ms, of a member who is at a place
	// at a time; false if nothing recent is known.
	Estimate(room, user string, plan uint64, at int64) (eta int64, ok bool)
	// Ask lets the engine be asked about everybody in a room.
	Ask(room string, plan *navigation.Plan, people []navigation.Person)
}
