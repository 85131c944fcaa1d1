// Package proxy is the HTTP side of the edge: which service a path belongs to,
// where a request really comes from, who may call from which web page, and how
// much one address may ask for. It passes bytes on; services check tokens
// themselves.
package proxy
