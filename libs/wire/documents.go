package wire

import _ "embed" // of the API documents

// The documents are merged from the YAML beside them by `go tool task gen`.
var (
	//go:embed openapi.json
	openAPI []byte
	//go:embed asyncapi.json
	asyncAPI []byte
)

// OpenAPI is the REST contract, as JSON. Callers must not modify it.
func OpenAPI() []byte { return openAPI }

// AsyncAPI is the contract of the sockets, as JSON. Callers must not modify it.
func AsyncAPI() []byte { return asyncAPI }
