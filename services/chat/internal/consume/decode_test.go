package consume

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/wemaps/wemaps/libs/redisx"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/chat/internal/message"
)

func TestCleanText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw, want string
		refused   bool
	}{
		"plain":                 {"hello", "hello", false},
		"trimmed":               {"\n\t hello \u00a0\u2003", "hello", false},
		"inner space is kept":   {"a  b\n\n\tc", "a  b\n\n\tc", false},
		"NFC":                   {"e\u0301", "é", false},
		"line ends":             {"a\r\nb", "a\nb", false},
		"markup is text":        {"<b>&amp;</b>", "<b>&amp;</b>", false},
		"joined emoji":          {"👩\u200d🚀", "👩\u200d🚀", false},
		"right to left":         {"\u202eabc", "\u202eabc", false},
		"2000 characters":       {strings.Repeat("é", 2000), strings.Repeat("é", 2000), false},
		"2000 after trimming":   {" " + strings.Repeat("x", 2000) + " ", strings.Repeat("x", 2000), false},
		"2000 of four bytes":    {strings.Repeat("😀", 2000), strings.Repeat("😀", 2000), false},
		"4000 that compose":     {strings.Repeat("e\u0301", 2000), strings.Repeat("é", 2000), false},
		"2001 characters":       {strings.Repeat("x", 2001), "", true},
		"empty":                 {"", "", true},
		"blank":                 {" \t\n\u00a0\u2003", "", true},        // inherited mistake 10
		"nothing to see":        {"\u200b\u200d\ufeff\u2060", "", true}, // inherited mistake 10
		"NUL":                   {"a\x00", "", true},                    // inherited mistake 19
		"escape":                {"\x1b[2J", "", true},
		"lone carriage return":  {"a\rb", "", true},
		"C1 control":            {"a\u0085b", "", true},
		"broken UTF-8 is shown": {"a\xffb", "a\ufffdb", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cleanText(c.raw)
			if (err != nil) != c.refused || got != c.want {
				t.Fatalf("got %q, %v", got, err)
			}
		})
	}
}

// Whatever a stream holds, decoding does not panic, and what it lets through
// can be stored.
func FuzzDecode(f *testing.F) {
	for _, c := range []wire.Command{
		{Type: wire.CommandSend, RoomID: "r", UserID: "u", UserName: "n", Data: `{"content":" e\u0301 ","clientId":"c","replyTo":"m"}`},
		{Type: wire.CommandHistory, RoomID: "r", UserID: "u", Data: `{"before":5,"after":1,"limit":10}`},
		{Type: wire.CommandEdit, RoomID: "r", UserID: "u", Data: `{"messageId":"018f3e1c-0000-7000-8000-000000000000","content":"x"}`},
		{Type: wire.CommandReact, RoomID: "r", UserID: "u", Data: `{"messageId":"018f3e1c-0000-7000-8000-000000000000","emoji":"👍"}`},
		{Type: wire.CommandSend, RoomID: "r", UserID: "u", Data: `{"content":"x","replyTo":"018f3e1c-0000-7000-8000-000000000000","mentions":["b","b"]}`},
		{Type: wire.CommandSystem, RoomID: "r", Data: `{"key":"k","kind":"joined","text":"Ann joined","userId":"ann","userName":"Ann","data":{ "a": 1 }}`},
		{Type: wire.CommandSystem, RoomID: "r", Data: `{"key":"","kind":"x","text":"y"}`},
		{Type: "dance"}, {},
	} {
		f.Add(c.String())
	}
	f.Add("send\tr\tu\tn\xff\te\ts\tr\t1\t{\"content\":\"\\ud800\"}")
	f.Fuzz(func(t *testing.T, line string) {
		r, err := decode(redisx.Entry{ID: "1-1", Value: line})
		if err != nil {
			return
		}
		states := 0
		if r.refused != nil {
			states++
			var we *wire.Error
			if !errors.As(r.refused, &we) && !errors.Is(r.refused, message.ErrMessageNotFound) && !errors.Is(r.refused, message.ErrReplyNotFound) {
				t.Fatalf("refused with %v, which no client understands", r.refused)
			}
		}
		if q := r.history; q != nil {
			states++
			if q.Limit < 1 || q.Limit > wire.MaxHistoryLimit || q.Before < 0 || q.After < -1 {
				t.Fatalf("%+v", q)
			}
		}
		if c := r.change; c != nil {
			states++
			if c.Kind == 0 || len(c.MessageID) != 36 || c.Kind == message.Edit && c.Content == "" || c.Kind >= message.React && c.Emoji == "" {
				t.Fatalf("%+v", c)
			}
		}
		if m := r.read; m != nil {
			states++
			if m.Seq < 1 || m.Entry == "" {
				t.Fatalf("%+v", m)
			}
		}
		if d := r.send; d != nil {
			states++
			n := utf8.RuneCountInString(d.Content)
			if n < 1 || n > wire.MaxMessageRunes || strings.TrimSpace(d.Content) != d.Content || !norm.NFC.IsNormalString(d.Content) {
				t.Fatalf("content %q", d.Content)
			}
			for _, s := range append([]string{d.Content, d.UserName, d.Key, d.ReplyTo, d.Kind, d.Data}, d.Mentions...) {
				if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
					t.Fatalf("cannot be stored or shown: %q", s)
				}
			}
		}
		if states != 1 {
			t.Fatalf("%d fates for one command", states)
		}
	})
}
