package apidoc

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const wire = "../../../../libs/wire"

func TestServedDocumentsAreCurrentAndValid(t *testing.T) {
	t.Parallel()
	docs, err := Documents(wire)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range docs {
		got, err := os.ReadFile(filepath.Join(wire, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the fragments say: run `go tool task gen` (%v)", name, err)
		}
	}
	doc, err := openapi3.NewLoader().LoadFromData(docs["openapi.json"])
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestFragmentsThatDisagreeAreRefused(t *testing.T) {
	t.Parallel()
	same := map[string]any{"a": map[string]any{"x": 1}}
	if err := merge(map[string]any{"a": map[string]any{"x": 1}}, same, ""); err != nil {
		t.Errorf("saying the same twice: %v", err)
	}
	if err := merge(map[string]any{"a": map[string]any{"x": 2}}, same, ""); err == nil {
		t.Error("saying different things was accepted")
	}
}
