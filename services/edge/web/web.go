// Package web holds the finished page for the edge: what `go tool task web` has built, or nothing yet.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:embed
var embedded embed.FS

// Dist are the files of the built page. It is empty when the page has not been built.
func Dist() fs.FS {
	dist, _ := fs.Sub(embedded, "embed/dist") // fails for an invalid name only
	return dist
}
