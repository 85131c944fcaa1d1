package up

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/wemaps/wemaps/libs/servers"
)

func TestSecretsAreGeneratedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := loadSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := base64.StdEncoding.DecodeString(first[secretAuthKey]); err != nil || len(key) != 32 {
		t.Errorf("%s is no base64 of 32 bytes: %v", secretAuthKey, err)
	}
	seen := map[string]string{}
	for name, value := range first {
		if other := seen[value]; other != "" || len(value) < 26 {
			t.Errorf("%s is short or the same as %q", name, other)
		}
		seen[value] = name
	}
	second, err := loadSecrets(dir)
	if err != nil || !maps.Equal(first, second) {
		t.Errorf("the second load differs: %v", err)
	}
	info, err := os.Stat(dir + "/" + secretsFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestKubernetesSecretsAreObjects(t *testing.T) {
	t.Parallel()
	secrets, err := loadSecrets(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeKubernetesSecrets(&out, "postgres:5432", secrets); err != nil {
		t.Fatal(err)
	}
	for _, text := range strings.Split(out.String(), "---\n") {
		var o struct {
			Kind       string            `json:"kind"`
			StringData map[string]string `json:"stringData"`
		}
		if err := yaml.Unmarshal([]byte(text), &o); err != nil || o.Kind != "Secret" || len(o.StringData) == 0 {
			t.Errorf("%v:\n%s", err, text)
		}
	}
}

func TestLinesOfManySourcesStayWhole(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := &console{w: &out}
	auth, room := c.writer("auth"), c.writer("room")
	for _, step := range []struct {
		w    interface{ Write([]byte) (int, error) }
		text string
	}{{auth, "one "}, {room, "a\nb"}, {auth, "line\r\n"}, {room, "c\n"}, {auth, strings.Repeat("x", maxLine)}} {
		if n, err := step.w.Write([]byte(step.text)); n != len(step.text) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	want := "room     │ a\nauth     │ one line\nroom     │ bc\nauth     │ " + strings.Repeat("x", maxLine) + "\n"
	if out.String() != want {
		t.Errorf("got\n%.200s\nwant\n%.200s", out.String(), want)
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	t.Parallel()
	var b backoff
	var got []time.Duration
	for range 7 {
		got = append(got, b.next())
	}
	if got[0] != 500*time.Millisecond || got[1] != time.Second || got[6] != 15*time.Second {
		t.Errorf("pauses %v", got)
	}
}

// From the choice of a port until something listens there nobody else chooses it.
func TestPortsAreClaimed(t *testing.T) {
	t.Parallel()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	first, second := &claims{}, &claims{}
	if !first.take(port) || second.take(port) {
		t.Error("two have the same port")
	}
	first.drop()
	if !second.take(port) {
		t.Error("a port that was given up is not free")
	}
	second.drop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if first.take(l.Addr().(*net.TCPAddr).Port) {
		t.Error("a port that somebody listens on is free")
	}
}
