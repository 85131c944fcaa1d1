package api

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/labstack/echo/v4"
)

var (
	//go:embed home.html
	homeHTML string
	//go:embed pages.css
	pagesCSS string
)

// page is a finished page, and the policy that lets it have its own style and
// nothing else.
type page struct {
	html   []byte
	policy string
}

func (p page) serve(c echo.Context) error {
	c.Response().Header().Set("Content-Security-Policy", p.policy)
	return c.HTMLBlob(http.StatusOK, p.html)
}

// newPage puts a frame around body. A template engine would do more than is
// needed here, and double the size of the program.
func newPage(title, body string) page { return newPageWith("", title, body) }

func newPageWith(head, title, body string) page {
	sum := sha256.Sum256([]byte(pagesCSS))
	return page{
		html: []byte(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
` + head + `<title>` + html.EscapeString(title) + `</title>
<style>` + pagesCSS + `</style>
</head>
<body>
<main>
` + body + `</main>
</body>
</html>
`),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
	}
}

func homePage() page { return newPage("WeMaps", homeHTML) }

type operation struct{ Method, Path, Summary string }

type event struct{ Direction, Name, Summary string }

// docsPage lists what the documents describe.
func docsPage(openAPI, asyncAPI []byte) (page, error) {
	operations, err := operationsOf(openAPI)
	if err != nil {
		return page{}, err
	}
	events, err := eventsOf(asyncAPI)
	if err != nil {
		return page{}, err
	}
	var b strings.Builder
	b.WriteString(`<h1>WeMaps API</h1>
<p>The whole contract, with all fields and bounds, is in <a href="/api/openapi.json">openapi.json</a> (REST) and <a href="/api/asyncapi.json">asyncapi.json</a> (sockets).</p>
`)
	b.WriteString("<h2>REST</h2>\n")
	rows := make([][3]string, 0, len(operations))
	for _, o := range operations {
		rows = append(rows, [3]string{code(o.Method), code(o.Path), html.EscapeString(o.Summary)})
	}
	table(&b, [3]string{"Method", "Path", "What it does"}, rows)
	b.WriteString("<h2>Socket events</h2>\n")
	rows = rows[:0]
	for _, e := range events {
		rows = append(rows, [3]string{html.EscapeString(e.Direction), code(e.Name), html.EscapeString(e.Summary)})
	}
	table(&b, [3]string{"Direction", "Event", "Meaning"}, rows)
	return newPage("WeMaps API", b.String()), nil
}

func code(s string) string { return "<code>" + html.EscapeString(s) + "</code>" }

// table writes rows of HTML.
func table(b *strings.Builder, head [3]string, rows [][3]string) {
	b.WriteString("<table>\n<thead><tr>")
	for _, h := range head {
		b.WriteString(`<th scope="col">` + h + "</th>")
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, row := range rows {
		b.WriteString("<tr>")
		for _, cell := range row {
			b.WriteString("<td>" + cell + "</td>")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n")
}

func operationsOf(openAPI []byte) ([]operation, error) {
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	methods := []string{"get", "post", "put", "patch", "delete"}
	var all []operation
	for path, item := range doc.Paths {
		for _, method := range methods {
			raw, ok := item[method]
			if !ok {
				continue
			}
			var op struct {
				Summary string `json:"summary"`
			}
			if err := json.Unmarshal(raw, &op); err != nil {
				return nil, fmt.Errorf("read the OpenAPI document: %s %s: %w", method, path, err)
			}
			all = append(all, operation{strings.ToUpper(method), path, op.Summary})
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Path != all[j].Path {
			return all[i].Path < all[j].Path
		}
		return slices.Index(methods, strings.ToLower(all[i].Method)) < slices.Index(methods, strings.ToLower(all[j].Method))
	})
	return all, nil
}

func eventsOf(asyncAPI []byte) ([]event, error) {
	type message struct {
		Name    string `json:"name"`
		Summary string `json:"summary"`
	}
	var doc struct {
		Operations map[string]struct {
			Action   string `json:"action"`
			Messages []struct {
				Ref string `json:"$ref"`
			} `json:"messages"`
		} `json:"operations"`
		Components struct {
			Messages map[string]message `json:"messages"`
		} `json:"components"`
	}
	if err := json.Unmarshal(asyncAPI, &doc); err != nil {
		return nil, fmt.Errorf("read the AsyncAPI document: %w", err)
	}
	var all []event
	for _, op := range doc.Operations {
		direction := "client → server"
		if op.Action == "send" {
			direction = "server → client"
		}
		for _, ref := range op.Messages {
			name := ref.Ref[strings.LastIndexByte(ref.Ref, '/')+1:]
			all = append(all, event{direction, name, doc.Components.Messages[name].Summary})
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Direction != all[j].Direction {
			return all[i].Direction < all[j].Direction
		}
		return all[i].Name < all[j].Name
	})
	return all, nil
}
