package wsread

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/gorilla/websocket"
)

// gorillaClient shakes hands over client; server answers by hand.
func gorillaClient(t *testing.T, server, client net.Conn) *websocket.Conn {
	t.Helper()
	go func() {
		req, err := http.ReadRequest(bufio.NewReader(server))
		if err != nil {
			return
		}
		sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		_, _ = server.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"))
	}()
	conn, _, err := websocket.NewClient(client, &url.URL{Scheme: "ws", Host: "test"}, nil, 4096, 4096)
	if err != nil {
		t.Fatal("handshake:", err)
	}
	return conn
}
