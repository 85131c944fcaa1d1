package httpx

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/wemaps/wemaps/libs/wire"
)

// Bind decodes a JSON body of at most MaxBody bytes into dst. Unknown fields
// are ignored, as existing apps expect. Anything that is not one JSON object
// of the right types, in UTF-8 and without NUL (which Postgres refuses), is
// answered 400 with a sentence that names the field; an empty body is {}.
func Bind(c echo.Context, dst any) error {
	r := c.Request()
	if ct := r.Header.Get(echo.HeaderContentType); ct != "" {
		if media, _, err := mime.ParseMediaType(ct); err != nil || media != echo.MIMEApplicationJSON && !strings.HasSuffix(media, "+json") {
			return wire.NewError(wire.CodeUnsupportedMedia)
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, MaxBody))
	if err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return wire.NewError(wire.CodePayloadTooLarge)
		}
		return wire.Errorf(wire.CodeInvalidJSON, "The request body could not be read").Because(err)
	}
	return Decode(body, dst)
}

// Decode is Bind for bytes that are at hand.
func Decode(body []byte, dst any) error {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil
	}
	if !utf8.Valid(body) {
		return wire.Errorf(wire.CodeInvalidJSON, "The request body is not valid UTF-8")
	}
	if body[0] != '{' {
		return wire.Errorf(wire.CodeInvalidJSON, "The request body must be a JSON object")
	}
	// An escaped NUL is the only way one gets into a string; a literal
	// backslash before u0000 is refused with it, which nobody will miss.
	if bytes.Contains(body, []byte(`\u0000`)) {
		return wire.Errorf(wire.CodeValidation, "Text must not contain NUL characters")
	}
	if err := json.Unmarshal(body, dst); err != nil {
		var typeErr *json.UnmarshalTypeError
		if errors.As(err, &typeErr) && typeErr.Field != "" {
			return wire.Invalid(typeErr.Field, "must be a "+jsonKind(typeErr.Type.Kind().String()))
		}
		if errors.As(err, &typeErr) {
			return wire.Errorf(wire.CodeInvalidJSON, "The request body must be a JSON object")
		}
		return wire.NewError(wire.CodeInvalidJSON).Because(err)
	}
	return nil
}

func jsonKind(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "whole number"
	case strings.HasPrefix(kind, "float"):
		return "number"
	case kind == "bool":
		return "boolean"
	case kind == "slice":
		return "list"
	case kind == "struct", kind == "map":
		return "object"
	}
	return kind
}
