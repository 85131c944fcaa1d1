package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wemaps/wemaps/libs/config"
)

// Config is the edge's environment.
type Config struct {
	config.Common
	EdgeID       string `env:"EDGE_ID"`       // unique among edges; default is INSTANCE_ID
	AdvertiseURL string `env:"ADVERTISE_URL"` // where other edges reach this one; default is the host's name and HTTP_ADDR's port

	AuthURL     string `env:"AUTH_URL,required,notEmpty"`
	RoomURL     string `env:"ROOM_URL,required,notEmpty"`
	LocationURL string `env:"LOCATION_URL,required,notEmpty"`
	ChatURL     string `env:"CHAT_URL,required,notEmpty"`
	// The services' admin ports, for health; default is 1000 above the other.
	AuthAdminURL     string `env:"AUTH_ADMIN_URL"`
	RoomAdminURL     string `env:"ROOM_ADMIN_URL"`
	LocationAdminURL string `env:"LOCATION_ADMIN_URL"`
	ChatAdminURL     string `env:"CHAT_ADMIN_URL"`

	CORSOrigins    []string `env:"CORS_ORIGINS" envDefault:"http://localhost:*,http://127.0.0.1:*"`
	TrustedProxies []string `env:"TRUSTED_PROXIES"` // addresses or prefixes

	MaxSockets    int           `env:"MAX_SOCKETS" envDefault:"50000"`
	HandshakeRate float64       `env:"HANDSHAKE_RATE" envDefault:"5000"` // new sockets per second
	AddressRate   float64       `env:"ADDRESS_RATE" envDefault:"200"`    // requests or new sockets per second and address, ten times as many at once
	CommandBound  int64         `env:"COMMAND_BOUND" envDefault:"100000"`
	DrainWindow   time.Duration `env:"DRAIN_WINDOW" envDefault:"2s"`
	PresenceGrace time.Duration `env:"PRESENCE_GRACE" envDefault:"10s"`
	PresenceLease time.Duration `env:"PRESENCE_LEASE" envDefault:"10s"`
	// RecoveryWindow is how long a Socket.IO client may be away and go on where it
	// was; rooms' logs reach back two minutes.
	RecoveryWindow time.Duration `env:"RECOVERY_WINDOW" envDefault:"2m"`

	// PageDir is where the page will be that is still being built; empty = the one that came with the program.
	PageDir string `env:"PAGE_DIR"`
	// The map of the page; without a style it shows an outline that it brings along.
	MapStyleURL    string   `env:"MAP_STYLE_URL"`
	MapAttribution string   `env:"MAP_ATTRIBUTION"`
	MapOrigins     []string `env:"MAP_ORIGINS"` // that the style loads tiles, glyphs and sprites from, besides its own
}

// Validate checks ranges and fills in what follows from the rest.
func (c *Config) Validate() error {
	if err := c.Common.Validate(); err != nil {
		return err
	}
	if c.EdgeID == "" {
		c.EdgeID = strings.ReplaceAll(c.InstanceID, ".", "-")
	}
	if len(c.EdgeID) > 64 || strings.Trim(c.EdgeID, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return errors.New("EDGE_ID must be 1 to 64 of A-Z a-z 0-9 _ -")
	}
	if c.MaxSockets < 1 || c.HandshakeRate < 1 || c.AddressRate < 1 || c.CommandBound < 1 {
		return errors.New("MAX_SOCKETS, HANDSHAKE_RATE, ADDRESS_RATE and COMMAND_BOUND must be at least 1")
	}
	if c.DrainWindow < 0 || c.DrainWindow > c.ShutdownTimeout/2 {
		return fmt.Errorf("DRAIN_WINDOW must be 0 to half of SHUTDOWN_TIMEOUT, got %s", c.DrainWindow)
	}
	if c.RecoveryWindow < time.Millisecond || c.RecoveryWindow > 2*time.Minute {
		return errors.New("RECOVERY_WINDOW must be 1ms to 2m")
	}
	if c.PresenceGrace < time.Second || c.PresenceLease < time.Second {
		return errors.New("PRESENCE_GRACE and PRESENCE_LEASE must be at least 1s")
	}
	for _, s := range []struct {
		name, base string
		admin      *string
	}{{"AUTH", c.AuthURL, &c.AuthAdminURL}, {"ROOM", c.RoomURL, &c.RoomAdminURL}, {"LOCATION", c.LocationURL, &c.LocationAdminURL}, {"CHAT", c.ChatURL, &c.ChatAdminURL}} {
		if err := fillAdmin(s.base, s.admin); err != nil {
			return fmt.Errorf("%s_URL: %w", s.name, err)
		}
	}
	if err := c.checkMap(); err != nil {
		return err
	}
	return c.fillAdvertised()
}

// checkMap holds what goes into a security policy to what an origin may be.
func (c *Config) checkMap() error {
	if c.MapStyleURL != "" {
		if u, err := url.Parse(c.MapStyleURL); err != nil || origin(u) == "" || strings.ContainsAny(c.MapStyleURL, " ;,'\"") {
			return errors.New("MAP_STYLE_URL must be of the form https://host/path")
		}
	}
	for _, o := range c.MapOrigins {
		if u, err := url.Parse(o); err != nil || origin(u) != o || strings.ContainsAny(o, " ;,'\"") {
			return errors.New("MAP_ORIGINS must be origins, https://host, with commas between them")
		}
	}
	if len(c.MapAttribution) > 500 {
		return errors.New("MAP_ATTRIBUTION must not be longer than 500 bytes")
	}
	return nil
}

// mapOrigins is where the page's map comes from.
func (c *Config) mapOrigins() []string {
	if c.MapStyleURL == "" {
		return nil
	}
	u, err := url.Parse(c.MapStyleURL)
	if err != nil {
		return nil // Validate has seen it
	}
	return append([]string{origin(u)}, c.MapOrigins...)
}

func origin(u *url.URL) string {
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// fillAdmin derives the URL of an admin port.
func fillAdmin(base string, admin *string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return errors.New("must be of the form http://host:port")
	}
	if *admin != "" {
		return nil
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return errors.New("needs a port, or an admin URL beside it")
	}
	*admin = u.Scheme + "://" + net.JoinHostPort(u.Hostname(), strconv.Itoa(port+1000))
	return nil
}

func (c *Config) fillAdvertised() error {
	if c.AdvertiseURL != "" {
		return nil
	}
	host, port, err := net.SplitHostPort(c.HTTPAddr)
	if err != nil {
		return fmt.Errorf("HTTP_ADDR: %w", err)
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		if host, err = os.Hostname(); err != nil {
			return fmt.Errorf("ADVERTISE_URL is not set and the host has no name: %w", err)
		}
	}
	c.AdvertiseURL = "http://" + net.JoinHostPort(host, port)
	return nil
}
