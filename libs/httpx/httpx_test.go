package httpx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/lib/pq"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/httpx"
	"github.com/wemaps/wemaps/libs/wire"
)

var errDomain = errors.New("the room is full of cats")

func newEcho() *echo.Echo {
	e := httpx.New(httpx.Options{Service: "test", Log: zap.NewNop(), Registry: prometheus.NewRegistry(), Timeout: 50 * time.Millisecond,
		MapError: func(err error) *wire.Error {
			if errors.Is(err, errDomain) {
				return wire.NewError(wire.CodeRoomFull)
			}
			return nil
		}})
	e.POST("/bind", func(c echo.Context) error {
		var body struct {
			Name  string   `json:"name"`
			Count int      `json:"count"`
			Lat   *float64 `json:"lat"`
		}
		if err := httpx.Bind(c, &body); err != nil {
			return err
		}
		return c.JSON(http.StatusOK, body)
	})
	e.GET("/domain", func(echo.Context) error { return errDomain })
	e.GET("/internal", func(echo.Context) error { return errors.New(`pq: relation "secret" does not exist`) })
	e.GET("/database", func(echo.Context) error {
		return fmt.Errorf("store room: %w", &pq.Error{Code: "57P01", Message: "secret"})
	})
	e.GET("/panic", func(echo.Context) error { panic("secret") })
	e.GET("/slow", func(c echo.Context) error { <-c.Request().Context().Done(); return c.Request().Context().Err() })
	e.GET("/later", func(echo.Context) error { return wire.NewError(wire.CodeRateLimited).After(1500 * time.Millisecond) })
	return e
}

func do(t *testing.T, method, path, body string) (*httptest.ResponseRecorder, wire.ErrorBody) {
	t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	newEcho().ServeHTTP(rec, req)
	var eb wire.ErrorBody
	if rec.Code >= 400 {
		if err := json.Unmarshal(rec.Body.Bytes(), &eb); err != nil {
			t.Fatalf("%s %s: %s", method, path, rec.Body)
		}
	}
	return rec, eb
}

func TestEveryErrorHasTheContractsForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path, body string
		status             int
		code               wire.Code
	}{
		{"GET", "/domain", "", 409, wire.CodeRoomFull},
		{"GET", "/internal", "", 500, wire.CodeInternal},
		{"GET", "/database", "", 503, wire.CodeUnavailable},
		{"GET", "/panic", "", 500, wire.CodeInternal},
		{"GET", "/slow", "", 504, wire.CodeTimeout},
		{"GET", "/later", "", 429, wire.CodeRateLimited},
		{"GET", "/nowhere", "", 404, wire.CodeRouteNotFound},
		{"GET", "/bind", "", 405, wire.CodeMethodNotAllowed},
		// inherited mistake 19: malformed JSON, a big body, a NUL: 500
		{"POST", "/bind", "{", 400, wire.CodeInvalidJSON},
		{"POST", "/bind", `"text"`, 400, wire.CodeInvalidJSON},
		{"POST", "/bind", `[1]`, 400, wire.CodeInvalidJSON},
		{"POST", "/bind", "{\"name\":\"\xff\"}", 400, wire.CodeInvalidJSON},
		{"POST", "/bind", `{"name":"a\u0000b"}`, 400, wire.CodeValidation},
		{"POST", "/bind", `{"name":7}`, 400, wire.CodeValidation},
		{"POST", "/bind", `{"count":1.5}`, 400, wire.CodeValidation},
		{"POST", "/bind", `{"name":"` + strings.Repeat("x", httpx.MaxBody) + `"}`, 413, wire.CodePayloadTooLarge},
	} {
		rec, eb := do(t, c.method, c.path, c.body)
		if rec.Code != c.status || eb.Code != c.code {
			t.Errorf("%s %s %.40q: %d %s, want %d %s", c.method, c.path, c.body, rec.Code, eb.Code, c.status, c.code)
		}
		if eb.Error == "" || eb.RequestID == "" || eb.RequestID != rec.Header().Get(httpx.HeaderRequestID) {
			t.Errorf("%s %s: incomplete error %s", c.method, c.path, rec.Body)
		}
		if strings.Contains(rec.Body.String(), "secret") || strings.Contains(rec.Body.String(), "cats") {
			t.Errorf("%s %s leaks: %s", c.method, c.path, rec.Body)
		}
	}
}

func TestDetails(t *testing.T) {
	t.Parallel()
	if rec, _ := do(t, "GET", "/later", ""); rec.Header().Get("Retry-After") != "2" {
		t.Errorf("Retry-After %q, want 2 (rounded up)", rec.Header().Get("Retry-After"))
	}
	if _, eb := do(t, "GET", "/nowhere", ""); eb.Path != "/nowhere" || eb.Timestamp == "" {
		t.Errorf("unknown route: %+v", eb)
	}
	if rec, eb := do(t, "POST", "/bind", `{"lat":"x"}`); eb.Error != "lat must be a number" || !strings.Contains(rec.Body.String(), `"details":{"field":"lat"}`) {
		t.Errorf("got %s", rec.Body)
	}
	if rec, _ := do(t, "POST", "/bind", `{"name":"a","unknown":1}`); rec.Code != 200 {
		t.Errorf("unknown fields must be ignored: %s", rec.Body)
	}
	if rec, _ := do(t, "POST", "/bind", ""); rec.Code != 200 {
		t.Errorf("an empty body is an empty object: %s", rec.Body)
	}
}

func TestServeLetsRequestsInFlightFinish(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	entered, release := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	server := httpx.NewServer("", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = w.Write([]byte("done"))
	}), 5*time.Second)
	if server.Listening(ctx) == nil {
		t.Error("it is ready before it listens")
	}
	go func() { served <- server.Serve(ctx, ln) }()
	answer := make(chan int, 1)
	go func() {
		res, err := http.Get("http://" + ln.Addr().String())
		if err != nil {
			answer <- 0
			return
		}
		_ = res.Body.Close()
		answer <- res.StatusCode
	}()
	<-entered
	if err := server.Listening(ctx); err != nil {
		t.Errorf("it is not ready: %v", err)
	}
	cancel()
	for server.Listening(ctx) == nil {
		time.Sleep(time.Millisecond) // with a request in flight it takes no more
	}
	close(release)
	if status := <-answer; status != 200 {
		t.Errorf("the request in flight got %d", status)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestBearer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{"Bearer x": "x", "bearer  y ": "y", "Basic x": "", "": "", "Bearer": ""} {
		if got := httpx.Bearer(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}
