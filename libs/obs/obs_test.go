package obs_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/wemaps/wemaps/libs/obs"
)

// A notice is said and changes nothing; a check makes the process not ready.
func TestReadiness(t *testing.T) {
	t.Parallel()
	admin := obs.NewAdmin("", zap.NewNop(), obs.Registry())
	var check, notice error
	admin.AddCheck("redis", func(context.Context) error { return check })
	admin.AddNotice("postgres", func(context.Context) error { return notice })
	for _, tc := range []struct {
		name          string
		check, notice error
		status        int
		want          string
	}{
		{"all is well", nil, nil, http.StatusOK, `{"status":"OK"}`},
		{"without what is not needed", nil, errors.New("away"), http.StatusOK, `{"status":"OK","without":{"postgres":"away"}}`},
		{"without what is needed", errors.New("gone"), nil, http.StatusServiceUnavailable, `{"failing":{"redis":"gone"},"status":"NOT_READY"}`},
		{"without anything", errors.New("gone"), errors.New("away"), http.StatusServiceUnavailable,
			`{"failing":{"redis":"gone"},"status":"NOT_READY","without":{"postgres":"away"}}`},
	} {
		check, notice = tc.check, tc.notice
		rec := httptest.NewRecorder()
		admin.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if got := strings.TrimSpace(rec.Body.String()); rec.Code != tc.status || got != tc.want {
			t.Errorf("%s: got %d %s", tc.name, rec.Code, got)
		}
	}
}
