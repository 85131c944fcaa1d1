package socketio

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

var defaults = Config{}.withDefaults().Limits

func raws(values ...string) []json.RawMessage {
	all := []json.RawMessage{}
	for _, v := range values {
		all = append(all, json.RawMessage(v))
	}
	return all
}

// golden frames, without the Engine.IO type.
var golden = []struct {
	text string
	want Packet
}{
	{`0`, Packet{Type: Connect, Namespace: "/", ID: -1}},
	{`0{"token":"1"}`, Packet{Type: Connect, Namespace: "/", ID: -1, Auth: json.RawMessage(`{"token":"1"}`)}},
	{`0/custom`, Packet{Type: Connect, Namespace: "/custom", ID: -1}},
	{`0/custom,{"a":{}}`, Packet{Type: Connect, Namespace: "/custom", ID: -1, Auth: json.RawMessage(`{"a":{}}`)}},
	{`1`, Packet{Type: Disconnect, Namespace: "/", ID: -1}},
	{`1/custom,`, Packet{Type: Disconnect, Namespace: "/custom", ID: -1}},
	{`2["a"]`, Packet{Type: EventPacket, Namespace: "/", ID: -1, Args: raws(`"a"`)}},
	{`2[1]`, Packet{Type: EventPacket, Namespace: "/", ID: -1, Args: raws(`1`)}},
	{`2/custom,["a",1,"2",{"3":[true]}]`, Packet{Type: EventPacket, Namespace: "/custom", ID: -1, Args: raws(`"a"`, `1`, `"2"`, `{"3":[true]}`)}},
	{`2456["a",null]`, Packet{Type: EventPacket, Namespace: "/", ID: 456, Args: raws(`"a"`, `null`)}},
	{`2/custom,0[ "a" , [] ]`, Packet{Type: EventPacket, Namespace: "/custom", ID: 0, Args: raws(`"a"`, `[]`)}},
	{`3456[]`, Packet{Type: Ack, Namespace: "/", ID: 456, Args: raws()}},
	{`51-["a",{"_placeholder":true,"num":0}]`, Packet{Type: BinaryEvent, Namespace: "/", ID: -1, Attachments: 1, Args: raws(`"a"`, `{"_placeholder":true,"num":0}`)}},
	{`62-/custom,7[{"_placeholder":true,"num":1},[{"_placeholder":true,"num":0}]]`, Packet{Type: BinaryAck, Namespace: "/custom", ID: 7, Attachments: 2,
		Args: raws(`{"_placeholder":true,"num":1}`, `[{"_placeholder":true,"num":0}]`)}},
	{`50-["a"]`, Packet{Type: BinaryEvent, Namespace: "/", ID: -1, Args: raws(`"a"`)}},
}

func TestDecodeGolden(t *testing.T) {
	t.Parallel()
	for _, g := range golden {
		got, err := decode([]byte(g.text), []json.RawMessage{}, &defaults)
		if err != nil || !reflect.DeepEqual(got, g.want) {
			t.Errorf("%s: %+v, %v", g.text, got, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `abc`, `7`, `0[]`, `0"a"`, `0{`, `0{}x`, `1["a"]`, `2`, `2{}`, `2[]`, `2[null]`, `2[{}]`, `2["a"`, `2["a",]`, `2["a"]]`,
		`2abc["a"]`, `2-1["a"]`, `21.5["a"]`, `21234567890123456["a"]`, `3["a"]`, `34{}`, `4{"message":"x"}`,
		`5["a"]`, `5-["a"]`, `5x-["a"]`, `511-["a"]`, `599999999999-["a"]`, `51-["a",{"_placeholder":true,"num":1}]`,
		`51-["a",{"_placeholder":true,"num":-1}]`, `51-["a",{"_placeholder":true,"num":0.5}]`, `51-["a",{"_placeholder":true}]`,
		`51-["a",[{"b":{"_placeholder":true,"num":"0"}}]]`,
		`2["connect"]`, `2["connect_error",{}]`, `2["disconnect"]`, `2["disconnecting"]`, `2["newListener"]`, `2["removeListener"]`,
		`2["\u0063onnect"]`, `2["a",` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `]`, `2/` + strings.Repeat("n", 300) + `,["a"]`,
	} {
		if p, err := decode([]byte(text), nil, &defaults); err == nil {
			t.Errorf("%.60s: accepted as %+v", text, p)
		}
	}
}

func TestEncodeGolden(t *testing.T) {
	t.Parallel()
	for _, g := range golden {
		p := g.want
		b := appendHead(nil, p.Type, p.Attachments, p.Namespace, p.ID)
		switch p.Type {
		case Connect:
			b = append(b, p.Auth...)
		case EventPacket, BinaryEvent:
			b = appendArgs(b, p.Args[0], p.Args[1:])
		case Ack, BinaryAck:
			b = appendArgs(b, nil, p.Args)
		}
		again, err := decode(b[1:], []json.RawMessage{}, &defaults)
		if b[0] != '4' || err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%s: %s, %v", g.text, b, err)
		}
	}
	if got := string(appendArgs(nil, appendString(nil, `a"b`), []json.RawMessage{nil, json.RawMessage("1")})); got != `["a\"b",null,1]` {
		t.Error(got)
	}
}

// FuzzDecode holds that nothing panics and that what is accepted means the same
// after another encoding.
func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decode(b, []json.RawMessage{}, &defaults)
		if err != nil || p.Type == Connect || p.Type == Disconnect {
			return
		}
		head := appendHead(nil, p.Type, p.Attachments, p.Namespace, p.ID)
		again, err := decode(appendArgs(head, nil, p.Args)[1:], []json.RawMessage{}, &defaults)
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%q: %+v became %+v, %v", b, p, again, err)
		}
		for _, arg := range p.Args {
			if !json.Valid(arg) {
				t.Errorf("%q: argument %q", b, arg)
			}
		}
	})
}
