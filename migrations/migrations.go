// Package migrations embeds the goose migrations of every service: one folder, one schema and one database role each.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
)

//go:embed */*.sql
var files embed.FS

// Services are the services that own a schema of the same name, in the order in which they migrate.
func Services() []string { return []string{"auth", "room", "location", "chat"} }

// Role is the database role that owns the service's schema and that the service logs in as.
func Role(service string) string { return "wemaps_" + service }

// Files are the migrations of one service.
func Files(service string) (fs.FS, error) {
	if !slices.Contains(Services(), service) {
		return nil, fmt.Errorf("service %q owns no schema", service)
	}
	sub, err := fs.Sub(files, service)
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", service, err)
	}
	return sub, nil
}
