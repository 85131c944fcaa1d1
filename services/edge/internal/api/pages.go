package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/labstack/echo/v4"
)

var (
	//go:embed pages.html
	pagesHTML string
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

func render(name string, data map[string]any) (page, error) {
	t, err := template.New("pages").Parse(pagesHTML)
	if err != nil {
		return page{}, fmt.Errorf("parse pages: %w", err)
	}
	data["Style"] = template.CSS(pagesCSS) //nolint:gosec // embedded
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return page{}, fmt.Errorf("render %s: %w", name, err)
	}
	sum := sha256.Sum256([]byte(pagesCSS))
	return page{html: b.Bytes(), policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}, nil
}

func homePage() (page, error) { return render("home", map[string]any{}) }

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
	return render("docs", map[string]any{"Operations": operations, "Events": events})
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
