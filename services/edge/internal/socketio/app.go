package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/wemaps/wemaps/libs/wire"

	"github.com/wemaps/wemaps/services/edge/internal/outq"
)

// App is an application that lives in the main namespace and whose events have
// one JSON object each.
type App interface {
	// Open is called when a client connects. The client gets the text of an error
	// as its connect_error's message. c may be used, and kept, from the start.
	Open(ctx context.Context, c AppConn, h AppHandshake) (AppSession, error)
}

// AppSession is one client of an App. Its methods are called one after the other.
// It may be a Recoverer.
type AppSession interface {
	// Event gets an event's first argument, "null" if it has none; data is the
	// callee's. ref is what Reply needs to call the client's callback; "" if it
	// gave none.
	Event(ctx context.Context, name string, data json.RawMessage, ref string)
	// Closed is called once, last.
	Closed(reason string)
}

// AppHandshake is what is known of a client.
type AppHandshake struct {
	Token     string // auth.token, else the bearer token; "" if there is none
	RemoteIP  string
	UserAgent string
	Origin    string
	Query     url.Values
	Auth      json.RawMessage // the client's whole auth object; nil if it gave none
}

// NewApp makes the main namespace of an application.
func NewApp(app App) Namespace { return appNamespace{app} }

type appNamespace struct{ app App }

func (n appNamespace) Connect(ctx context.Context, s *Socket, h Handshake) (Handler, error) {
	session, err := n.app.Open(ctx, AppConn{s}, AppHandshake{
		Token: token(h), RemoteIP: h.RemoteIP, UserAgent: h.UserAgent,
		Origin: h.Origin, Query: h.Query, Auth: h.Auth,
	})
	if err != nil {
		return nil, err
	}
	if wantsBatches(h) {
		s.client.conn.SetEncoding(outq.SocketIOBatch)
	}
	return appHandler{session}, nil
}

// wantsBatches reports whether a client asked for locations-updated: batch=1 in
// the URL, or {"batch":true} in its auth object.
func wantsBatches(h Handshake) bool {
	var auth struct {
		Batch any `json:"batch"`
	}
	if len(h.Auth) > 0 {
		_ = json.Unmarshal(h.Auth, &auth) // what is no object asks for nothing
	}
	switch auth.Batch {
	case true, "1", 1.0:
		return true
	}
	return h.Query.Get("batch") == "1"
}

// token prefers what the program says to what its platform adds to requests.
func token(h Handshake) string {
	var auth struct {
		Token string `json:"token"`
	}
	if len(h.Auth) > 0 && json.Unmarshal(h.Auth, &auth) == nil && auth.Token != "" {
		return bearer(auth.Token)
	}
	if t := bearer(h.Authorization); t != h.Authorization {
		return t
	}
	return ""
}

// bearer cuts the scheme off, which some apps put in front of auth.token too.
func bearer(s string) string {
	const scheme = "bearer "
	if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
		return strings.TrimSpace(s[len(scheme):])
	}
	return s
}

type appHandler struct{ session AppSession }

var null = json.RawMessage("null")

func (h appHandler) Event(ctx context.Context, e Event) {
	data := null
	if len(e.Args) > 0 {
		// The bytes belong to the connection; commands outlive this call on their
		// way to the stream.
		data = append(json.RawMessage(nil), e.Args[0]...)
	}
	ref := ""
	if id, wanted := e.AckID(); wanted {
		ref = strconv.FormatInt(id, 10)
	}
	h.session.Event(ctx, e.Name, data, ref)
}

// Recover implements Recoverer.
func (h appHandler) Recover() (pid, sid string, missed []*outq.Message) {
	if r, ok := h.session.(Recoverer); ok {
		return r.Recover()
	}
	return "", "", nil
}

func (h appHandler) Closed(reason string) { h.session.Closed(reason) }

// AppConn is how an App talks to one client.
type AppConn struct{ s *Socket }

// ID is unique. The client knows it, unless it has been recovered.
func (c AppConn) ID() string { return c.s.id }

// Encoding is what Send's messages are rendered in.
func (c AppConn) Encoding() outq.Encoding { return outq.SocketIO }

// Offset makes an event that carries its place for Recoverer: data, then offset.
func Offset(event string, data []byte, offset string) *outq.Message {
	b := appendHead(make([]byte, 0, len(event)+len(data)+len(offset)+16), EventPacket, 0, MainNamespace, -1)
	b = appendArgs(b, appendString(nil, event), []json.RawMessage{data, appendString(nil, offset)})
	return outq.NewRaw(b, false)
}

// Send queues an event and never blocks. A client that lags too far behind is
// closed (wire.CloseSlow); its error is outq.ErrOverflow.
func (c AppConn) Send(m *outq.Message) error { return c.push(m) }

func (c AppConn) push(ms ...*outq.Message) error {
	err := c.s.Push(ms...)
	if errors.Is(err, outq.ErrOverflow) {
		c.Close(wire.CloseSlow)
	}
	return err
}

// Reply answers an event: with its ref, it calls the client's callback with data;
// in any case it emits the event, which is what apps without callbacks wait for.
func (c AppConn) Reply(ref, event string, data []byte) { c.ReplyAt(ref, event, data, "") }

// ReplyAt is Reply whose event has a place in its room's log.
func (c AppConn) ReplyAt(ref, event string, data []byte, place string) {
	if len(data) == 0 {
		data = null // else the official client would take the event's name for a place
	}
	emitted := outq.NewEventAt(event, data, place)
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil || id < 0 {
		_ = c.push(emitted) // a client that is gone needs no answer
		return
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b := appendHead((*buf)[:0], Ack, 0, MainNamespace, id)
	b = appendArgs(b, nil, []json.RawMessage{data})
	if cap(b) <= maxPooledBuffer {
		*buf = b
	}
	_ = c.push(outq.NewRaw(b, false), emitted) // the same
}

// Close ends the connection after what is queued. The official client comes back
// by itself if the code allows it.
func (c AppConn) Close(code wire.CloseCode) { c.s.Close(uint16(code.Code), code.Reconnect) }
