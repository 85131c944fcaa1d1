package client

import (
	"strings"
	"testing"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		protocol   Protocol
		ref, frame string
	}{
		{Native, "", `{"v":1,"type":"join-room","data":{"roomId":"r"}}`},
		{Native, "7", `{"v":1,"type":"join-room","id":"7","data":{"roomId":"r"}}`},
		{SocketIO, "", `42["join-room",{"roomId":"r"}]`},
		{SocketIO, "7", `427["join-room",{"roomId":"r"}]`},
	} {
		if got := string(tc.protocol.Encode("join-room", tc.ref, []byte(`{"roomId":"r"}`))); got != tc.frame {
			t.Errorf("%s: got %s, want %s", tc.protocol, got, tc.frame)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		protocol         Protocol
		message          string
		kind             Kind
		event, ref, data string
	}{
		{Native, `{"v":1,"type":"new-message","id":"7","data":{"a":1}}`, KindEvent, "new-message", "7", `{"a":1}`},
		{SocketIO, `0{"sid":"x"}`, KindOpen, "", "", `{"sid":"x"}`},
		{SocketIO, `2`, KindPing, "", "", ""},
		{SocketIO, `40{"sid":"y"}`, KindConnected, "", "", `{"sid":"y"}`},
		{SocketIO, `44{"message":"no"}`, KindRefused, "", "", `{"message":"no"}`},
		{SocketIO, `42["new-message",{"a":[1]}]`, KindEvent, "new-message", "", `{"a":[1]}`},
		{SocketIO, `43715[{"ok":true}]`, KindAck, "", "715", `{"ok":true}`},
		{SocketIO, `43715[]`, KindAck, "", "715", ``},
		{SocketIO, `6`, KindOther, "", "", ""},
	} {
		got, err := tc.protocol.Decode([]byte(tc.message))
		if err != nil || got.Kind != tc.kind || got.Event != tc.event || got.Ref != tc.ref || string(got.Data) != tc.data {
			t.Errorf("%s: got %+v, %v", tc.message, got, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"type":"a"}`, `42["a"]`, `42[]`, `43[`, `0`, ``, `42["a",`, `4`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		for _, p := range []Protocol{Native, SocketIO} {
			packet, err := p.Decode([]byte(message))
			if err == nil && packet.Kind == KindEvent && p == SocketIO && !strings.HasPrefix(message, "42") {
				t.Fatalf("%q is an event", message)
			}
		}
	})
}
