// Package httptransport answers calls over HTTP POST, so that curl can make them:
//
//	mux.Handle("/__rpc/", httptransport.NewHandler(server))
//
//	curl -H 'Content-Type: application/json' --data '{"json":{"batch":[...]},"meta":{}}' \
//	    http://localhost:8787/__rpc/ROOM/1/call
//
// One request carries one message and its answer; nothing is kept open, so there is
// nothing to push through. The server around it should set ReadHeaderTimeout and
// MaxHeaderBytes. Statuses and bodies are those of docs/spec/transport.md.
package httptransport
