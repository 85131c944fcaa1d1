package up

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
)

// console writes whole lines of many sources to one writer, each behind its source's name.
type console struct {
	mu     sync.Mutex
	w      io.Writer
	colour bool
}

func newConsole(f *os.File) *console {
	info, err := f.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &console{w: f, colour: (terminal || os.Getenv("FORCE_COLOR") != "") && os.Getenv("NO_COLOR") == ""}
}

// say writes a line of our own.
func (c *console) say(format string, args ...any) { c.line("wemaps", fmt.Sprintf(format, args...)) }

// Colours that read well on dark and light backgrounds (SGR foreground codes).
var colours = map[string]int{"auth": 33, "room": 32, "location": 35, "chat": 34, "edge": 36, "wemaps": 1}

func (c *console) line(source, text string) {
	prefix := fmt.Sprintf("%-8s │ ", source)
	if c.colour {
		prefix = fmt.Sprintf("\x1b[%dm%s\x1b[0m", colours[source], prefix)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// A closed terminal must not keep us from stopping in order.
	_, _ = io.WriteString(c.w, prefix+text+"\n")
}

// writer returns a writer that passes on what is written line by line. It is for one goroutine.
func (c *console) writer(source string) io.Writer { return &lineWriter{console: c, source: source} }

type lineWriter struct {
	console *console
	source  string
	rest    []byte
}

// maxLine keeps a source that never ends its line from filling the memory.
const maxLine = 64 << 10

func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		i := bytes.IndexByte(w.rest, '\n')
		if i < 0 && len(w.rest) < maxLine {
			return len(p), nil
		}
		line, next := w.rest, len(w.rest)
		if i >= 0 {
			line, next = w.rest[:i], i+1
		}
		w.console.line(w.source, string(bytes.TrimRight(line, "\r")))
		w.rest = append(w.rest[:0], w.rest[next:]...)
	}
}
