package consume

import "github.com/wemaps/wemaps/libs/wire"

// record collects the fixes that belong into tracks. A batch of rooms in which
// nobody has agreed to that costs one look at each room.
func (h *Commands) record(b *batch) {
	some := false
	for i := range b.rooms {
		some = some || b.rooms[i].memory != nil && len(b.rooms[i].memory.recorded) > 0
	}
	if !some {
		return
	}
	for i := range b.commands {
		c := &b.commands[i]
		if c.err == nil && c.Type == wire.CommandUpdate && c.verdict.Tracked() && b.rooms[c.roomAt].memory.recorded[c.UserID] {
			h.Effects.Record(&c.Command, &c.fix, c.level)
		}
	}
}
