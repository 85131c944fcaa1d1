package native

import (
	"encoding/json"
	"testing"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// FuzzDecode: whatever comes, a frame is either an event or refused, and what an
// event echoes is bounded and is valid JSON.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"v":1,"type":"x","id":"7","data":{"a":1}}`, `{"type":"x"}`, `{"v":2}`, `[]`, `null`, `"x"`, `{"type":"\ud800","id":"\u0000"}`,
		`{"type":"a","type":"b","data":null}`, `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		e, bad := decode(frame)
		if len(e.ID) > maxRef {
			t.Fatalf("an id of %d bytes", len(e.ID))
		}
		if bad == nil && (e.Type == "" || !json.Valid(frame)) {
			t.Fatalf("accepted %q", frame)
		}
		if bad != nil && bad.Code == "" {
			t.Fatal("refused without a code")
		}
		data := e.Data
		if bad != nil {
			data = nil
		}
		payload, _ := reply(e.ID, e.Type, data).Payload(outq.Native)
		again, worse := decode(payload)
		if e.Type != "" && (worse != nil || again.Type != e.Type || again.ID != e.ID) {
			t.Fatalf("reply %q: %v", payload, worse)
		}
	})
}

// FuzzDecodePlain: what the quick way understands, the standard library understands alike.
func FuzzDecodePlain(f *testing.F) {
	for _, seed := range []string{
		`{"v":1,"type":"x","id":"7","data":{"a":1}}`, `{"type":"x"}`, `{"type":"x","id":""}`, `{"type":"x","data":null}`, `{"type":"x","V":2}`,
		`{"type":"x","v":1.0}`, `{"type":"x","id":null}`, `{"type":"x","data":{"a":1,}}`, `{"type":"a","type":"b"}`, `{"type":"\u0061"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		got, ok := decodePlain(frame)
		if !ok {
			return
		}
		want := envelope{V: version}
		if err := json.Unmarshal(frame, &want); err != nil {
			t.Fatalf("%q: %v", frame, err)
		}
		if got.V != want.V || got.Type != want.Type || got.ID != want.ID || string(got.Data) != string(want.Data) || (got.Data == nil) != (want.Data == nil) {
			t.Fatalf("%q: %+v, want %+v", frame, got, want)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	frame := []byte(`{"v":1,"type":"location-update","id":"17","data":{"roomId":"01890000-0000-7000-8000-000000000000","latitude":52.520008,"longitude":13.404954,"accuracy":5.2,"speed":12.1,"bearing":271.2,"heading":270,"altitude":34.1,"batteryLevel":81,"deviceModel":"Pixel 9"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(frame); err != nil {
			b.Fatal(err)
		}
	}
}
