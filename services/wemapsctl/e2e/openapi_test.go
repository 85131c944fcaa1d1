package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// checkAgainstOpenAPI returns the URL of a proxy to target that holds every
// answer under /api against the OpenAPI document which target itself serves:
// an unknown route, an undocumented status or a body of another shape fails
// the test.
func checkAgainstOpenAPI(t *testing.T, target string) string {
	t.Helper()
	status, raw, err := try("GET", target+"/api/openapi.json", "", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("openapi.json: %d %v", status, err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatalf("openapi.json: %v", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatalf("openapi.json is not valid: %v", err)
	}
	doc.Servers = nil
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"text/html", "application/gpx+xml", "application/geo+json"} {
		openapi3filter.RegisterBodyDecoder(text, openapi3filter.PlainBodyDecoder)
	}
	covered := &coverage{seen: map[string]bool{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) },
		ModifyResponse: func(res *http.Response) error {
			if res.StatusCode == http.StatusSwitchingProtocols || !strings.HasPrefix(res.Request.URL.Path, "/api/") || res.Request.Method == http.MethodOptions {
				return nil
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			res.Body = io.NopCloser(bytes.NewReader(body))
			if err := validate(router, covered, res, body); err != nil {
				t.Errorf("%s %s answered %d %.300s: %v", res.Request.Method, res.Request.URL.Path, res.StatusCode, body, err)
			}
			return nil
		},
	}
	srv := httptest.NewServer(proxy)
	t.Cleanup(func() {
		srv.Close()
		t.Logf("held %d kinds of answers against the OpenAPI document", len(covered.seen))
	})
	return srv.URL
}

type coverage struct {
	mu   sync.Mutex
	seen map[string]bool
}

func validate(router routers.Router, covered *coverage, res *http.Response, body []byte) error {
	route, params, err := router.FindRoute(res.Request)
	if err != nil {
		if res.StatusCode == http.StatusNotFound && bytes.Contains(body, []byte("ROUTE_NOT_FOUND")) {
			return nil
		}
		return fmt.Errorf("not documented: %w", err)
	}
	covered.mu.Lock()
	covered.seen[fmt.Sprint(route.Method, route.Path, res.StatusCode)] = true
	covered.mu.Unlock()
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: res.Request, PathParams: params, Route: route},
		Status:                 res.StatusCode, Header: res.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	input.SetBodyBytes(body)
	return openapi3filter.ValidateResponse(context.Background(), input)
}
