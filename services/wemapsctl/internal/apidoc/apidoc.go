// Package apidoc merges the API documents that people write, one YAML
// fragment per service in libs/wire/openapi and one AsyncAPI file beside them,
// into the JSON that the edge serves. It knows YAML and nothing of the API.
package apidoc

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Documents returns the contents of openapi.json and asyncapi.json as they
// should be for the fragments in the folder wire.
func Documents(wire string) (map[string][]byte, error) {
	fragments, err := filepath.Glob(filepath.Join(wire, "openapi", "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("find fragments: %w", err)
	}
	if len(fragments) == 0 {
		return nil, fmt.Errorf("no fragments in %s", filepath.Join(wire, "openapi"))
	}
	// common.yaml holds the document's head, and is merged first.
	slices.SortStableFunc(fragments, func(a, b string) int {
		switch {
		case filepath.Base(a) == "common.yaml":
			return -1
		case filepath.Base(b) == "common.yaml":
			return 1
		}
		return 0
	})
	rest := map[string]any{}
	for _, f := range fragments {
		doc, err := read(f)
		if err != nil {
			return nil, err
		}
		if err := merge(rest, doc, ""); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(f), err)
		}
	}
	sockets, err := read(filepath.Join(wire, "asyncapi.yaml"))
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for name, doc := range map[string]any{"openapi.json": rest, "asyncapi.json": sockets} {
		raw, err := json.MarshalIndent(doc, "", " ")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = append(raw, '\n')
	}
	return out, nil
}

// Command writes the documents; its argument is the folder, default libs/wire.
func Command(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("apidoc", flag.ContinueOnError)
	wire := fs.String("wire", "libs/wire", "folder of the wire package")
	if err := fs.Parse(args); err != nil {
		return err
	}
	docs, err := Documents(*wire)
	if err != nil {
		return err
	}
	for name, raw := range docs {
		if err := os.WriteFile(filepath.Join(*wire, name), raw, 0o644); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

func read(path string) (map[string]any, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	if doc == nil {
		return nil, errors.New(filepath.Base(path) + " is empty")
	}
	return doc, nil
}

// merge adds src to dst. Two fragments may say the same, but not differ.
func merge(dst, src map[string]any, at string) error {
	for k, v := range src {
		here := at + "/" + k
		old, ok := dst[k]
		if !ok {
			dst[k] = v
			continue
		}
		a, okA := old.(map[string]any)
		b, okB := v.(map[string]any)
		switch {
		case okA && okB:
			if err := merge(a, b, here); err != nil {
				return err
			}
		case at == "" && k == "tags":
			dst[k] = append(old.([]any), v.([]any)...)
		case !reflect.DeepEqual(old, v):
			return fmt.Errorf("%s is defined twice, differently", here)
		}
	}
	return nil
}
