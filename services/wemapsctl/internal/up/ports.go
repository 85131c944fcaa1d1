package up

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/wemaps/wemaps/libs/servers"
)

// PortVariables name the environment variables that fix the ports of `up`.
func PortVariables() []string {
	names := []string{"WEMAPS_PORT", "WEMAPS_ADMIN_PORT", "WEMAPS_POSTGRES_PORT", "WEMAPS_REDIS_PORT"}
	for _, service := range []string{"AUTH", "ROOM", "LOCATION", "CHAT"} {
		names = append(names, "WEMAPS_"+service+"_PORT", "WEMAPS_"+service+"_ADMIN_PORT")
	}
	return names
}

// choosePorts takes the usual ports. One that is taken is replaced by a free one unless it was asked for by name;
// only the edge's must be what people expect.
func (c *config) choosePorts() error {
	var err error
	pick := func(name string, usual int) int {
		port, e := c.choosePort(name, usual)
		err = errors.Join(err, e)
		return port
	}
	for i, service := range []string{"auth", "room", "location", "chat"} {
		name := "WEMAPS_" + strings.ToUpper(service)
		c.ports[service] = ports{http: pick(name+"_PORT", 8081+i), admin: pick(name+"_ADMIN_PORT", 9081+i)}
	}
	edge, e := c.edgePort()
	err = errors.Join(err, e)
	c.ports["edge"] = ports{http: edge, admin: pick("WEMAPS_ADMIN_PORT", 9080)}
	if c.databaseURL == "" {
		c.postgres = pick("WEMAPS_POSTGRES_PORT", 15432)
	}
	if c.redisURL == "" {
		c.redis = pick("WEMAPS_REDIS_PORT", 16379)
	}
	return err
}

func (c *config) choosePort(name string, usual int) (int, error) {
	port, err := envPort(name, usual)
	if err != nil || c.claims.take(port) {
		return port, err
	}
	if os.Getenv(name) != "" {
		return 0, fmt.Errorf("port %d is in use, set %s to another one", port, name)
	}
	return servers.FreePort()
}

func envPort(name string, usual int) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		return usual, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("%s=%q is no port (1 to 65535)", name, text)
	}
	return port, nil
}

// edgePort is the port that people expect, which nothing replaces.
func (c *config) edgePort() (int, error) {
	port, err := envPort("WEMAPS_PORT", 8080)
	if err != nil {
		return 0, err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(c.host, strconv.Itoa(port)))
	if err == nil {
		err = l.Close()
	}
	if err != nil || !c.claims.take(port) {
		return 0, fmt.Errorf("port %d is in use by another program: set WEMAPS_PORT to a free one, e.g. WEMAPS_PORT=%d go tool task up", port, port+10)
	}
	return port, nil
}

// claims are the ports of this `up`, from the choice on: until something listens there, which the first time takes minutes,
// another `up` would choose the same.
type claims struct{ files []*os.File }

// take tells whether port is free and nobody else's.
func (c *claims) take(port int) bool {
	file, err := takeLock(filepath.Join(os.TempDir(), fmt.Sprintf("wemaps-port-%d.lock", port)))
	if errors.Is(err, errLocked) {
		return false
	}
	free := servers.CheckPort(port) == nil
	if err != nil { // the file is another user's, who was here before
		return free
	}
	claim := claims{files: []*os.File{file}}
	if !free {
		claim.drop()
		return false
	}
	c.files = append(c.files, file)
	return true
}

// drop gives all up.
func (c *claims) drop() {
	for _, f := range c.files {
		_ = os.Remove(f.Name())
		_ = f.Close()
	}
	c.files = nil
}
