package navigation

// When a changed ETA matters: by five minutes, or a fifth of the time that is
// left if that is more, for a minute, and five minutes after the last news.
const (
	etaMatters     = 5 * 60_000 // ms
	etaMattersPart = 5          // of the time left
	etaHolds       = 60_000     // ms
	etaAgain       = 5 * 60_000 // ms
	etaSettles     = 300.0      // s of motion: before that an estimate only gets better
	etaNear        = 500.0      // metres: so near, everybody sees it
)

// notice is what the room was told about a member's ETA.
type notice struct {
	eta   int64 // Unix ms; 0 = nothing yet
	told  int64 // fix time
	since int64 // since when it is wrong enough; 0 = it is not
}

// watchETA decides whether the room should hear of the ETA. The first one is in
// the position itself and is taken for known.
func (m *Member) watchETA(r *Result) {
	n := &m.notice
	if m.Arrived || m.ETA == 0 || m.Remaining < etaNear || m.seconds < 2*enough {
		n.since = 0
		return
	}
	if n.eta == 0 || m.seconds < etaSettles {
		n.eta, n.told = m.ETA, m.At
		return
	}
	change := max(m.ETA-n.eta, n.eta-m.ETA)
	if change < max(etaMatters, (m.ETA-m.At)/etaMattersPart) {
		n.since = 0
		return
	}
	if n.since == 0 {
		n.since = m.At
	}
	if m.At-n.since >= etaHolds && m.At-n.told >= etaAgain {
		r.TellETA, r.PreviousETA = true, n.eta
		*n = notice{eta: m.ETA, told: m.At}
	}
}
