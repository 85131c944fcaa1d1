package deploy

import (
	"os"
	"strings"
	"testing"

	"github.com/wemaps/wemaps/libs/servers"
	"sigs.k8s.io/yaml"
)

type composeFile struct {
	Services map[string]struct {
		Image       string            `json:"image"`
		Environment map[string]string `json:"environment"`
		Healthcheck map[string]any    `json:"healthcheck"`
		Build       struct {
			Dockerfile string            `json:"dockerfile"`
			Args       map[string]string `json:"args"`
		} `json:"build"`
	} `json:"services"`
}

func TestCompose(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var c composeFile
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	for name, image := range map[string]string{"postgres": servers.PostgresImage, "redis": servers.RedisImage} {
		if got := c.Services[name].Image; got != image {
			t.Errorf("%s: image %q; `up` and Kubernetes run %q", name, got, image)
		}
	}
	for _, name := range services {
		s := c.Services[name]
		if s.Build.Args["SERVICE"] != name || s.Build.Dockerfile != "services/Dockerfile" || s.Image != "wemaps/"+name+":dev" {
			t.Errorf("%s: image %q is built with %+v", name, s.Image, s.Build)
		}
		if len(s.Healthcheck) == 0 || s.Environment["HTTP_ADDR"] == "" || s.Environment["REDIS_URL"] == "" {
			t.Errorf("%s: no health check, or the shared environment is missing: %v", name, s.Environment)
		}
		if owns := name != "edge"; owns != strings.Contains(s.Environment["DATABASE_URL"], "wemaps_"+name+":") {
			t.Errorf("%s: DATABASE_URL = %q", name, s.Environment["DATABASE_URL"])
		}
	}
	if got := c.Services["migrate"].Image; got != "wemaps/wemapsctl:dev" {
		t.Errorf("migrate: image %q", got)
	}
}
