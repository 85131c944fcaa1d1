package account

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	later := now.Add(time.Hour)
	for name, tc := range map[string]struct {
		state RefreshState
		want  Verdict
	}{
		"fresh":                       {RefreshState{ExpiresAt: later}, Advance},
		"expired":                     {RefreshState{ExpiresAt: now}, Refuse},
		"expired and spent":           {RefreshState{ExpiresAt: now, SpentAt: now.Add(-time.Hour)}, Refuse},
		"session ended":               {RefreshState{ExpiresAt: later, SessionEnded: true}, Refuse},
		"retry":                       {RefreshState{ExpiresAt: later, SpentAt: now.Add(-RetryWindow), SpentAgent: "phone"}, Repeat},
		"retry, clocks differ":        {RefreshState{ExpiresAt: later, SpentAt: now.Add(time.Second), SpentAgent: "phone"}, Repeat},
		"too late for a retry":        {RefreshState{ExpiresAt: later, SpentAt: now.Add(-RetryWindow - 1), SpentAgent: "phone"}, EndSession},
		"another client":              {RefreshState{ExpiresAt: later, SpentAt: now, SpentAgent: "curl"}, EndSession},
		"the successor was used, too": {RefreshState{ExpiresAt: later, SpentAt: now, SpentAgent: "phone", SuccessorSpent: true}, EndSession},
	} {
		if got := (Rotation{Agent: "phone", Now: now}).Judge(tc.state); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

func TestCheckNewPassword(t *testing.T) {
	t.Parallel()
	for password, good := range map[string]bool{
		"": false, "Abc12": false, "Abc123": true, "abc123": false, "ABC123": false, "Abcdef": false,
		"Aa1" + strings.Repeat("é", 97): true, "Aa1" + strings.Repeat("é", 98): false, "Éà1   ": true,
	} {
		var field *FieldError
		if err := CheckNewPassword("password", password); (err == nil) != good || err != nil && !errors.As(err, &field) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "", "x": "",
	} {
		if got := network(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
