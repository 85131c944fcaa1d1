package outq

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// readFrame parses one frame the way a client does.
func readFrame(t *testing.T, frame []byte) (kind int, payload []byte) {
	t.Helper()
	server, client := net.Pipe()
	defer server.Close()
	defer client.Close()
	go func() {
		// The reader insists on a handshake; its answer is fixed by the fixed key.
		req, err := http.ReadRequest(bufio.NewReader(server))
		if err != nil {
			return
		}
		_, _ = server.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
			"Connection: Upgrade\r\nSec-WebSocket-Accept: " + acceptKey(req.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n"))
		_, _ = server.Write(frame)
	}()
	dialer := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) { return client, nil }}
	conn, _, err := dialer.DialContext(t.Context(), "ws://test/", nil)
	if err != nil {
		t.Fatal("handshake:", err)
	}
	kind, payload, err = conn.ReadMessage()
	if err != nil {
		t.Fatal("read frame:", err)
	}
	return kind, payload
}

// eventually polls until ok, as what it waits for happens on other goroutines.
func eventually(t *testing.T, reason string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("not within 10 s: " + strings.TrimSpace(reason))
}

// acceptKey is RFC 6455, section 1.3.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
