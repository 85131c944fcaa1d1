package jsonscan_test

import (
	"encoding/json"
	"testing"

	"github.com/wemaps/wemaps/services/edge/internal/jsonscan"
)

// FuzzSplitArray holds the scanner against the standard library.
func FuzzSplitArray(f *testing.F) {
	for _, s := range []string{`[]`, `[1,-0.5e+3,"a\u00e4\n",true,false,null,{"a":[{}]}]`, `[01]`, `["\x"]`, "[\"\x01\"]", `[1 2]`, ` [ ] `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		args, err := jsonscan.SplitArray(nil, b, 1000)
		var want []json.RawMessage
		wantErr := json.Unmarshal(b, &want)
		if valid := wantErr == nil && want != nil; valid != (err == nil) {
			t.Fatalf("%q: %v, the standard library: %v", b, err, wantErr)
		}
		if err != nil {
			return
		}
		if len(args) != len(want) {
			t.Fatalf("%q: %d elements, want %d", b, len(args), len(want))
		}
		for i := range args {
			if string(args[i]) != string(want[i]) {
				t.Errorf("%q: element %d is %q, want %q", b, i, args[i], want[i])
			}
		}
	})
}

// FuzzEachMember does the same for objects; of a key that comes twice the last one counts.
func FuzzEachMember(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":1,"b":[{"c":null}],"a":"x"}`, `{"a":1,}`, `{"a" 1}`, `{a:1}`, `{"\u0061":1}`, ` { "a" : -0 } `, `[]`, `{"a":1}x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := map[string]string{}
		err := jsonscan.EachMember(b, 1000, func(key, value []byte) {
			var k string
			if err := json.Unmarshal(key, &k); err != nil {
				t.Fatalf("%q: key %q: %v", b, key, err)
			}
			got[k] = string(value)
		})
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(b, &want)
		if valid := wantErr == nil && want != nil; valid != (err == nil) {
			t.Fatalf("%q: %v, the standard library: %v", b, err, wantErr)
		}
		if err != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %v, want %v", b, got, want)
		}
		for k, v := range want {
			if got[k] != string(v) {
				t.Fatalf("%q: %q is %q, want %q", b, k, got[k], v)
			}
		}
	})
}

func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	if err := jsonscan.CheckObject([]byte(`{"a":[[]]}`), 2); err == nil {
		t.Error("three levels of two passed")
	}
	if err := jsonscan.EachMember([]byte(`{"a":[[]]}`), 3, func(_, _ []byte) {}); err != nil {
		t.Error(err)
	}
}
