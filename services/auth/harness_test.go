package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/rueidis"

	"github.com/wemaps/wemaps/libs/config"
	"github.com/wemaps/wemaps/libs/pg"
	"github.com/wemaps/wemaps/libs/servers"
	"github.com/wemaps/wemaps/libs/testenv"
	"github.com/wemaps/wemaps/libs/wire"
	"github.com/wemaps/wemaps/services/auth/internal/hashing"
)

// The test binary is the service's hash worker, too.
func TestMain(m *testing.M) {
	if hashing.IsWorker() {
		if err := hashing.Work(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

var testSecret = bytes.Repeat([]byte("0123456789abcdef"), 2)

// env is one or more running replicas of the service on servers of their own.
type env struct {
	t           *testing.T
	cfg         Config
	redisServer *servers.Server
	redis       rueidis.Client
	db          *sqlx.DB // as the service's own role
	url         string
	app         *App
}

func setUp(t *testing.T, change func(*Config)) *env {
	t.Helper()
	e := &env{t: t, redisServer: testenv.RedisServer(t)}
	e.cfg = Config{
		Common: config.Common{LogLevel: "error", HTTPAddr: "127.0.0.1:0", AdminAddr: "127.0.0.1:0", RedisURL: "redis://" + e.redisServer.Addr(),
			Partitions: 4, ShutdownTimeout: 2 * time.Second},
		Postgres:  config.Postgres{DatabaseURL: testenv.Postgres(t, "auth"), MaxConns: 8},
		KeySecret: base64.StdEncoding.EncodeToString(testSecret), TokenTTL: 168 * time.Hour, RefreshTTL: 720 * time.Hour,
		KeyRotation: 720 * time.Hour, OpenNames: true, NewAccounts: 300, HashWorkers: 1, HashQueue: 128,
		HashNice: 0, hashMemory: 1024, // other tests keep the machine busy
	}
	if change != nil {
		change(&e.cfg)
	}
	if err := e.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	var err error
	if e.db, err = pg.Open(e.cfg.DatabaseURL, 2); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.db.Close() })
	e.redis = e.connect()
	e.app, e.url = e.start()
	return e
}

func (e *env) connect() rueidis.Client {
	e.t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{e.redisServer.Addr()}})
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(client.Close)
	return client
}

// start runs a replica and waits until it is ready.
func (e *env) start() (*App, string) {
	e.t.Helper()
	app, err := New(e.t.Context(), e.cfg)
	if err != nil {
		e.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx) }()
	srv := httptest.NewServer(app.server.Handler)
	e.t.Cleanup(func() {
		srv.Close()
		cancel()
		if err := <-done; err != nil {
			e.t.Errorf("run: %v", err)
		}
	})
	testenv.Eventually(e.t, 10*time.Second, "the service becomes ready", func() bool { return len(app.admin.Failing(ctx)) == 0 })
	return app, srv.URL
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// option changes a request.
type option func(*http.Request)

func bearer(token string) option {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}
func header(name, value string) option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}
func at(address string) option { return header("X-Forwarded-For", address) }

// do sends a request; body is a string as it is, nil for none, or anything else as JSON.
func (e *env) do(method, path string, body any, options ...option) answer {
	e.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			e.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, e.url+path, reader)
	if err != nil {
		e.t.Fatal(err)
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, o := range options {
		o(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	a := answer{t: e.t, status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if err := json.Unmarshal(raw, &a.body); err != nil {
		e.t.Fatalf("%s %s answered %d, no JSON object: %q", method, path, resp.StatusCode, raw)
	}
	return a
}

// ok requires a status and decodes the body into dst, if there is one.
func (a answer) ok(status int, dst any) {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.raw)
	}
	if dst == nil {
		return
	}
	if err := json.Unmarshal([]byte(a.raw), dst); err != nil {
		a.t.Fatalf("%v: %s", err, a.raw)
	}
}

// refused requires an error answer with the contract's shape.
func (a answer) refused(status int, code wire.Code) {
	a.t.Helper()
	text, _ := a.body["error"].(string)
	if a.status != status || a.body["code"] != string(code) || text == "" || a.body["requestId"] == nil {
		a.t.Fatalf("status %d, want %d %s: %s", a.status, status, code, a.raw)
	}
	details, _ := a.body["details"].(map[string]any)
	if field, _ := details["field"].(string); code == wire.CodeValidation && (field == "" || !strings.HasPrefix(text, field+" ")) &&
		!strings.Contains(text, "NUL") { // which is looked for before there are fields
		a.t.Fatalf("the field is not named: %s", a.raw)
	}
}

type signIn struct {
	User         wire.User `json:"user"`
	Token        string    `json:"token"`
	RefreshToken string    `json:"refreshToken"`
	ExpiresAt    wire.Time `json:"expiresAt"`
	IsNewUser    *bool     `json:"isNewUser"`
}

func (e *env) signIn(name string, options ...option) signIn {
	e.t.Helper()
	var s signIn
	e.do("POST", "/api/auth/signin", map[string]any{"name": name}, options...).ok(200, &s)
	return s
}

func (e *env) signUp(name, password string, options ...option) signIn {
	e.t.Helper()
	var s signIn
	e.do("POST", "/api/auth/signup", map[string]any{"name": name, "password": password}, options...).ok(200, &s)
	return s
}

func (e *env) exec(query string, args ...any) {
	e.t.Helper()
	if _, err := e.db.Exec(query, args...); err != nil {
		e.t.Fatal(err)
	}
}

// get reads a key; "" when it is not there.
func (e *env) get(key string) string {
	v, _ := e.redis.Do(context.Background(), e.redis.B().Get().Key(key).Build()).ToString()
	return v
}
