package redisx

import (
	"math"
	"strconv"
	"strings"
)

// Later tells whether stream id a comes after b; "" comes before all.
func Later(a, b string) bool {
	if b == "" {
		return true
	}
	aMs, aSeq := splitID(a)
	bMs, bSeq := splitID(b)
	return aMs > bMs || aMs == bMs && aSeq > bSeq
}

func splitID(id string) (ms, seq uint64) {
	left, right, _ := strings.Cut(id, "-")
	ms, _ = strconv.ParseUint(left, 10, 64) // Redis makes the ids
	seq, _ = strconv.ParseUint(right, 10, 64)
	return ms, seq
}

// After is the smallest entry id that is greater than id.
func After(id string) string {
	ms, seq := splitID(id)
	if seq == math.MaxUint64 {
		ms, seq = ms+1, 0
	} else {
		seq++
	}
	return strconv.FormatUint(ms, 10) + "-" + strconv.FormatUint(seq, 10)
}
